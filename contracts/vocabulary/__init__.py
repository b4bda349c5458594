"""The words all services share: amounts, facts, zones, stages, industry codes, working days."""

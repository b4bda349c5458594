"""What only reads: zones and policies, answers for facts and for leads, saved decisions, industry codes."""

"""Red flags of fair competition: which rules a policy's structure and words may touch, to be answered in its review."""

from services.incentives.fair_competition.articles import Article
from services.incentives.fair_competition.flags import Flag, flags_of, unanswered
from services.incentives.fair_competition.rules import RULES, Rule

__all__ = ["RULES", "Article", "Flag", "Rule", "flags_of", "unanswered"]

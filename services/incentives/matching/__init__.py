"""Matching: facts in, verdicts and sums out, and the full answer with its reasons on demand."""

from services.incentives.matching.answer import Rendering, render
from services.incentives.matching.engine import evaluate, match
from services.incentives.matching.examples import check_examples
from services.incentives.matching.result import MatchResult, PolicyOutcome, ZoneOutcome, rank

__all__ = [
    "MatchResult",
    "PolicyOutcome",
    "Rendering",
    "ZoneOutcome",
    "check_examples",
    "evaluate",
    "match",
    "rank",
    "render",
]

"""Checks of what an author wrote: conditions that nobody or everybody meets, that never matter, policies that overlap.

All of it holds for any facts at all: a finding is a proof, and what is too large to prove is said to be unchecked.
"""

from services.incentives.policy_checks.findings import Finding, Level
from services.incentives.policy_checks.logic import check_policy
from services.incentives.policy_checks.pairs import compare

__all__ = ["Finding", "Level", "check_policy", "compare"]

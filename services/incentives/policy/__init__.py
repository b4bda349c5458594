"""The schema of policy files, and reading them."""

from services.incentives.authored import AuthoringError, AuthoringProblem
from services.incentives.policy.former import chained
from services.incentives.policy.reading import policy_from, policy_of, read_policy, stored_policy
from services.incentives.policy.schema import Policy
from services.incentives.policy.tree import Leaf, leaves_of
from services.incentives.policy.version_ids import base_of, version_id

__all__ = [
    "AuthoringError",
    "AuthoringProblem",
    "Leaf",
    "Policy",
    "base_of",
    "chained",
    "leaves_of",
    "policy_from",
    "policy_of",
    "read_policy",
    "stored_policy",
    "version_id",
]

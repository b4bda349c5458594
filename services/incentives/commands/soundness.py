"""What an author wrote, if it is whole, agrees with its own examples and somebody can meet it."""

from __future__ import annotations

from kit.errors import FieldError
from services.incentives.authored import Authored, AuthoringError, AuthoringProblem, read_yaml, steps_of
from services.incentives.errors import InvalidPolicy
from services.incentives.matching import check_examples
from services.incentives.policy import Policy, policy_of
from services.incentives.policy_checks import check_policy

DRAFT = "草稿"


def policy_of_text(text: str) -> Policy:
    """The policy an author wrote.

    Raises:
        InvalidPolicy: with every problem, by line and path.
    """
    try:
        authored = read_yaml(text, DRAFT)
        policy = policy_of(authored)
    except AuthoringError as error:
        raise refused(error.problems) from error
    return sound(policy, authored)


def sound(policy: Policy, authored: Authored | None = None) -> Policy:
    """The policy, if nothing keeps it from being a draft.

    Raises:
        InvalidPolicy: with every example that disagrees, and conditions that contradict each other, by line where
            there is a text.
    """
    if problems := unsound(policy, authored or Authored(DRAFT, {}, {})):
        raise refused(problems)
    return policy


def unsound(policy: Policy, written: Authored) -> list[AuthoringProblem]:
    """What keeps a policy from being a draft: examples that disagree, and what nobody can meet."""
    problems = [written.problem(steps_of(each.path), each.message) for each in check_examples(policy)]
    return problems + [
        written.problem(each.path, each.message) for each in check_policy(policy) if each.level == "error"
    ]


def refused(problems: list[AuthoringProblem]) -> InvalidPolicy:
    """The problem that lists an author's mistakes."""
    errors = [FieldError(each.place, each.message) for each in problems]
    return InvalidPolicy(f"共有 {len(errors)} 处需要更正，见各处说明；草稿未保存，更正后请重新提交。", errors=errors)

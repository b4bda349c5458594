"""Reading policy files for ``quce policy …``, without a server: limits, problems with line and column, what ships."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.incentives.authored import (
    Authored,
    AuthoringError,
    AuthoringProblem,
    Unsuitable,
    read_file,
    read_yaml,
)
from services.incentives.code_table import ShippedTable
from services.incentives.policy import Policy, policy_of
from services.incentives.policy.reading import validate
from services.incentives.policy_folder import load_policies
from services.incentives.settings import CODES, POLICIES


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command found: for people, for scripts, and its exit code.

    0 is well, 1 something to look at, 2 could not be done at all.
    """

    text: str
    document: Any
    code: int = 0


class Unreadable(Exception):
    """A file cannot be worked with; its ``outcome`` says why, ``read`` whether anything of it was read."""

    def __init__(self, outcome: Outcome, *, read: bool = True) -> None:
        super().__init__(outcome.text)
        self.outcome, self.read = outcome, read


@dataclass(frozen=True, slots=True)
class Written:
    """A policy and where its parts stand."""

    policy: Policy
    authored: Authored


def read(file: Path) -> Written:
    """The policy in a file.

    Raises:
        Unreadable: it is none, with every problem.
    """
    try:
        authored = read_authored(file)
        return Written(policy_of(authored), authored)
    except AuthoringError as error:
        raise unreadable(file, error.problems) from error


def read_authored(file: Path) -> Authored:
    """The content of a file people write.

    Raises:
        Unreadable: there is no such file, it is too long, or it is no text.
        AuthoringError: it is no YAML within the limits.
    """
    try:
        return read_file(file, file.name)
    except Unsuitable as error:
        raise unreadable(file, error.problems, read=False) from error


def unreadable(file: Path, problems: Sequence[AuthoringProblem], *, read: bool = True) -> Unreadable:
    """The end of a command for which a file is not good enough."""
    lines = [f"{where(file, each)}：{each.message}" for each in problems]
    document = {"file": str(file), "ok": False, "problems": [asdict(each) | {"level": "error"} for each in problems]}
    return Unreadable(Outcome("\n".join(lines), document, 2), read=read)


def where(file: Path, problem: AuthoringProblem) -> str:
    """``policy.yaml:31:7 conditions.all.1.op``, which editors open at the place."""
    place = ":".join(str(part) for part in (file, problem.line, problem.column) if part is not None)
    return f"{place} {problem.path}".rstrip()


@cache
def shipped() -> dict[str, Policy]:
    """The policies that come with the product, by id.

    Raises:
        Unreadable: somebody changed them, and they are wrong.
    """
    try:
        return {policy.id: policy for policy in load_policies(POLICIES)}
    except AuthoringError as error:
        raise unreadable(POLICIES, error.problems) from error


@cache
def code_names() -> dict[str, str]:
    """Names of industry codes, as far as they ship."""
    path = next(iter(sorted(CODES.glob("*.yaml"))))
    table = validate(ShippedTable, read_yaml(path.read_text("utf-8"), path.name))
    return {row.code: row.name for row in table.rows()}

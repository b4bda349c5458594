"""A folder of policy files: every policy that is well, and what is wrong with the others, by file, line and column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from services.incentives.authored import Authored, AuthoringError, AuthoringProblem, read_file
from services.incentives.policy import Policy, policy_of
from services.incentives.policy.combination import circle, in_circle

MAX_POLICIES: Final = 5000
"""Policies of one catalogue: with twice as many a lead's match takes half a second and hardly fits into a record."""


@dataclass(frozen=True, slots=True)
class Folder:
    """What a folder holds; a policy with any problem is not among the ``policies``."""

    policies: list[Policy] = field(default_factory=list)
    problems: list[AuthoringProblem] = field(default_factory=list)


def load_policies(folder: Path) -> list[Policy]:
    """Every policy file below a folder.

    Raises:
        AuthoringError: with all that is wrong in all files.
    """
    found = read_folder(folder)
    if found.problems:
        raise AuthoringError(folder.name, found.problems)
    return found.policies


def read_folder(folder: Path) -> Folder:
    """What of a folder can be used, and what is wrong with the rest; of too many files none is read."""
    paths = sorted(folder.rglob("*.yaml"))
    if len(paths) > MAX_POLICIES:
        message = f"有 {len(paths)} 份政策文件，最多 {MAX_POLICIES} 份，一份也没有读；请把不再使用的移到别处"
        return Folder(problems=[AuthoringProblem("", None, message, file=folder.name)])
    read: dict[str, tuple[Policy, Authored]] = {}
    problems: list[AuthoringProblem] = []
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            authored = read_file(path, name)
            policy = policy_of(authored)
        except AuthoringError as error:
            problems += [replace(each, file=name) for each in error.problems]
            continue
        wrong = [*_misplaced(policy, path), *_twice(policy, read)]
        problems += [replace(authored.problem((field,), message), file=name) for field, message in wrong]
        if not wrong:
            read[policy.id] = policy, authored
    circles = _circles(read)
    problems += circles.values()
    return Folder([policy for id, (policy, _) in read.items() if id not in circles], problems)


def _misplaced(policy: Policy, path: Path) -> Iterator[tuple[str, str]]:
    if path.stem != policy.id:
        yield "id", f"应与文件名相同：{path.stem}"
    scope = policy.scope
    home = scope.zone or scope.group or scope.city or "elsewhere"
    if path.parent.name != home:
        yield "scope", f"适用范围是 {scope.key}，文件应放在 {home}/ 目录"


def _twice(policy: Policy, read: Mapping[str, tuple[Policy, Authored]]) -> Iterator[tuple[str, str]]:
    if policy.id in read:
        yield "id", f"编号 {policy.id} 已被另一份文件使用：{read[policy.id][1].file}，请改成不同的编号"


def _circles(read: Mapping[str, tuple[Policy, Authored]]) -> dict[str, AuthoringProblem]:
    """The policies that make up each other's differences in a circle."""
    tops_up = {id: policy.tops_up or () for id, (policy, _) in read.items()}
    ways = {id: way for id in tops_up if (way := circle(id, tops_up))}
    return {
        id: replace(read[id][1].problem(("tops_up",), in_circle(way)), file=read[id][1].file)
        for id, way in ways.items()
    }

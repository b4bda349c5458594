"""A policy told in sentences: for whom, until when, each condition as the engine reads it, how the sum comes about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary.policy_words import BENEFICIARIES, CLAIM_MODES, INSTRUMENTS, STANDINGS
from contracts.vocabulary.zones import ZONES, GroupId
from services.incentives.policy import Leaf, Policy
from services.incentives.policy.tree import All, Not
from services.incentives.policy_text.sentences import GROUPS, benefit_sentences, group_of, sentence, shared_sentences


@dataclass(frozen=True, slots=True)
class Said:
    """A line about a condition, or above several (``group``), so deep in the tree.

    ``sentence`` is what the engine compares, empty above several; ``negated`` where it must not hold.
    """

    depth: int
    text: str
    id: str = ""
    sentence: str = ""
    clause: str = ""
    group: str = ""
    negated: bool = False
    leaf: Leaf | None = None

    def __str__(self) -> str:
        """The author's words, with the engine's where those are others."""
        clause = f"〔{self.clause}〕" if self.clause else ""
        read = f"（{self.sentence}）" if self.sentence not in ("", self.text) else ""
        return f"{self.text}{read}{clause}{'：' if self.group else ''}"


def condition_lines(policy: Policy, codes: Mapping[str, str]) -> list[Said]:
    """Its conditions with those of its terms; ``codes`` are names of industries."""
    return list(_lines(policy.requirements, 0, codes, negated=False))


def _lines(node: Any, depth: int, codes: Mapping[str, str], *, negated: bool) -> Iterator[Said]:
    if isinstance(node, Leaf):
        said = sentence(node, codes)
        yield Said(depth, node.text, node.id, said, node.clause or "", negated=negated, leaf=node)
        return
    yield Said(depth, GROUPS[group_of(node)], group=group_of(node))
    children = [node.not_] if isinstance(node, Not) else node.all if isinstance(node, All) else node.any
    for child in children:
        yield from _lines(child, depth + 1, codes, negated=negated != isinstance(node, Not))


def benefit_lines(policy: Policy, codes: Mapping[str, str]) -> list[str]:
    """The author's sentence on the benefit, then how the sum comes about."""
    return [policy.benefit.text, *benefit_sentences(policy.benefit, codes)]


def shared_lines(policy: Policy) -> list[str]:
    """What it shares with other policies."""
    return shared_sentences(policy)


def head_lines(policy: Policy) -> list[str]:
    """What it is called, where and for whom it holds, until when."""
    valid = policy.valid
    term = f"{valid.from_} 至 {valid.until or '长期'}" if valid.known else "有效期未公布，系统只展示、不测算"
    return [
        f"{policy.title}（{policy.id}，第{policy.version}版，{STANDINGS[policy.standing]}）",
        f"适用：{scope_words(policy)}；给{BENEFICIARIES[policy.beneficiary]}；{INSTRUMENTS[policy.instrument]}；"
        f"{CLAIM_MODES[policy.claim_mode]}；{term}",
        policy.summary,
    ]


def scope_words(policy: Policy) -> str:
    """Where a policy applies, by name."""
    kind, _, value = policy.scope.key.partition(":")
    if kind == "zone":
        return ZONES[value].name
    return GroupId(value).label if kind == "group" else "全市" if kind == "city" else value

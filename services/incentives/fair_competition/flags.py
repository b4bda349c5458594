"""Which rules a policy trips and where: by the facts it uses first, then by its words. Pure; nothing is decided here.

Looked at are titles, summary, terms, conditions and benefit; source notes, the review and worked examples are not.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from contracts.vocabulary.facts import FACTS
from services.incentives.authored import Path
from services.incentives.fair_competition.rules import RULES, Rule
from services.incentives.policy import Policy

_PARTS: Final = (
    *("title", "title_en", "summary", "instrument"),
    *("grandfathering", "application", "retention", "transition", "conditions", "benefit"),
)
_NOT_READ: Final = frozenset({"id", "clause"})
_NEGATED: Final = re.compile(
    r"(?:不以|不得以|不得要求|不得设置|不得限制|不要求|不再要求|不限|不论|无论|无需|无须|不需|不必|不与|不得与|不设|不受|取消)"
    r"[^的但而须应]{0,14}$"
)
"""What takes the sting out of the words behind it: 不以登记地、纳税地为条件."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One place that touches a rule, and what was found there: words, or the label of a fact."""

    rule: Rule
    path: Path
    found: tuple[str, ...]

    @property
    def message(self) -> str:
        """What it is, on which grounds, and what to do."""
        words = "、".join(f"「{each}」" for each in self.found)
        grounds = "；".join(each.place for each in self.rule.articles)
        return f"{self.rule.name}（{self.rule.id}）：{words}。{self.rule.advice}依据：{grounds}"


def flags_of(policy: Policy) -> list[Flag]:
    """Every place of a policy that touches a rule, in written order."""
    document = policy.model_dump(mode="json", by_alias=True, include=set(_PARTS))
    places = [place for part in _PARTS for place in _strings(document[part], (part,))]
    found = [(path, rule, _found(rule, path, text)) for path, text in places for rule in RULES.values()]
    return [Flag(rule, path, words) for path, rule, words in found if words]


def unanswered(policy: Policy) -> list[Flag]:
    """The flags that the policy's review, as far as there is one, gives no reason for."""
    answered = {each.rule for each in policy.review.overrides} if policy.review is not None else set()
    return [flag for flag in flags_of(policy) if flag.rule.id not in answered]


def _strings(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if path[-1] not in _NOT_READ:
            yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _strings(each, (*path, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _strings(each, (*path, number))


def _found(rule: Rule, path: Path, text: str) -> tuple[str, ...]:
    if text in rule.facts:
        return (FACTS[text].label,)
    if path == ("instrument",):
        return ("用地支持",) if text in rule.instruments else ()
    return tuple(dict.fromkeys(hit for clause in _clauses(text) for hit in _hits(rule, clause)))


def _clauses(text: str) -> list[str]:
    """A text clause by clause, without the spaces and forms of characters that would hide a word."""
    plain = "".join(
        each
        for each in unicodedata.normalize("NFKC", text)
        if not each.isspace() and unicodedata.category(each) != "Cf"
    )
    return re.split(r"[,。;!?]", plain)


def _hits(rule: Rule, clause: str) -> Iterator[str]:
    for hit in rule.words.finditer(clause):
        harmless = rule.harmless is not None and rule.harmless.search(hit.group())
        if not harmless and not _NEGATED.search(clause[: hit.start()]):
            yield hit.group()

"""The canonical text of a policy: two that say the same have the same text, and reading it gives the policy again.

Fields stand in the order of ``docs/policy-authoring.md``; what is not there is not written; figures stay as they were
written (``2000万元``, ``15%``). Comments belong to the author's own text, which a draft keeps beside its document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from pydantic import BaseModel

from contracts.vocabulary.facts import FACTS
from services.incentives.policy import Leaf, Policy
from services.incentives.policy.aftercare import Recheck
from services.incentives.policy.benefit import KINDS, Band, Match
from services.incentives.policy.examples import Example
from services.incentives.policy.figures import Multiplier
from services.incentives.policy.schema import Review, Source
from services.incentives.policy.terms import Validity
from services.incentives.policy.tree import All, AnyOf, Not
from services.incentives.policy_text.yaml_lines import Block, yaml_text

_ORDER: Final[Mapping[type[BaseModel], tuple[str, ...]]] = {
    Multiplier: ("times", "text", "when"),
    Recheck: ("text", "from_year", "when"),
}
_PAID: Final = (
    *("multipliers", "cap", "cap_per_year", "instalments", "yearly"),
    *("recheck", "lifetime", "borne", "clawback"),
)
"""What benefits have in common comes after what is their own."""
_EMPTY_SAID: Final[Mapping[type[BaseModel], tuple[str, ...]]] = {Validity: ("from_", "until"), Band: ("to",)}
"""Where nothing is an answer: no end."""
_BELOW: Final = (Policy, Source, Review, Example, All, AnyOf, Not, *KINDS)
"""Never in one line."""


def formatted(policy: Policy) -> str:
    """The policy as a file."""
    return yaml_text(_part(policy))


def _part(part: BaseModel) -> dict[str, Any]:
    shape: type[dict[str, Any]] = Block if isinstance(part, _BELOW) else dict
    return shape(_fields(part))


def _fields(part: BaseModel) -> Iterator[tuple[str, Any]]:
    said = _EMPTY_SAID.get(type(part), ())
    for name in _names(part):
        value = getattr(part, name)
        if name in said or (value not in (None, []) and not _goes_without_saying(part, name)):
            yield type(part).model_fields[name].alias or name, _value(part, name, value)


def _names(part: BaseModel) -> list[str]:
    names = list(type(part).model_fields)
    if type(part) in _ORDER:
        return list(_ORDER[type(part)])
    if not isinstance(part, KINDS):
        return names
    own = [name for name in names if name not in ("kind", "text", *_PAID)]
    return ["kind", "text", *own, *(name for name in _PAID if name in names)]


def _goes_without_saying(part: BaseModel, name: str) -> bool:
    """What a reader supplies: a term is not assumed, a recognition is asked to be held."""
    if isinstance(part, Validity):
        return name == "assumed" and not part.assumed
    if isinstance(part, Leaf) and (part.held or part.ruling):
        return name in ("op", "value") and part.op == "eq" and part.value is True
    return False


def _value(part: BaseModel, name: str, value: Any) -> Any:
    if isinstance(part, Example) and name == "facts":
        return {fact: _of_kind(_kind(fact), each) for fact, each in value.items()}
    if isinstance(part, Leaf) and name == "value":
        return _of_kind(part.measure.kind, _plain(value))
    if isinstance(part, Match) and name == "ratio" and isinstance(value, str) and value[-1:] not in "%‰":
        return f"1:{value}"
    return _plain(value)


def _kind(fact: str) -> str:
    return FACTS[fact].kind if fact in FACTS else ""


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _part(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return value.value if hasattr(value, "value") else value


def _of_kind(kind: str, value: Any) -> Any:
    """Days as days, however they came: a document that was stored has them as texts."""
    if kind != "date":
        return _plain(value)
    if isinstance(value, dict):
        return {key: _of_kind(kind, each) for key, each in value.items()}
    if isinstance(value, list):
        return [_of_kind(kind, each) for each in value]
    return _day(value) if isinstance(value, str) else value


def _day(text: str) -> date | str:
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-01") else text
    except ValueError:
        return text

"""What is known of a lead without who said it and how: kept beside its facts, so that many leads are read quickly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FACTS, Fact, FactValue
from services.incentives.evaluation.cells import type_of
from services.incentives.evaluation.measures import HOME

_SEVERAL: Final = ("tags", "text")
"""Kinds whose values are no single ones that could be looked up."""


class Flat(TypedDict):
    """By name single ``values`` as comparisons take them, sums of money in fen; ``others`` by ``value`` and ``state``.

    Of what is in neither nothing is known.
    """

    values: dict[str, Any]
    others: dict[str, Any]


def flat_of(facts: Mapping[str, FactValue]) -> Flat:
    """The facts of a lead."""
    flat = Flat(values={}, others={})
    for name, said in facts.items():
        fact = FACTS.get(name)
        if fact is None or said.state in ("missing", "conflict"):
            continue
        single = _single(fact, said.value) if said.state == "value" else None
        if single is not None:
            flat["values"][name] = single
        elif said.state == "not_applicable" or said.value is not None:
            flat["others"][name] = said.model_dump(mode="json", include={"value", "state"})
    return flat


def flat_in(body: Mapping[str, Any]) -> Flat:
    """That of a stored match; earlier ones have only their facts."""
    return body.get("flat") or flat_of({name: _told(said) for name, said in body["facts"].items()})


def _told(said: Mapping[str, Any]) -> FactValue:
    return FactValue.model_validate({"source": {"kind": "system"}, **said})


def _single(fact: Fact, value: Any) -> Any:
    """A value that is looked up as it is; None where there is none."""
    if fact.kind == "amount":
        exact = isinstance(value, Amount) and value.is_exact and value.currency == HOME[1]
        return value.low if exact else None
    return value if type(value) is type_of(fact.kind) and fact.kind not in _SEVERAL else None

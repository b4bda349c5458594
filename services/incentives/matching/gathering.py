"""Stored facts of many leads gathered into columns: read as they are, without a model for each value.

Only what is no single value is validated, once for each way of saying it. A million leads have sixty million facts to
look at, so what is asked of each is little and written out; one lead after the other, while it is in the cache.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.vocabulary.facts import FACTS, FactValue
from services.incentives.cells import type_of
from services.incentives.matching.columns import ABSENT, WORD, Column, Columns, Numbers, column_of
from services.incentives.measures import Measured, measured

Stored = Mapping[str, Any]
"""Facts as they are stored: by name ``{"value": …, "state": …, "source": …}``."""

_AT_ONCE: Final = 2_000
"""So many leads' keys wait to be numbered."""


def gathered(leads: Sequence[Stored], names: Sequence[str]) -> Columns:
    """These facts of all leads at once."""
    gathering = Gathering(names)
    gathering.add(leads)
    return gathering.columns()


class Gathering:
    """Columns while leads are read, some at a time, as they come from a store."""

    def __init__(self, names: Sequence[str]) -> None:
        self._sums = [name for name in names if FACTS[name].kind == "amount"]
        self._plains = [name for name in names if FACTS[name].kind != "amount"]
        self._facts = {name: _Gathered(FACTS[name].kind) for name in names}
        self._keys: tuple[list[Hashable], list[Hashable]] = ([], [])
        self._readings: dict[Hashable, Measured] = {}
        self._count = self._waiting = 0

    def add(self, leads: Sequence[Stored]) -> None:
        """Take these leads as well."""
        for lead in leads:
            self._add(lead)
            self._waiting += 1
            if self._waiting == _AT_ONCE:
                self._number()

    def _add(self, lead: Stored) -> None:
        """Keys are figures in the currency of the house, and other values as they are, wherever somebody said one."""
        told, other = lead.get, self._other
        sum_: Any
        try:
            sums: list[Hashable] = [
                None
                if (fact := told(name)) is None
                else low
                if fact["state"] == "value"
                and (low := (sum_ := fact["value"])["low"]) == sum_["high"]
                and sum_["currency"] == "CNY"
                else other(fact)
                for name in self._sums
            ]
            plains = [
                None if (fact := told(name)) is None else fact["value"] if fact["state"] == "value" else other(fact)
                for name in self._plains
            ]
        except (KeyError, TypeError):
            sums, plains = ([other(told(name)) for name in names] for names in (self._sums, self._plains))
        self._keys[0].extend(sums)
        self._keys[1].extend(plains)

    def _other(self, fact: Stored | None) -> Hashable:
        """The same key for facts that read the same; None for those that say nothing."""
        state = "missing" if fact is None else fact.get("state", "value")
        if fact is None or state in ("missing", "conflict"):
            return None
        if state == "not_applicable":
            return ABSENT
        value = fact.get("value")
        key: Hashable = type(value).__name__, value
        if isinstance(value, list):
            key = "list", *value
        elif isinstance(value, dict):
            key = "sum", *(value.get(name) for name in ("low", "high", "currency", "pending"))
        if key not in self._readings:
            self._readings[key] = measured(FactValue.model_validate({"value": value, "source": {"kind": "system"}}))
        return key

    def _number(self) -> None:
        for names, keys in zip((self._sums, self._plains), self._keys, strict=True):
            for place, name in enumerate(names):
                own = keys[place :: len(names)]
                if not self._facts[name].take(own):
                    single = type_of(FACTS[name].kind)
                    self._facts[name].take([self._keyed(key, single) for key in own])
            keys.clear()
        self._count += self._waiting
        self._waiting = 0

    def _keyed(self, key: Any, single: type) -> Hashable:
        """The key of a value that cannot be looked up."""
        known: bool = key is None or type(key) in (single, tuple)
        return key if known else self._other({"value": key, "state": "value"})

    def columns(self) -> Columns:
        """The columns of all that were added."""
        self._number()
        return Columns(self._count, {name: each.column(self._readings) for name, each in self._facts.items()})


class _Gathered:
    """One fact while leads are read: the number of each lead's key."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._numbers = Numbers(types=(type_of(kind), tuple, type(None)))
        self._parts: list[NDArray[np.int32]] = [np.empty(0, np.int32)]

    def take(self, keys: Sequence[Hashable]) -> bool:
        """Number some more keys; False where one is of no type that can be."""
        try:
            self._parts.append(np.fromiter(map(self._numbers.__getitem__, keys), np.int32, len(keys)))
        except TypeError:
            return False
        return True

    def column(self, readings: Mapping[Hashable, Measured]) -> Column:
        """The column of all that were added."""
        numbers = np.concatenate(self._parts)
        filling = np.full(-len(numbers) % WORD, self._numbers[None], np.int32)
        return column_of(self._kind, self._numbers, readings, np.concatenate([numbers, filling]))

"""Stored facts of many leads gathered into columns: read as they are, without a model for each value.

Only what is no single value is validated, once for each way of saying it. A million leads have sixty million facts to
look at, so what is asked of each is little and written out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.vocabulary.facts import FACTS, FactValue
from services.incentives.cells import type_of
from services.incentives.matching.columns import ABSENT, WORD, Column, Columns, Numbers, column_of
from services.incentives.measures import Measured, measured

Stored = Mapping[str, Any]
"""Facts as they are stored: by name ``{"value": …, "state": …, "source": …}``."""
Key = Callable[[Stored, type], Hashable]


def gathered(leads: Sequence[Stored], names: Sequence[str]) -> Columns:
    """These facts of all leads at once."""
    gathering = Gathering(names)
    gathering.add(leads)
    return gathering.columns()


class Gathering:
    """Columns while leads are read, some at a time, as they come from a store."""

    def __init__(self, names: Sequence[str]) -> None:
        self._facts = [_Gathered(name) for name in names]
        self._count = 0

    def add(self, leads: Sequence[Stored]) -> None:
        """Take these leads as well."""
        self._count += len(leads)
        for each in self._facts:
            each.add(leads)

    def columns(self) -> Columns:
        """The columns of all that were added."""
        return Columns(self._count, {each.name: each.column() for each in self._facts})


class _Gathered:
    """One fact while leads are read: the number of each lead's key, and the readings of keys that are no values."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._kind = FACTS[name].kind
        self._single = type_of(self._kind)
        self._quick = _sums if self._kind == "amount" else _plains
        self._slow: Key = _sum_key if self._kind == "amount" else _plain_key
        self._numbers = Numbers(types=(self._single, tuple, type(None)))
        self._readings: dict[Hashable, Measured] = {}
        self._parts: list[NDArray[np.int32]] = []

    def add(self, leads: Sequence[Stored]) -> None:
        """Number the keys of these leads."""
        known = len(self._numbers)
        try:
            keys = self._quick(self.name, leads)
            part = self._numbered(keys)
        except (KeyError, TypeError):
            single = self._single
            keys = [None if (fact := lead.get(self.name)) is None else self._slow(fact, single) for lead in leads]
            part = self._numbered(keys)
        self._parts.append(part)
        fresh = {key for key in islice(self._numbers, known, None) if type(key) is tuple and key}
        if fresh:
            first = {key: lead[self.name] for key, lead in zip(keys, leads, strict=True) if key in fresh}
            self._readings |= {key: measured(FactValue.model_validate(fact)) for key, fact in first.items()}

    def _numbered(self, keys: Sequence[Hashable]) -> NDArray[np.int32]:
        return np.fromiter(map(self._numbers.__getitem__, keys), np.int32, len(keys))

    def column(self) -> Column:
        """The column of all that were added."""
        numbers = np.concatenate([*self._parts, np.empty(0, np.int32)])
        filling = np.full(-len(numbers) % WORD, self._numbers[None], np.int32)
        return column_of(self._kind, self._numbers, self._readings, np.concatenate([numbers, filling]))


def _sums(name: str, leads: Sequence[Stored]) -> list[Hashable]:
    """Figures in the currency of the house, as fast as Python can; others by :func:`_other_key`."""
    return [
        None
        if (fact := lead.get(name)) is None
        else low
        if fact["state"] == "value"
        and (low := (sum_ := fact["value"])["low"]) == sum_["high"]
        and low is not None
        and sum_["currency"] == "CNY"
        else _other_key(fact)
        for lead in leads
    ]


def _plains(name: str, leads: Sequence[Stored]) -> list[Hashable]:
    """Values as they are; a list is none that can be looked up, and raises."""
    return [
        None if (fact := lead.get(name)) is None else fact["value"] if fact["state"] == "value" else _other_key(fact)
        for lead in leads
    ]


def _sum_key(fact: Stored, _single: type) -> Hashable:
    said = fact.get("value")
    if fact.get("state", "value") == "value" and isinstance(said, dict) and said.get("currency", "CNY") == "CNY":
        low = said.get("low")
        if type(low) is int and low == said.get("high"):
            return low
    return _other_key(fact)


def _plain_key(fact: Stored, single: type) -> Hashable:
    plain = fact.get("value")
    if type(plain) is single and fact.get("state", "value") == "value":
        return plain
    return _other_key(fact)


def _other_key(fact: Stored) -> Hashable:
    """The same for facts that read the same; None for those that say nothing."""
    value, state = fact.get("value"), fact.get("state", "value")
    if state == "not_applicable":
        return ABSENT
    if state != "value" or value is None:
        return None
    if isinstance(value, list):
        return "list", *value
    if isinstance(value, dict):
        return "sum", value.get("low"), value.get("high"), value.get("currency"), value.get("pending")
    return type(value).__name__, value

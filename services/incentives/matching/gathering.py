"""Flat facts of many leads gathered into columns: read as they are, without a model for each value.

A million leads have sixty million facts to look at, so what is asked of each is little: its key is looked up in one
step, and numbered together with those of other leads. Only what is no single value is validated, once for each way of
saying it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from contracts.vocabulary.facts import FACTS, FactValue
from services.incentives.evaluation.cells import type_of
from services.incentives.evaluation.measures import Measured, measured
from services.incentives.matching.columns import ABSENT, WORD, Column, Columns, Numbers, column_of
from services.incentives.matching.flat import Flat, flat_in

Stored = Mapping[str, Any]
"""Facts as they are stored: by name ``{"value": …, "state": …, "source": …}``."""

_AT_ONCE: Final = 250
"""So many leads' keys wait to be numbered: fewer than the processor's cache holds."""


def gathered(leads: Sequence[Stored], names: Sequence[str]) -> Columns:
    """These facts of all leads at once, from facts with who said them."""
    gathering = Gathering(names)
    gathering.add([flat_in({"facts": facts}) for facts in leads])
    return gathering.columns()


class Gathering:
    """Columns while leads are read, some at a time, as they come from a store."""

    def __init__(self, names: Sequence[str]) -> None:
        groups: dict[type, list[str]] = {}
        for name in names:
            groups.setdefault(type_of(FACTS[name].kind), []).append(name)
        readings: dict[Hashable, Measured] = {}
        self._groups = [_Group(own, readings) for own in groups.values()]
        self._count = self._waiting = 0

    def add(self, leads: Sequence[Flat]) -> None:
        """Take these leads as well."""
        for lead in leads:
            for group in self._groups:
                group.read(lead)
            self._waiting += 1
            if self._waiting == _AT_ONCE:
                self._number()

    def _number(self) -> None:
        for group in self._groups:
            group.number()
        self._count += self._waiting
        self._waiting = 0

    def columns(self) -> Columns:
        """The columns of all that were added."""
        self._number()
        return Columns(self._count, {name: column for group in self._groups for name, column in group.columns()})


class _Group:
    """Facts with values of one type: a key for each fact of each lead, and the number of each key among theirs.

    Single values are keys as they are; None is that of silence.
    """

    def __init__(self, names: list[str], readings: dict[Hashable, Measured]) -> None:
        self._names, self._readings = names, readings
        self._place = {name: place for place, name in enumerate(names, -len(names))}
        self._numbers = Numbers([None])
        self._waiting: list[Hashable] = []
        self._parts: list[NDArray[np.int32]] = [np.empty((len(names), 0), np.int32)]

    def read(self, lead: Flat) -> None:
        """Take the keys of a lead."""
        waiting = self._waiting
        waiting.extend(map(lead["values"].get, self._names))
        for name, said in lead["others"].items():
            place = self._place.get(name)
            if place is not None:
                waiting[place] = self._other(said)

    def _other(self, said: Stored) -> Hashable:
        """The same key for what reads the same."""
        if said["state"] == "not_applicable":
            return ABSENT
        value = said["value"]
        key: Hashable = type(value).__name__, value
        if isinstance(value, list):
            key = "list", *value
        elif isinstance(value, dict):
            key = "sum", *(value.get(name) for name in ("low", "high", "currency", "pending"))
        if key not in self._readings:
            self._readings[key] = measured(FactValue.model_validate({"value": value, "source": {"kind": "system"}}))
        return key

    def number(self) -> None:
        """Number the keys that wait."""
        numbers = np.fromiter(map(self._numbers.__getitem__, self._waiting), np.int32, len(self._waiting))
        self._parts.append(numbers.reshape(-1, len(self._names)).T)
        self._waiting.clear()

    def columns(self) -> Iterator[tuple[str, Column]]:
        """The column of each fact, filled up to whole words with silence."""
        numbers = np.concatenate(self._parts, axis=1)
        filled = np.pad(numbers, ((0, 0), (0, -numbers.shape[1] % WORD)), constant_values=self._numbers[None])
        keys = list(self._numbers)
        for name, own in zip(self._names, filled, strict=True):
            there = np.flatnonzero(np.bincount(own)).tolist()
            yield name, column_of(FACTS[name].kind, {keys[place]: place for place in there}, self._readings, own)

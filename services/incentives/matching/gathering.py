"""Flat facts of many leads gathered into columns: read as they are, without a model for each value.

A million leads have sixty million facts to look at, so what is asked of each is little: its key is looked up in one
step, and numbered together with those of other leads. Only what is no single value is validated, once for each way of
saying it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.vocabulary.facts import FACTS, FactValue
from services.incentives.evaluation.cells import type_of
from services.incentives.evaluation.measures import Measured, measured
from services.incentives.matching.columns import ABSENT, WORD, Column, Columns, Numbers, column_of
from services.incentives.matching.flat import Flat, flat_in

Stored = Mapping[str, Any]
"""Facts as they are stored: by name ``{"value": …, "state": …, "source": …}``."""


def gathered(leads: Sequence[Stored], names: Sequence[str]) -> Columns:
    """These facts of all leads at once, from facts with who said them."""
    gathering = Gathering(names)
    gathering.add([flat_in({"facts": facts}) for facts in leads])
    return gathering.columns()


class Gathering:
    """Columns while leads are read, some at a time, as they come from a store.

    Each fact of each lead has a key, numbered together with all others. Single values are keys as they are; None is
    that of silence.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._place = {name: place for place, name in enumerate(names)}
        self._numbers = Numbers([None])
        self._readings: dict[Hashable, Measured] = {}
        self._parts = [np.empty((0, len(names)), np.int32)]

    def add(self, leads: Sequence[Flat]) -> None:
        """Take these leads as well."""
        keys = chain.from_iterable([map(lead["values"].get, self._names) for lead in leads])
        shape = len(leads), len(self._names)
        part = np.fromiter(map(self._numbers.__getitem__, keys), np.int32, math.prod(shape)).reshape(shape)
        for row, others in enumerate([lead["others"] for lead in leads]):
            for name in others.keys() & self._place.keys() if others else ():
                part[row, self._place[name]] = self._numbers[self._other(others[name])]
        self._parts.append(part)

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

    def columns(self) -> Columns:
        """The columns of all that were added, filled up to whole words with silence."""
        count = sum(map(len, self._parts))
        silence = np.full((-count % WORD, len(self._names)), self._numbers[None], np.int32)
        numbers, keys = np.ascontiguousarray(np.concatenate([*self._parts, silence]).T), list(self._numbers)
        return Columns(
            count, {name: self._column(name, own, keys) for name, own in zip(self._names, numbers, strict=True)}
        )

    def _column(self, name: str, numbers: NDArray[np.int32], keys: Sequence[Hashable]) -> Column:
        kind = FACTS[name].kind
        there = {_typed(keys[place], kind): place for place in np.flatnonzero(np.bincount(numbers)).tolist()}
        return column_of(kind, there, self._readings, numbers)


def _typed(key: Hashable, kind: str) -> Hashable:
    """A single value in the type of its fact: yes and 1 have one number between them."""
    return key if key is None or type(key) is tuple else type_of(kind)(key)

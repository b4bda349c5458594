"""Values that stand for all: of each quantity so many that every comparison of it tells them apart.

A comparison changes its verdict only at what it compares with, so that this value and its neighbours are enough. One
more stands for what does not apply. Quantities are taken to be independent of each other, which allows more facts than
there can be: what holds for all of these holds for all facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from contracts.vocabulary.facts import Fact
from contracts.vocabulary.industry import SECTIONS, is_code, lineage, within
from services.incentives.evaluation.comparisons import MET, NOT_MET, UNKNOWN, Test, comparison
from services.incentives.evaluation.measures import DOES_NOT_APPLY, HOME, Measured
from services.incentives.policy.operands import NUMERIC_KINDS, Operand
from services.incentives.policy.quantities import Quantity, Since

Witness = tuple[Any, str]
"""A value as tests compare it, with its currency."""
Term = Mapping[str, int]
"""Of each quantity the witnesses that are allowed, as bits."""

_NOT_APPLICABLE: Final[Witness] = (None, "none")
STATED: Final = ~1
"""The bits of what is stated: the first witness of each quantity stands for what does not apply."""
_CODES: Final = (*SECTIONS, *(str(number) for number in range(10, 100)), *(f"0{digit}" for digit in range(1, 10)))


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of one quantity."""

    measure: Fact
    op: str
    operand: Operand
    quantity: Quantity | None = None

    @property
    def name(self) -> str:
        """The fact, or what is computed of several."""
        return self.measure.name if self.quantity is None else self.quantity.key

    @property
    def key(self) -> str:
        """The quantity; of qualifications each is one of its own, and so are sums in each foreign currency."""
        name = self.name
        if self.op == "contains":
            return f"{name}:{self.operand.values[0]}"
        return name if self.operand.currency in HOME else f"{name}:{self.operand.currency}"

    @property
    def test(self) -> Test:
        """From both ends of a reading and its currency to a verdict."""
        return comparison(self.measure.kind, self.op, self.operand)

    @property
    def currency(self) -> str:
        """That in which the quantity is stated."""
        return self.operand.currency or ("CNY" if self.measure.kind == "amount" else "")


@dataclass(frozen=True, slots=True)
class Atom:
    """For which witnesses of each quantity a comparison is met, and for which it fails."""

    met: Term
    failed: Term

    def negated(self) -> Atom:
        """The opposite."""
        return Atom(self.failed, self.met)


class ToldApart:
    """The witnesses of one quantity as its comparisons tell them apart; ``full`` are all of them, as bits."""

    __slots__ = ("_alike", "_full", "_only", "_tests")

    def __init__(self, group: Sequence[Comparison], witnesses: Sequence[Witness], full: int) -> None:
        self._full, self._tests = full, [each.test for each in group]
        self._alike: dict[tuple[int, ...], int] = {}
        signatures = zip(*(_verdicts(each, witnesses) for each in group), strict=True)
        for number, signature in enumerate(signatures):
            self._alike[signature] = self._alike.get(signature, 0) | full & 1 << number
        self._only = None if len(self._tests) > 1 else [self._alike_to((each,)) for each in (NOT_MET, UNKNOWN, MET)]

    @property
    def stated(self) -> int:
        """All but what does not apply."""
        return self._full & STATED

    def may_be(self, reading: Measured) -> int:
        """The witnesses that a reading may be, as bits: those that no comparison tells apart from it."""
        if reading is None:
            return self._full
        if reading is DOES_NOT_APPLY:
            return self._alike_to((NOT_MET,) * len(self._tests))
        low, high, currency = reading
        if self._only is not None:
            return self._only[self._tests[0](low, high, currency)]
        return self._alike_to(tuple([test(low, high, currency) for test in self._tests]))

    def _alike_to(self, said: tuple[int, ...]) -> int:
        """Those of which the comparisons say the same, or may yet say it."""
        if UNKNOWN not in said:
            return self._alike.get(said, 0)
        found = 0
        for signature, bits in self._alike.items():
            if all(verdict in (UNKNOWN, own) for verdict, own in zip(said, signature, strict=True)):
                found |= bits
        return found


class Universe:
    """The witnesses of every quantity that some conditions compare.

    ``stated`` leaves out what does not apply and what is too coarse to tell, so that a comparison is "always met" if it
    is by everything that somebody states.
    """

    def __init__(self, comparisons: Iterable[Comparison], *, stated: bool) -> None:
        self._groups: dict[str, list[Comparison]] = defaultdict(list)
        self._whether: dict[str, Comparison] = {}
        for each in comparisons:
            self._groups[each.key].append(each)
            if each.op == "known":
                self._whether[each.key] = each
        self._measures = {key: group[0] for key, group in self._groups.items()}
        self._witnesses = {key: list(_witnesses(group)) for key, group in self._groups.items()}
        self._told_apart: dict[str, ToldApart] = {}
        self._full = {key: self._stated(key) if stated else (1 << len(of)) - 1 for key, of in self._witnesses.items()}

    def atom(self, comparison: Comparison) -> Atom:
        """A comparison as bits; one recognition, or a sum in a foreign currency, is of a fact that is stated at all."""
        met, failed = self._bits(comparison)
        whether = self._whether.get(comparison.name) if comparison.key != comparison.name else None
        also = {} if whether is None else {whether.key: self._bits(whether)[0]}
        return Atom({comparison.key: met, **also}, {comparison.key: failed})

    def _bits(self, comparison: Comparison) -> tuple[int, int]:
        """The witnesses for which it is met, and those for which it fails."""
        key = comparison.key
        verdicts = _verdicts(comparison, self._witnesses[key])
        met = sum(1 << number for number, verdict in enumerate(verdicts) if verdict == MET)
        failed = sum(1 << number for number, verdict in enumerate(verdicts) if verdict == NOT_MET)
        return met & self._full[key], failed & self._full[key]

    @property
    def measures(self) -> Mapping[str, Comparison]:
        """A comparison of each quantity, which says what it is."""
        return self._measures

    def witnesses(self, key: str, among: int) -> list[Witness]:
        """Those of a quantity that are among these bits."""
        return [each for number, each in enumerate(self._witnesses[key]) if among >> number & 1]

    def told_apart(self, key: str) -> ToldApart:
        """A quantity by what its comparisons say of each of its witnesses."""
        known = self._told_apart.get(key)
        if known is None:
            known = ToldApart(self._groups[key], self._witnesses[key], self._full[key])
            self._told_apart[key] = known
        return known

    def _stated(self, key: str) -> int:
        group = self._groups[key]
        told = zip(*(_verdicts(each, self._witnesses[key]) for each in group), strict=True)
        return sum(
            1 << number
            for number, (witness, verdicts) in enumerate(zip(self._witnesses[key], told, strict=True))
            if (witness != _NOT_APPLICABLE or key in self._whether) and UNKNOWN not in verdicts
        )


def _verdicts(each: Comparison, witnesses: Sequence[Witness]) -> list[int]:
    test = each.test
    return [
        NOT_MET if witness == _NOT_APPLICABLE else test(witness[0], witness[0], witness[1]) for witness in witnesses
    ]


def _witnesses(group: Sequence[Comparison]) -> Iterator[Witness]:
    yield _NOT_APPLICABLE
    measure = group[0].measure
    if measure.kind in NUMERIC_KINDS or measure.kind == "date":
        yield from _ordered(group)
        return
    mentioned = {str(value) for each in group for value in each.operand.values if isinstance(value, str)}
    if measure.kind == "boolean":
        values: Iterable[Any] = (True, False)
    elif measure.kind == "choice":
        values = measure.choices
    elif measure.kind == "code":
        values = _codes(mentioned)
    else:
        values = [(each,) if measure.kind == "tags" else each for each in (*sorted(mentioned), "")]
    yield from ((value, "") for value in values)


def _ordered(group: Sequence[Comparison]) -> Iterator[Witness]:
    """What is compared with, and what is next to it on either side."""
    currency = group[0].currency
    limits = {value for each in group for value in each.operand.values if value is not None}
    near = {other for limit in limits for other in _neighbours(limit)}
    if group[0].measure.kind == "date":
        near |= {"2026-01-01"}
    elif not isinstance(group[0].quantity, Since):
        near = {0, *(each for each in near if each > 0)}
    yield from ((each, currency) for each in sorted(near))


def _neighbours(limit: Any) -> Iterator[Any]:
    if not isinstance(limit, str):
        yield from (limit - 1, limit, limit + 1)
        return
    day = date.fromisoformat(limit)
    for step in (-1, 0, 1):
        with suppress(OverflowError):
            yield (day + timedelta(days=step)).isoformat()


def _codes(mentioned: set[str]) -> Iterator[str]:
    """Every code that is compared with, one within each that is in no finer one, and one within none."""
    yield from sorted(mentioned)
    for around in sorted(mentioned):
        wanted = lineage(around) & mentioned
        other = next((each for each in _below(around) if lineage(each) & mentioned == wanted), None)
        if other is not None:
            yield other
    outside = next(
        (each for code in _CODES[len(SECTIONS) :] for each in (f"{code}99",) if _in_none(each, mentioned)), None
    )
    if outside is not None:
        yield outside


def _in_none(code: str, mentioned: set[str]) -> bool:
    return is_code(code) and lineage(code).isdisjoint(mentioned)


def _below(code: str) -> Iterator[str]:
    """Classes of four digits within a code."""
    stems = [each for each in _CODES[len(SECTIONS) :] if within(each, code)] if len(code) == 1 else [code]
    for stem in stems:
        rest = 4 - len(stem)
        yield from (f"{stem}{number:0{rest}}" for number in range(10**rest) if rest)

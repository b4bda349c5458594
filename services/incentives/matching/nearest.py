"""The nearest way to a policy that is not met: fewest facts to change, then fewest to ask for.

Every way to meet the policy is tried, so that none is nearer. Quantities computed from several facts are taken as one
fact of their own, and of sums within bounds or in another currency more may be asked than would do. What a project is
(its industry, who applies) and what time or others decide is never to be changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from services.incentives.catalogue import CompiledPolicy
from services.incentives.comparisons import NOT_MET
from services.incentives.matching.result import PolicyOutcome
from services.incentives.matching.wording import shown_number, shown_plain
from services.incentives.measures import DOES_NOT_APPLY, Facts, Measured, measure_of, measured
from services.incentives.policy.dated import Applicable, Entitled, Ruling
from services.incentives.policy.operands import NUMERIC_KINDS
from services.incentives.policy.quantities import Since
from services.incentives.policy_checks.formulas import Term
from services.incentives.policy_checks.witnesses import STATED, Comparison, Witness
from services.incentives.spans import MOST

MAX_CHANGES: Final = 3
"""More is another project."""
_GIVEN: Final = frozenset({"industry_chain", "enterprise_kind", "beneficiary_role"})
_DECIDED: Final = (Since, Applicable, Entitled, Ruling)


@dataclass(frozen=True, slots=True)
class Change:
    """What to reach, from what was stated, in the units of the fact; None for what JSON carries as no exact number."""

    fact: str
    from_: int | None
    to: int | None
    text: str


@dataclass(frozen=True, slots=True)
class Nearest:
    """What to change, and which facts would still have to be known."""

    changes: tuple[Change, ...] = ()
    asks: tuple[str, ...] = ()


NOTHING: Final = Nearest()


def nearest(compiled: CompiledPolicy, outcome: PolicyOutcome, facts: Facts, as_of: date) -> Nearest:
    """The nearest way; nothing where the policy is not out of reach, or no change of up to three facts reaches it."""
    if outcome.verdict != NOT_MET:
        return NOTHING
    state = _State(compiled, facts, as_of)
    best: _Steps | None = None
    for term in compiled.ways.terms:
        way = state.steps(term, MAX_CHANGES if best is None else len(best.changed))
        if way is not None and (best is None or way.cost < best.cost):
            best = way
    return NOTHING if best is None else Nearest(tuple(state.changes(best)), best.asks)


@dataclass(frozen=True, slots=True)
class _Steps:
    """What one way takes: by quantity what it must come to, and the facts to change and to ask for."""

    wanted: Mapping[str, int]
    changed: frozenset[str]
    asks: tuple[str, ...]

    @property
    def cost(self) -> tuple[int, int, tuple[str, ...], tuple[str, ...]]:
        """Fewest changes, then fewest questions, then always the same."""
        return len(self.changed), len(self.asks), tuple(sorted(self.changed)), self.asks


class _State:
    """What is known of each quantity that a policy compares, as the witnesses that it may be."""

    def __init__(self, compiled: CompiledPolicy, facts: Facts, as_of: date) -> None:
        self._universe, self._facts, self._as_of = compiled.ways.universe, facts, as_of
        self._have: dict[str, tuple[Measured, int]] = {}

    def _known(self, key: str) -> tuple[Measured, int]:
        """A quantity as it is compared, and the witnesses that it may be."""
        known = self._have.get(key)
        if known is None:
            reading = self._reading(self._universe.measures[key])
            known = self._have[key] = reading, self._universe.may_be(key, reading)
        return known

    def _reading(self, each: Comparison) -> Measured:
        """What is stated in another currency says nothing."""
        if each.quantity is not None:
            reading = measure_of(each.quantity)(self._facts, self._as_of)
        else:
            reading = measured(self._facts.get(each.measure.name))
        foreign = reading is not None and reading.currency and reading.currency != each.currency
        return None if foreign else reading

    def steps(self, term: Term, most: int) -> _Steps | None:
        """What a way takes; None where it asks for what cannot be changed, or for more than so many changes."""
        wanted: dict[str, int] = {}
        changed: set[str] = set()
        asks: set[str] = set()
        for key, allowed in term.items():
            reading, have = self._known(key)
            if have and not have & ~allowed and reading is not None:
                continue
            allowed &= STATED
            if not allowed:
                return None
            each = self._universe.measures[key]
            if have & allowed:
                asks.update(self._open(each))
                continue
            if not _changeable(each):
                return None
            wanted[key] = allowed
            changed.add(_name(each))
            if len(changed) > most:
                return None
        return _Steps(wanted, frozenset(changed), tuple(sorted(asks - changed)))

    def _open(self, each: Comparison) -> Sequence[str]:
        """The facts that leave a quantity open."""
        if each.quantity is None:
            return (each.measure.name,)
        return [name for name in each.quantity.facts if measured(self._facts.get(name)) is None] or each.quantity.facts

    def changes(self, steps: _Steps) -> Iterator[Change]:
        """Each change in words."""
        for key, allowed in sorted(steps.wanted.items()):
            each = self._universe.measures[key]
            yield _change(each, self._known(key)[0], self._universe.witnesses(key, allowed))


def _name(each: Comparison) -> str:
    return each.measure.name if each.quantity is None else each.quantity.facts[0]


def _changeable(each: Comparison) -> bool:
    if each.quantity is not None:
        return not isinstance(each.quantity, _DECIDED)
    return each.measure.kind not in ("code", "text") and each.measure.name not in _GIVEN


def _change(each: Comparison, reading: Measured, allowed: Sequence[Witness]) -> Change:
    """To the nearest of what is allowed."""
    values = [value for value, _ in allowed if value is not None]
    if each.measure.kind in NUMERIC_KINDS and reading not in (None, DOES_NOT_APPLY) and values:
        return _number(each, reading, values)
    return Change(_name(each), None, None, _words(each, values))


def _number(each: Comparison, reading: Any, values: Sequence[int]) -> Change:
    ends = [reading.low] if reading.low == reading.high or reading.high == math.inf else [reading.low, reading.high]
    _, start, target = min([(abs(value - end), end, value) for end in ends for value in values])
    halves = 1 if each.quantity is None else 1 + each.quantity.halves
    numbers = (int(start) // halves, -(-int(target) // halves))
    words = [shown_number(each.measure, abs(one), reading.currency) for one in (*numbers, numbers[1] - numbers[0])]
    verb = "增加" if target > start else "减少"
    text = f"{each.measure.label}从{words[0]}{verb}到{words[1]}（相差{words[2]}）"
    from_, to = (number if number <= MOST else None for number in numbers)
    return Change(_name(each), from_, to, text)


def _words(each: Comparison, values: Sequence[Any]) -> str:
    """``环评批复改为“是”``, ``取得独角兽企业``, ``开工日期改到2026-12-31``."""
    fact = each.measure
    if fact.kind == "tags":
        label = fact.choices.get(str(each.operand.values[0]), str(each.operand.values[0]))
        return f"取得{label}" if any(each.operand.values[0] in value for value in values) else f"不再是{label}"
    if fact.kind in NUMERIC_KINDS:
        return f"{fact.label}达到{shown_number(fact, int(values[0]), each.currency)}"
    shown = [shown_plain(fact, value) for value in values]
    return f"{fact.label}改为“{'”或“'.join(dict.fromkeys(shown))}”"

"""The nearest way to a policy that is not met: fewest facts to change, then fewest to ask for.

Every way to meet the policy is tried, so that none is nearer. Quantities computed from several facts are taken as one
fact of their own, and of sums within bounds or in another currency more may be asked than would do. What a project is
(its industry, who applies) and what time or others decide is never to be changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, Final, NamedTuple

from services.incentives.catalogue import CompiledPolicy
from services.incentives.evaluation.comparisons import NOT_MET
from services.incentives.evaluation.measures import DOES_NOT_APPLY, Facts, Measured, measure_of, measured
from services.incentives.evaluation.spans import MOST
from services.incentives.matching.result import PolicyOutcome
from services.incentives.matching.wording import shown_number, shown_plain
from services.incentives.policy.operands import NUMERIC_KINDS
from services.incentives.policy_checks.witnesses import Comparison
from services.incentives.ways import Step, name_of

MAX_CHANGES: Final = 3
"""More is another project."""


class Change(NamedTuple):
    """What to reach, from what was stated, in the units of the fact; None for what JSON carries as no exact number."""

    fact: str
    from_: int | None
    to: int | None
    text: str


class Nearest(NamedTuple):
    """What to change, and which facts would still have to be known."""

    changes: tuple[Change, ...] = ()
    asks: tuple[str, ...] = ()


NOTHING: Final = Nearest()
Readings = dict[str, Measured]
"""What is known of each quantity of one project on one day, by its key."""
_key = attrgetter("key")


def nearest(
    compiled: CompiledPolicy, outcome: PolicyOutcome, facts: Facts, as_of: date, read: Readings | None = None
) -> Nearest:
    """The nearest way; nothing where the policy is not out of reach, or no change of up to three facts reaches it.

    ``read`` keeps what was read of these facts for the next policy.
    """
    if outcome.verdict != NOT_MET:
        return NOTHING
    state = _State(facts, as_of, {} if read is None else read)
    best: _Steps | None = None
    for steps in compiled.ways.steps:
        way = state.way(steps, MAX_CHANGES if best is None else len(best.changed))
        if way is not None and (best is None or way.cost < best.cost):
            best = way
    return NOTHING if best is None else Nearest(tuple(state.changes(best)), best.asks)


class _Steps(NamedTuple):
    """What one way takes: the quantities that must come to something else, and the facts to change and to ask for."""

    wanted: Sequence[Step]
    changed: frozenset[str]
    asks: tuple[str, ...]

    @property
    def cost(self) -> tuple[int, int, tuple[str, ...], tuple[str, ...]]:
        """Fewest changes, then fewest questions, then always the same."""
        return len(self.changed), len(self.asks), tuple(sorted(self.changed)), self.asks


class _State:
    """What is known of each quantity that a policy compares, as the witnesses that it may be."""

    def __init__(self, facts: Facts, as_of: date, read: Readings) -> None:
        self._facts, self._as_of, self._read = facts, as_of, read
        self._have: dict[str, tuple[Measured, int]] = {}

    def _known(self, step: Step) -> tuple[Measured, int]:
        """A quantity as it is stated, and the witnesses that it may be."""
        key = step.key
        if key not in self._read:
            self._read[key] = self._reading(step.comparison)
        reading = self._read[key]
        known = self._have[key] = reading, _may_be(step, reading)
        return known

    def _reading(self, each: Comparison) -> Measured:
        if each.quantity is not None:
            return measure_of(each.quantity)(self._facts, self._as_of)
        return measured(self._facts.get(each.measure.name))

    def way(self, steps: Sequence[Step], most: int) -> _Steps | None:
        """What a way takes; None where it asks for what cannot be changed, or for more than so many changes."""
        wanted: list[Step] = []
        changed: set[str] = set()
        asks: set[str] = set()
        for step in steps:
            reading, have = self._have.get(step.key) or self._known(step)
            if have and not have & ~step.allowed and reading is not None:
                continue
            if have & step.stated:
                asks.update(self._open(step.comparison))
                continue
            if step.fact is None or not step.stated:
                return None
            wanted.append(step)
            changed.add(step.fact)
            if len(changed) > most:
                return None
        return _Steps(wanted, frozenset(changed), tuple(sorted(asks - changed)))

    def _open(self, each: Comparison) -> Sequence[str]:
        """The facts that leave a quantity open."""
        if each.quantity is None:
            return (each.measure.name,)
        return [name for name in each.quantity.facts if measured(self._facts.get(name)) is None] or each.quantity.facts

    def changes(self, steps: _Steps) -> Iterator[Change]:
        """Each change in words; that a fact is to be filled in goes without saying beside what it has to come to."""
        said = {step.fact for step in steps.wanted if step.values}
        for step in sorted(steps.wanted, key=_key):
            if step.values or step.fact not in said:
                yield _change(step, self._known(step)[0])


def _may_be(step: Step, reading: Measured) -> int:
    """Of what is stated in another currency no more is known than that it is stated."""
    if reading is not None and reading.currency and reading.currency != step.comparison.currency:
        return step.told_apart.stated
    return step.told_apart.may_be(reading)


def _change(step: Step, reading: Measured) -> Change:
    """To the nearest of what is allowed; where any value will do, to one at all."""
    each, fact = step.comparison, name_of(step.comparison)
    if not step.values:
        return Change(fact, None, None, f"填写{each.measure.label}（现为“不适用”）")
    if each.measure.kind in NUMERIC_KINDS and reading not in (None, DOES_NOT_APPLY):
        return _number(each, fact, reading, step.values)
    return Change(fact, None, None, _words(each, step.values))


def _number(each: Comparison, fact: str, reading: Any, values: Sequence[int]) -> Change:
    ends = [reading.low] if reading.low == reading.high or reading.high == math.inf else [reading.low, reading.high]
    _, start, target = min([(abs(value - end), end, value) for end in ends for value in values])
    halves = 1 if each.quantity is None else 1 + each.quantity.halves
    numbers = (int(start) // halves, -(-int(target) // halves))
    words = [shown_number(each.measure, abs(one), reading.currency) for one in (*numbers, numbers[1] - numbers[0])]
    verb = "增加" if target > start else "减少"
    text = f"{each.measure.label}从{words[0]}{verb}到{words[1]}（相差{words[2]}）"
    from_, to = (number if number <= MOST else None for number in numbers)
    return Change(fact, from_, to, text)


def _words(each: Comparison, values: Sequence[Any]) -> str:
    """``环评批复改为“是”``, ``取得独角兽企业``, ``开工日期改为“2026-12-31”``."""
    fact = each.measure
    if fact.kind == "tags":
        label = fact.choices.get(str(each.operand.values[0]), str(each.operand.values[0]))
        return f"取得{label}" if any(each.operand.values[0] in value for value in values) else f"不再是{label}"
    if fact.kind in NUMERIC_KINDS:
        return f"{fact.label}达到{shown_number(fact, int(values[0]), each.currency)}"
    shown = [shown_plain(fact, value) for value in values]
    return f"{fact.label}改为“{'”或“'.join(dict.fromkeys(shown))}”"

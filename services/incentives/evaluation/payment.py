"""From what a benefit comes to, to what is paid when: caps, milestones, yearly checks, and what has to go back.

Products are cut down to whole fen once, at the end of each payment. A milestone or a check that is still open leaves a
payment possible and not certain; a clawback takes effect once its case is known to have come about.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from contracts.vocabulary.facts import PPM
from services.incentives.evaluation.comparisons import MET, NOT_MET
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.evaluation.formulas import Formula
from services.incentives.evaluation.measures import DOES_NOT_APPLY, measured
from services.incentives.evaluation.spans import (
    ENDLESS,
    MOST,
    NO_CAP,
    NOTHING,
    Span,
    at_most,
    cut,
    divided,
    exactly,
    less,
    made,
    split,
    times,
    told,
    within,
)
from services.incentives.evaluation.stated import Stated
from services.incentives.policy.aftercare import Clawback, Lifetime, Tranche
from services.incentives.policy.parts import fen_of, ppm_of

Verdicts = Sequence[int]
Source = Callable[[Stated, Verdicts], Span]


@dataclass(frozen=True, slots=True)
class Constant:
    """A source that asks for nothing."""

    span: Span

    def __call__(self, _stated: Stated, _verdicts: Verdicts) -> Span:
        """What it always is."""
        return self.span


Payment = tuple[int, int | None]
"""The least and the most of one payment in fen; None is without bound."""


class Worth(NamedTuple):
    """What a benefit comes to if its conditions hold; ``high`` None is without bound, ``known`` False no figure.

    ``years`` are the payments one after another, where there are several, and ``calendar`` the years of those whose
    milestone has a date. ``returned`` is what goes back of all that would have been paid.
    """

    low: int
    high: int | None
    known: bool = True
    years: tuple[Payment, ...] = ()
    calendar: tuple[int | None, ...] = ()
    returned: Payment | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A written figure, which lies between two that are not nothing, times a stated one."""

    least: float
    most: float
    base: Callable[[Stated], Span]

    def __call__(self, stated: Stated, _verdicts: Verdicts) -> Span:
        """What it comes to."""
        low, high, known = self.base(stated)
        return Span(low * self.least, high * self.most, known)


def paid(
    once: Source, scale: int, cap: Source | None, benefit: Any, predicates: Predicates
) -> Callable[[Stated, Verdicts], Worth]:
    """The payments, each within the cap of a year, all together within the caps of the whole."""
    yearly_cap = None if benefit.cap_per_year is None else exactly(fen_of(benefit.cap_per_year))
    parts_of_it = (benefit.instalments, benefit.lifetime, benefit.recheck, benefit.clawback)
    if not benefit.again and all(each is None for each in parts_of_it):
        return _at_once(once, scale, [cap, None if yearly_cap is None else Constant(yearly_cap)])
    gates = _gates(benefit, predicates)
    gated = any(gates)
    dated = [each.by if isinstance(each, Tranche) else None for each in benefit.instalments or ()]
    ever = any(dated)
    due = _due(once, scale, _whole(cap, benefit.lifetime), yearly_cap, benefit)
    back = None if benefit.clawback is None else _taken_back(benefit.clawback, predicates)

    def worth(stated: Stated, verdicts: Verdicts) -> Worth:
        parts = due(stated, verdicts)
        if gated:
            parts = [_passed(part, gate, verdicts) for part, gate in zip(parts, gates, strict=True)]
        kept, returned = (parts, None) if back is None else back(parts, stated, verdicts)
        return _worth(kept, tuple([_year(name, stated) for name in dated]) if ever else (), returned)

    also = (benefit.lifetime, benefit.clawback, yearly_cap)
    if len(benefit.instalments or ()) > 1 and not gated and not ever and all(each is None for each in also):
        return _in_parts(_at_once(once, scale, [cap]), benefit.shares, worth)
    return worth


def _whole(cap: Source | None, lifetime: Lifetime | None) -> Source | None:
    """What all payments together are bounded by."""
    if lifetime is None:
        return cap
    left = _left(lifetime)
    if cap is None:
        return lambda stated, _verdicts: left(stated)
    return lambda stated, verdicts: at_most(cap(stated, verdicts), left(stated))


def _due(
    once: Source, scale: int, whole: Source | None, yearly: Span | None, benefit: Any
) -> Callable[[Stated, Verdicts], list[Span]]:
    """Each payment within its caps, whatever it waits for; of written figures alone it is always the same."""
    shares, again = benefit.shares, benefit.again

    def due(stated: Stated, verdicts: Verdicts) -> list[Span]:
        span, most = once(stated, verdicts), NO_CAP if whole is None else whole(stated, verdicts)
        if again:
            of = {share: cut(times(span, exactly(share)), scale * PPM) for share in {*shares}}
            parts = [of[share] for share in shares]
        else:
            parts = divided(at_most(cut(span, scale), most), shares)
        if yearly is not None:
            parts = [at_most(each, yearly) for each in parts]
        return within(parts, most) if again and most is not NO_CAP else parts

    if not isinstance(once, Constant) or not (whole is None or isinstance(whole, Constant)):
        return due
    always = due(Stated({}), ())
    return lambda _stated, _verdicts: always


def _at_once(once: Source, scale: int, caps: Sequence[Source | None]) -> Callable[[Stated, Verdicts], Worth]:
    """The same where it is one payment that waits for nothing and is never taken back, as most are."""
    written = [cap.span for cap in caps if isinstance(cap, Constant)]
    computed = [cap for cap in caps if cap is not None and not isinstance(cap, Constant)]
    most = NO_CAP
    for span in written:
        most = at_most(most, span)

    def worth(stated: Stated, verdicts: Verdicts) -> Worth:
        least, greatest, _ = most
        for cap in computed:
            bound = cap(stated, verdicts)
            least, greatest = min(least, bound.low), min(greatest, bound.high)
        low, high, known = once(stated, verdicts)
        low, high = low // scale, high if high == ENDLESS else high // scale
        low, high = low if low < least else least, high if high < greatest else greatest
        if high <= MOST:
            return made(Worth, (int(low), int(high), True, (), (), None))
        return Worth(*told(low, high), known or high != ENDLESS)

    if isinstance(once, Product) and not computed:
        return _product(once, scale, most)
    if computed or not isinstance(once, Constant):
        return worth
    always = worth(Stated({}), ())
    return lambda _stated, _verdicts: always


def _product(once: Product, scale: int, most: Span) -> Callable[[Stated, Verdicts], Worth]:
    """A product within a written cap: one pass, since it is what most policies that may be had come to."""
    least, greatest, _ = most
    lowest, highest, base = once.least, once.most, once.base

    def worth(stated: Stated, _verdicts: Verdicts) -> Worth:
        low, high, known = base(stated)
        low = low * lowest // scale
        high = high if high == ENDLESS else high * highest // scale
        low, high = low if low < least else least, high if high < greatest else greatest
        if high <= MOST:
            return made(Worth, (int(low), int(high), True, (), (), None))
        return Worth(*told(low, high), known or high != ENDLESS)

    return worth


def _in_parts(
    at_once: Callable[[Stated, Verdicts], Worth], shares: Sequence[int], however: Callable[[Stated, Verdicts], Worth]
) -> Callable[[Stated, Verdicts], Worth]:
    """The same where one sum is paid in parts that wait for nothing; one without bound is left to the general way."""

    def worth(stated: Stated, verdicts: Verdicts) -> Worth:
        low, high, known = at_once(stated, verdicts)[:3]
        if high is None:
            return however(stated, verdicts)
        sure, more = split(low, shares), split(high - low, shares)
        years = tuple([(part, part + extra) for part, extra in zip(sure, more, strict=True)])
        return made(Worth, (low, high, known, years, (), None))

    return worth


def _worth(parts: Sequence[Span], calendar: tuple[int | None, ...], returned: Span | None) -> Worth:
    known = not [each for each in parts if not each.known and each.high == ENDLESS]
    back = None if returned is None else _payment(returned)
    if len(parts) == 1:
        return Worth(*_payment(parts[0]), known, returned=back)
    low, high = told(sum([each.low for each in parts]), sum([each.high for each in parts]))
    return Worth(low, high, known, tuple(map(_payment, parts)), calendar if any(calendar) else (), back)


def _payment(span: Span) -> Payment:
    return told(span.low, span.high)


def _left(lifetime: Lifetime) -> Callable[[Stated], Span]:
    """What may still be had; of money that came in another currency nothing is known."""
    cap, received = fen_of(lifetime.cap), lifetime.received

    def left(stated: Stated) -> Span:
        had = stated[received]
        return Span(0 if had.high == ENDLESS else max(0, cap - had.high), max(0, cap - had.low))

    return left


def _gates(benefit: Any, predicates: Predicates) -> list[list[Formula]]:
    """What each payment waits for."""
    gates: list[list[Formula]] = [[] for _ in benefit.shares]
    for number, each in enumerate(benefit.instalments or ()):
        if isinstance(each, Tranche) and each.when is not None:
            gates[number].append(compile_condition(each.when, predicates)[0])
    if benefit.recheck is not None:
        checked = compile_condition(benefit.recheck.when, predicates)[0]
        for gate in gates[benefit.recheck.from_year - 1 :]:
            gate.append(checked)
    return gates


def _passed(part: Span, gate: Sequence[Formula], verdicts: Verdicts) -> Span:
    verdict = min([formula(verdicts) for formula in gate]) if gate else MET
    if verdict == MET:
        return part
    return NOTHING if verdict == NOT_MET else Span(0, part.high, part.known)


def _year(name: str | None, stated: Stated) -> int | None:
    reading = None if name is None else measured(stated.facts.get(name))
    return None if reading is None or reading is DOES_NOT_APPLY else date.fromisoformat(reading.low).year


TakenBack = Callable[[Sequence[Span], Stated, Verdicts], tuple[list[Span], Span | None]]


def _taken_back(clawback: Clawback, predicates: Predicates) -> TakenBack:
    """What is left of payments, and what goes back of them with interest; None while its case has not come about."""
    happened = compile_condition(clawback.when, predicates)[0]

    def taken_back(parts: Sequence[Span], stated: Stated, verdicts: Verdicts) -> tuple[list[Span], Span | None]:
        if happened(verdicts) != MET:
            return list(parts), None
        total = Span(sum(each.low for each in parts), sum(each.high for each in parts))
        held = _years_held(clawback, stated)
        if clawback.how == "interest":
            rate = times(held, exactly(ppm_of(clawback.rate or 0)))
            due = Span(PPM + rate.low, PPM + rate.high)
            return [NOTHING for _ in parts], cut(times(total, due), PPM)
        years = clawback.years or 1
        kept = [cut(times(each, at_most(held, exactly(years))), years) for each in parts]
        return kept, less(total, Span(sum(each.low for each in kept), sum(each.high for each in kept)))

    return taken_back


def _years_held(clawback: Clawback, stated: Stated) -> Span:
    """The whole years since the payment; none where all goes back, any number where nobody said."""
    if clawback.held is None:
        return NOTHING
    reading = measured(stated.facts.get(clawback.held))
    if reading is DOES_NOT_APPLY:
        return NOTHING
    return Span(0, ENDLESS) if reading is None else Span(reading.low, reading.high)

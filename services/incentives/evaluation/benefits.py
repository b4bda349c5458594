"""What a benefit comes to: certain and possible fen from exact integers, and the years in which it is paid.

The certain sum takes the end of every range that gives least, the possible sum the end that gives most. A base that
nobody stated leaves only the caps as bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from contracts.vocabulary.facts import FACTS, PPM
from services.incentives.evaluation.bands import bands_of
from services.incentives.evaluation.comparisons import MET, NOT_MET
from services.incentives.evaluation.conditions import Predicates, compile_condition, in_category
from services.incentives.evaluation.formulas import Formula
from services.incentives.evaluation.measures import added, measured
from services.incentives.evaluation.payment import Constant, Product, Source, Verdicts, Worth, paid
from services.incentives.evaluation.spans import (
    NOTHING,
    OPEN,
    Span,
    at_most,
    cut,
    exactly,
    hull,
    times,
)
from services.incentives.evaluation.stated import Stated, span_of
from services.incentives.policy.benefit import Banded, Fixed, InKind, Interest, Match, PerUnit, Rate
from services.incentives.policy.figures import UNPUBLISHED, Computed
from services.incentives.policy.lookups import Lookup, tables_in
from services.incentives.policy.parts import fen_between, fen_of, multiple_of, ppm_of
from services.incentives.policy.tree import leaves_of


@dataclass(frozen=True, slots=True)
class CompiledBenefit:
    """A benefit ready to be computed; ``needs`` are the facts that its figure depends on.

    ``computable`` is whether there is a figure once they are known, ``tables`` are those that it is read from.
    """

    worth: Callable[[Stated, Verdicts], Worth]
    needs: tuple[str, ...]
    computable: bool
    tables: tuple[Lookup, ...] = ()


def compile_benefit(benefit: Any, predicates: Predicates) -> CompiledBenefit:
    """The benefit as a function of the facts and of the verdicts of its catalogue's predicates."""
    making = _Making(predicates)
    if isinstance(benefit, InKind):
        return CompiledBenefit(_in_kind(benefit), (), computable=False)
    once, scale = making.once(benefit)
    scale *= PPM ** len(benefit.multipliers or ())
    worth = paid(_multiplied(once, benefit, making), scale, making.cap(benefit.cap), benefit, predicates)
    making.needs += [] if benefit.lifetime is None else [benefit.lifetime.received]
    needs, tables = tuple(dict.fromkeys(making.needs)), tuple(tables_in(benefit))
    return CompiledBenefit(worth, needs, computable=not making.unpublished, tables=tables)


def _in_kind(benefit: InKind) -> Callable[[Stated, Verdicts], Worth]:
    """Nothing in money for certain; what is saved, where somebody estimated it, at most."""
    worth = Worth(0, None, known=False) if benefit.worth is None else Worth(0, fen_of(benefit.worth))
    return lambda _stated, _verdicts: worth


@dataclass(slots=True)
class _Making:
    """A benefit while it is compiled: the facts that it turns out to need, and whether a figure is missing."""

    predicates: Predicates
    needs: list[str] = field(default_factory=list)
    unpublished: bool = False

    def once(self, benefit: Any) -> tuple[Source, int]:
        """What a year, or all where it is one sum, comes to before multipliers and caps; and in which part of a fen."""
        match benefit:
            case Fixed():
                return self.figure(benefit.amount, _money), 1
            case Rate():
                return self.share(benefit.rate, benefit.base), PPM
            case Interest():
                return self.share(benefit.points, benefit.loan), PPM
            case Match():
                return self.share(benefit.ratio, benefit.base), PPM
            case PerUnit():
                return self.per_unit(benefit)
            case Banded():
                return self.of_bands(benefit), 1
        raise TypeError(f"no such benefit: {benefit!r}")

    def figure(self, written: Any, read: Callable[[Any], Span]) -> Source:
        """A figure written plainly, as a table by category, or not published."""
        if isinstance(written, Lookup):
            return self.looked_up(written, read)
        return Constant(self.plain(written, read))

    def plain(self, written: Any, read: Callable[[Any], Span]) -> Span:
        if written != UNPUBLISHED:
            return read(written)
        self.unpublished = True
        return OPEN

    def looked_up(self, table: Lookup, read: Callable[[Any], Span]) -> Source:
        """The figure of the category; of those that it may be, where that is not known."""
        self.needs.append(table.by)
        cases = [(in_category(table, case.in_, self.predicates), self.plain(case.value, read)) for case in table.cases]
        rest = [] if table.otherwise is None else [self.plain(table.otherwise, read) if table.exhaustive else NOTHING]

        def chosen(_stated: Stated, verdicts: Verdicts) -> Span:
            found = [(formula(verdicts), span) for formula, span in cases]
            for verdict, span in found:
                if verdict == MET:
                    return span
            possible = [span for verdict, span in found if verdict != NOT_MET]
            return hull([*possible, *rest] or [span for _, span in cases])

        return chosen

    def amount(self, base: str | list[str]) -> Callable[[Stated], Span]:
        """A fact, or several added up."""
        names = [base] if isinstance(base, str) else list(base)
        self.needs += names
        if isinstance(base, str):
            return itemgetter(base)
        return lambda stated: span_of(added([measured(stated.facts.get(name)) for name in names]))

    def share(self, rate: Any, base: str | list[str]) -> Source:
        """So much of a base, in millionths."""
        rates, bases = self.figure(rate, _share), self.amount(base)
        if isinstance(rates, Constant):
            return _times(rates.span, bases)
        return lambda stated, verdicts: times(rates(stated, verdicts), bases(stated))

    def per_unit(self, benefit: PerUnit) -> tuple[Source, int]:
        """A price times every unit; decimals are stored in millionths."""
        price = self.figure(benefit.price, _money)
        numbers = exactly(math.prod(each for each in benefit.units if isinstance(each, int)))
        units = [(each, _scale(each.fact)) for each in benefit.units if not isinstance(each, int)]
        self.needs += [each.fact for each, _ in units]
        counts = [_counted(each.fact, each.up_to and each.up_to * scale) for each, scale in units]
        parts = math.prod(scale for _, scale in units)
        if isinstance(price, Constant) and len(counts) == 1:
            return _times(times(price.span, numbers), counts[0]), parts

        def product(stated: Stated, verdicts: Verdicts) -> Span:
            total = times(price(stated, verdicts), numbers)
            for count in counts:
                total = times(total, count(stated))
            return total

        return product, parts

    def of_bands(self, benefit: Banded) -> Source:
        """The band, or the bands up to it, of a base."""
        between, base = bands_of(benefit), self.amount(benefit.base)
        low, high = between(0, math.inf)
        whatever = OPEN if high == math.inf else Span(low, high)

        def of_base(stated: Stated, _verdicts: Verdicts) -> Span:
            span = base(stated)
            if span is OPEN:
                return whatever
            return NOTHING if span is NOTHING else Span(*between(span.low, span.high))

        return of_base

    def cap(self, cap: Any) -> Source | None:
        """The bound of everything, which may be computed."""
        if not isinstance(cap, Computed):
            return None if cap is None else self.figure(cap, _money)
        sums = exactly(sum(fen_of(each) for each in cap.plus if isinstance(each, int | str)))
        shares = [self.share(each.rate, each.base) for each in cap.plus if not isinstance(each, int | str)]

        def total(stated: Stated, verdicts: Verdicts) -> Span:
            spans = [sums, *(cut(share(stated, verdicts), PPM) for share in shares)]
            return Span(sum(each.low for each in spans), sum(each.high for each in spans))

        return total


def _money(written: Any) -> Span:
    return Span(*fen_between(written))


def _share(written: Any) -> Span:
    return exactly(ppm_of(written))


def _scale(name: str) -> int:
    """Decimals are stored in millionths."""
    return PPM if FACTS[name].kind == "decimal" else 1


def _counted(name: str, up_to: int | None) -> Callable[[Stated], Span]:
    """How many of something there are, as far as they count."""
    if up_to is None:
        return itemgetter(name)
    most = exactly(up_to)
    return lambda stated: at_most(stated[name], most)


def _times(factor: Span, base: Callable[[Stated], Span]) -> Source:
    """A written figure times a stated one."""
    least, most, known = factor
    if not least or not known:
        return lambda stated, _verdicts: times(factor, base(stated))
    return Product(least, most, base)


def _multiplied(once: Source, benefit: Any, making: _Making) -> Source:
    """Times what its multipliers come to, each in millionths; one whose condition is not decided may hold or not."""
    if not benefit.multipliers:
        return once
    found: list[tuple[int, Formula]] = []
    for each in benefit.multipliers:
        found.append((multiple_of(each.times), compile_condition(each.when, making.predicates)[0]))
        making.needs += [name for leaf in leaves_of(each.when) for name in leaf.facts]

    def multiplied(stated: Stated, verdicts: Verdicts) -> Span:
        span = once(stated, verdicts)
        for factor, formula in found:
            verdict = formula(verdicts)
            low, high = (factor, factor) if verdict == MET else (PPM, PPM) if verdict == NOT_MET else _both(factor)
            span = times(span, Span(low, high))
        return span

    return multiplied


def _both(factor: int) -> tuple[int, int]:
    return min(factor, PPM), max(factor, PPM)

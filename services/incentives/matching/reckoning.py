"""How a sum came about, in one line: ``60元 × 租用面积5,000平方米 × 12 × 1.2（港资机构），3年合计1,296万元``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from contracts.vocabulary.amount import format_fen
from contracts.vocabulary.facts import FACTS, FactValue
from services.incentives.catalogue import CompiledPolicy
from services.incentives.evaluation.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.evaluation.conditions import Predicates, compile_condition, in_category
from services.incentives.evaluation.measures import HOME, Facts, read_fact
from services.incentives.evaluation.phrases import money
from services.incentives.matching.result import PolicyOutcome
from services.incentives.matching.wording import shown, shown_quantity
from services.incentives.policy.aftercare import Tranche
from services.incentives.policy.benefit import Banded, Fixed, Interest, Match, PerUnit, Rate
from services.incentives.policy.figures import Computed, Multiplier
from services.incentives.policy.lookups import Lookup
from services.incentives.policy.quantities import Sum

_BANDS = {"step": "按所在的一档计", "marginal": "分段累计"}


def reckoning(compiled: CompiledPolicy, outcome: PolicyOutcome, facts: Facts, as_of: date) -> str | None:
    """The line; None where a fact that it takes is not known to the last digit, or nothing is computed."""
    benefit: Any = compiled.policy.benefit
    if outcome.verdict == NOT_MET or outcome.possible is None or not compiled.benefit.computable:
        return None
    for name in compiled.benefit.needs:
        if not _is_exact(facts.get(name)):
            return None
    for table in compiled.benefit.tables:
        if _chosen(table, facts, as_of) is None:
            return None
    factors = _FACTORS[type(benefit)](benefit, facts, as_of)
    if benefit.multipliers:
        factors += _multipliers(benefit.multipliers, facts, as_of)
    caps = compiled.phrases.caps
    limits = _limits(benefit, facts, as_of) if caps is None else caps
    return "，".join([" × ".join(factors), *limits, _total(benefit, outcome)])


def _is_exact(value: FactValue | None) -> bool:
    reading = read_fact(value)
    return reading is not None and reading.low == reading.high and reading.currency in HOME


def _rate(benefit: Rate, facts: Facts, as_of: date) -> list[str]:
    return [_stated(benefit.base, facts, as_of), _figure(benefit.rate, facts, as_of)]


def _interest(benefit: Interest, facts: Facts, as_of: date) -> list[str]:
    years = [f"{benefit.years}年"] if benefit.years > 1 else []
    return [_stated(benefit.loan, facts, as_of), _figure(benefit.points, facts, as_of), *years]


def _per_unit(benefit: PerUnit, facts: Facts, as_of: date) -> list[str]:
    units = [
        str(each) if isinstance(each, int) else _stated(each.fact, facts, as_of) + _up_to(each)
        for each in benefit.units
    ]
    return [_figure(benefit.price, facts, as_of), *units]


_FACTORS: Final[Mapping[type, Callable[[Any, Facts, date], list[str]]]] = {
    Fixed: lambda benefit, facts, as_of: [_figure(benefit.amount, facts, as_of)],
    Rate: _rate,
    Interest: _interest,
    Match: lambda benefit, facts, as_of: [_stated(benefit.base, facts, as_of), str(benefit.ratio)],
    PerUnit: _per_unit,
    Banded: lambda benefit, facts, as_of: [f"{_stated(benefit.base, facts, as_of)}{_BANDS[benefit.mode]}"],
}


def _stated(base: str | list[str], facts: Facts, as_of: date) -> str:
    if isinstance(base, str) or len(base) == 1:
        name = base if isinstance(base, str) else base[0]
        return f"{FACTS[name].label}{shown(name, facts.get(name))}"
    together = Sum(sum=base)
    return f"{together.fact.label}{shown_quantity(together, facts, as_of)}"


def _up_to(unit: Any) -> str:
    return "" if unit.up_to is None else f"（最多{unit.up_to:,}{FACTS[unit.fact].unit}）"


def _figure(written: Any, facts: Facts, as_of: date) -> str:
    """A figure as written; of a table, that of the category."""
    return str(_chosen(written, facts, as_of) if isinstance(written, Lookup) else written)


def _chosen(table: Lookup, facts: Facts, as_of: date) -> Any:
    """The figure that a table gives; None for a category that is too coarse to tell, or that gets nothing."""
    predicates = Predicates()
    cases = [(in_category(table, case.in_, predicates), case.value) for case in table.cases]
    verdicts = predicates.evaluate(facts, as_of)
    found = {formula(verdicts): value for formula, value in cases}
    if MET in found or UNKNOWN in found:
        return found.get(MET)
    return table.otherwise if table.exhaustive else None


def _multipliers(multipliers: list[Multiplier] | tuple[()], facts: Facts, as_of: date) -> list[str]:
    words = []
    for each in multipliers:
        predicates = Predicates()
        formula, _ = compile_condition(each.when, predicates)
        if formula(predicates.evaluate(facts, as_of)) == MET:
            words.append(f"{each.times}（{each.text}）")
    return words


def _limits(benefit: Any, facts: Facts, as_of: date) -> list[str]:
    words = [] if benefit.cap_per_year is None else [f"每年最高{money(benefit.cap_per_year)}"]
    if benefit.lifetime is not None:
        had = shown(benefit.lifetime.received, facts.get(benefit.lifetime.received))
        words.append(f"累计最高{money(benefit.lifetime.cap)}（此前已得{had}）")
    if isinstance(benefit.cap, Computed):
        parts = [money(each) if isinstance(each, int | str) else _part(each, facts) for each in benefit.cap.plus]
        return [*words, f"最高{'＋'.join(parts)}"]
    return words if benefit.cap is None else [*words, f"最高{money(_figure(benefit.cap, facts, as_of))}"]


def _part(part: Any, facts: Facts) -> str:
    names = [part.base] if isinstance(part.base, str) else part.base
    stated = "＋".join(f"{FACTS[name].label}{shown(name, facts.get(name))}" for name in names)
    return f"（{stated}）×{part.rate}"


def _total(benefit: Any, outcome: PolicyOutcome) -> str:
    most = format_fen(outcome.possible or 0)
    total = most if outcome.verdict != MET or outcome.certain == outcome.possible else _from(outcome, most)
    kept = "退回以后" if outcome.returned is not None else ""
    if not outcome.years:
        return f"{kept}计{total}"
    by_milestones = any(isinstance(each, Tranche) for each in benefit.instalments or ())
    return f"{kept}{len(outcome.years)}{'笔' if by_milestones else '年'}合计{total}"


def _from(outcome: PolicyOutcome, most: str) -> str:
    return f"{format_fen(outcome.certain)}至{most}"

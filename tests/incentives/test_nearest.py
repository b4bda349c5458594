"""The nearest way to a policy: as near as any that is found by trying every value of every fact."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FACTS, FactValue, parse_facts
from contracts.vocabulary.industry import within
from services.incentives.catalogue import CompiledPolicy, build_catalogue
from services.incentives.evaluation.comparisons import MET, NOT_MET, UNKNOWN
from services.incentives.evaluation.conditions import Predicates, compile_condition
from services.incentives.matching import evaluate
from services.incentives.matching.nearest import MAX_CHANGES, NOTHING, Nearest, nearest
from services.incentives.policy import leaves_of
from services.incentives.policy.tree import Not
from tests.incentives.drawing import CODES, conditions, facts, told
from tests.incentives.laws import law
from tests.incentives.writing import CODE, FAI, JOBS, policy

DAY = date(2026, 11, 23)
NONE = {"state": "not_applicable"}
BELOW_NOTHING = {"id": "low", "text": "投资为负", "fact": "equipment_investment", "op": "lt", "value": 0}
QUALIFIED = {"id": "any", "text": "有资质", "fact": "qualifications", "op": "known"}
UNICORN = {"id": "u", "text": "独角兽", "fact": "qualifications", "op": "contains", "value": "unicorn"}
MOST = 20_000
Facts = dict[str, FactValue]
Cost = tuple[int, int]


def found(condition: Any, said: Facts) -> Nearest:
    written = policy(conditions=condition)
    shelf = build_catalogue([written], {}, illustrative=True)
    compiled: CompiledPolicy = shelf.policies[written.id]
    return nearest(compiled, evaluate(compiled, said, shelf.predicates.evaluate(said, DAY)), said, DAY)


def verdict_of(tree: Any) -> Any:
    """The verdict of a tree as a function of facts."""
    predicates = Predicates()
    formula, _ = compile_condition(tree, predicates)
    return lambda said: formula(predicates.evaluate(said, DAY))


def candidates(tree: Any, name: str) -> list[Any]:
    """Every value of a fact that could make a difference."""
    fact = FACTS[name]
    limits: list[Any] = []
    for leaf in leaves_of(tree):
        if leaf.fact == name and leaf.value is not None:
            written = leaf.value if isinstance(leaf.value, list) else [leaf.value]
            limits += [each for part in written for each in (part.values() if isinstance(part, dict) else [part])]
    if fact.kind == "boolean":
        return [True, False]
    if fact.kind == "choice":
        return list(fact.choices)
    if fact.kind == "tags":
        mentioned = sorted(set(limits))
        return [[each for each, taken in zip(mentioned, mask, strict=True) if taken]
                for mask in product((True, False), repeat=len(mentioned))]  # fmt: skip
    if fact.kind == "code":
        return [*CODES, *("3999", "3979", "3969", "6599", "6519", "2799", "1399", "6399", "5299")]
    numbers = {each for each in limits if isinstance(each, int) and not isinstance(each, bool)}
    if fact.kind == "date":
        days = {date.fromisoformat(each) for each in limits if isinstance(each, str)}
        return sorted({each.fromordinal(max(1, each.toordinal() + step)).isoformat() for each in days
                       for step in (-1, 0, 1)} | {"2000-01-01"})  # fmt: skip
    return sorted({each + step for each in numbers for step in (-1, 0, 1) if each + step >= 0} | {0})


def as_fact(name: str, value: Any) -> FactValue:
    return told(Amount(low=value, high=value) if FACTS[name].kind == "amount" else value)


def refines(tree: Any, name: str, value: str, stated: FactValue) -> bool:
    """Whether a finer code says the same wherever the coarser one said anything."""
    for leaf in leaves_of(tree):
        verdict = verdict_of(leaf)
        coarse, fine = verdict({name: stated}), verdict({name: told(value)})
        if leaf.fact == name and coarse not in (UNKNOWN, fine):
            return False
    return within(value, str(stated.value))


def price(tree: Any, name: str, value: Any, stated: FactValue | None) -> Cost | None:
    """One change or one question; None where it is not to be changed."""
    if stated is None or stated.state in ("missing", "conflict"):
        return 0, 1
    if stated.state == "value":
        known = stated.value
        if isinstance(known, Amount):
            bare = known.low is None and known.high is None
            if known.pending or bare or known.currency != "CNY":
                return 0, 1
            low, high = known.low or 0, known.high
            if low <= value and (high is None or value <= high):
                return 0, 1
        elif FACTS[name].kind == "code" and refines(tree, name, value, stated):
            return 0, 1
    return None if FACTS[name].kind == "code" else (1, 0)


def brute(tree: Any, said: Facts) -> Cost | None:
    """The least of all assignments."""
    names = sorted({name for leaf in leaves_of(tree) for name in leaf.facts})
    options: list[list[tuple[Cost, FactValue | None]]] = []
    for name in names:
        keep: list[tuple[Cost, FactValue | None]] = [((0, 0), said.get(name))]
        for value in candidates(tree, name):
            if (cost := price(tree, name, value, said.get(name))) is not None:
                keep.append((cost, as_fact(name, value)))
        options.append(keep)
    size = 1
    for each in options:
        size *= len(each)
    assume(size <= MOST)
    verdict = verdict_of(tree)
    costs = (
        (sum(cost[0] for cost, _ in taken), sum(cost[1] for cost, _ in taken))
        for taken in product(*options)
        if verdict({name: value for name, (_, value) in zip(names, taken, strict=True) if value is not None}) == MET
    )
    return min(costs, default=None)


def exact(value: FactValue) -> bool:
    """One figure in yuan, or none: of a range or a foreign sum more may be asked than would do."""
    amount = value.value
    return not isinstance(amount, Amount) or amount.pending or (amount.is_exact and amount.currency == "CNY")


@settings(law, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(conditions(), facts())
def test_no_assignment_is_nearer(tree: Any, said: Facts) -> None:
    said = {name: value for name, value in said.items() if exact(value)}
    tree = Not(not_=tree) if verdict_of(tree)(said) == MET else tree
    assume(verdict_of(tree)(said) == NOT_MET)
    ids = [leaf.id for leaf in leaves_of(tree)]
    assume(len(set(ids)) == len(ids))
    way = found(tree, said)
    best = brute(tree, said)
    if best is None or best[0] > MAX_CHANGES:
        assert way == NOTHING, (tree, said)
    else:
        assert (len({each.fact for each in way.changes}), len(way.asks)) == best, (tree, said)


def say(**raw: Any) -> Facts:
    return parse_facts(raw, "officer")


@pytest.mark.parametrize(
    ("condition", "raw", "texts", "asks"),
    [
        ({"any": [FAI, JOBS]}, {"fixed_asset_investment": "8000万元", "jobs": 85},
         ["固定资产投资从8,000万元增加到1亿元（相差2,000万元）"], ()),
        ({"all": [FAI, JOBS]}, {"fixed_asset_investment": "8000万元"},
         ["固定资产投资从8,000万元增加到1亿元（相差2,000万元）"], ("jobs",)),
        ({"all": [FAI, {"not": {**JOBS, "id": "many"}}]}, {"fixed_asset_investment": "2亿元", "jobs": 120},
         ["新增就业从120人减少到99人（相差21人）"], ()),
        ({"id": "hk", "text": "港资", "fact": "hk_funded", "op": "eq", "value": True}, {"hk_funded": False},
         ["港资改为“是”"], ()),
        (UNICORN, {"qualifications": []}, ["取得独角兽企业"], ()),
        ({"all": [QUALIFIED, {"id": "f", "text": "有投资额", "fact": "fixed_asset_investment", "op": "known"}]},
         {"qualifications": NONE, "fixed_asset_investment": NONE},
         ["填写固定资产投资（现为“不适用”）", "填写资质荣誉（现为“不适用”）"], ()),
        ({"all": [{**FAI, "op": "known", "value": None}, JOBS]},
         {"fixed_asset_investment": "5000万美元", "jobs": 85}, ["新增就业从85人增加到100人（相差15人）"], ()),
        ({"all": [FAI, JOBS]}, {"fixed_asset_investment": "5000万美元", "jobs": 85},
         ["新增就业从85人增加到100人（相差15人）"], ("fixed_asset_investment",)),
        ({"all": [QUALIFIED, UNICORN]}, {"qualifications": NONE}, ["取得独角兽企业"], ()),
        ({"all": [{"not": QUALIFIED}, UNICORN]}, {"qualifications": NONE}, [], ()),
        ({"all": [{"not": {"not": UNICORN}}, {"not": QUALIFIED}]}, {"qualifications": NONE}, [], ()),
        ({"id": "r", "text": "研发占比", "ratio": {"of": "rd_spending", "to": "annual_revenue"}, "op": "ge",
          "value": "15%"}, {"rd_spending": "100万元", "annual_revenue": "1000万元"},
         ["年研发费用与年营业收入之比从10%增加到15%（相差5%）"], ()),
        ({"all": [JOBS, {"not": BELOW_NOTHING}]},
         {"jobs": 85}, ["新增就业从85人增加到100人（相差15人）"], ("equipment_investment",)),
        ({"all": [CODE, FAI]}, {"industry_code": "65", "fixed_asset_investment": 1}, [], ()),
        ({"id": "ruled", "text": "认定", "ruling": {"of": "panel_ruling", "by": "评审会"}}, {"panel_ruling": False}, [],
         ()),
    ],
)  # fmt: skip
def test_a_way_in_words(condition: Any, raw: Mapping[str, Any], texts: list[str], asks: tuple[str, ...]) -> None:
    way = found(condition, say(**raw))
    assert ([each.text for each in way.changes], way.asks) == (texts, asks)


def test_a_change_makes_the_policy_met() -> None:
    for stated, wanted in reached():
        assert (stated, wanted) == ("not_met", "met")


def reached() -> Iterator[tuple[str, str]]:
    for op, value, stated in (("ge", 100, 7), ("lt", 100, 200), ("eq", 100, 3)):
        condition = {**JOBS, "op": op, "value": value}
        (change,) = found(condition, say(jobs=stated)).changes
        verdict = verdict_of(policy(conditions=condition).conditions)
        names = {NOT_MET: "not_met", MET: "met"}
        yield names[verdict(say(jobs=stated))], names[verdict(say(jobs=change.to))]

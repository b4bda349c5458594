"""The next question: the one on which most hangs, never one that was answered, whatever the order of policies."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FACTS, FactValue, parse_facts
from services.incentives.catalogue import Catalogue, build_catalogue
from services.incentives.matching import Rendering, match, render
from services.incentives.policy import Policy
from tests.incentives import drawing, writing
from tests.incentives.drawing import told
from tests.incentives.laws import AT_ONCE, law_of_catalogues
from tests.incentives.test_matching import catalogues
from tests.incentives.writing import CODE, DISHONEST, FAI, JOBS, catalogue, fixed, policy

DAY = date(2026, 11, 23)
ASKING = ("next_question", "further_questions")
WAN = 1_000_000
RULED = {"id": "ruled", "text": "评审会认定", "ruling": {"of": "panel_ruling", "by": "评审会"}}
STAYS = {"id": "stays", "text": "承诺五年不迁出", "fact": "stay_years", "op": "ge", "value": 5}
RATE = {"kind": "rate", "text": "10%", "rate": "10%", "base": "equipment_investment"}


def answered(shelf: Catalogue, facts: dict[str, FactValue], **how: Any) -> dict[str, Any]:
    return render(match(facts, shelf, DAY), facts, shelf, Rendering(**how))


def asked(*policies: Policy, said: dict[str, FactValue] | None = None, **how: Any) -> list[dict[str, Any]]:
    """Every question, the best first."""
    answer = answered(catalogue(*policies), said or {}, **how)
    first = answer["next_question"]
    return [] if first is None else [first, *answer["further_questions"]]


def names(*policies: Policy, said: dict[str, FactValue] | None = None, **how: Any) -> list[str]:
    return [each["fact"] for each in asked(*policies, said=said, **how)]


def test_the_fact_on_which_most_money_hangs_comes_first() -> None:
    small, large = fixed("a", "100万元", conditions=JOBS), fixed("b", "900万元", conditions=FAI)
    first, second = asked(small, large)
    assert first == {
        "fact": "fixed_asset_investment",
        "text": FACTS["fixed_asset_investment"].question,
        "why": "问清后可确定1项政策，最多影响900万元",
        "policies": 1,
        "decides": 1,
        "stake_fen": 900 * WAN,
    }
    assert second["fact"] == "jobs"


def test_what_needs_three_answers_counts_a_third_for_each() -> None:
    three = fixed("a", "600万元", conditions={"all": [FAI, CODE, {"not": DISHONEST}]})
    alone = fixed("b", "201万元", conditions=JOBS)
    assert names(three, alone)[0] == "jobs"
    assert names(three, fixed("b", "199万元", conditions=JOBS))[0] != "jobs"
    first = asked(three, fixed("b", "100万元", conditions=FAI))[0]
    assert (first["fact"], first["policies"], first["decides"]) == ("fixed_asset_investment", 2, 1)
    assert first["why"] == "问清后可确定1项政策，另有1项还要别的情况，最多影响700万元"


def test_of_equal_weights_the_easier_is_asked() -> None:
    yes_or_no = fixed("a", "100万元", conditions={"not": DISHONEST})
    assert names(fixed("b", "100万元", conditions=FAI), yes_or_no) == ["serious_dishonesty", "fixed_asset_investment"]


def test_a_project_settles_in_one_zone_and_gets_its_best_combination() -> None:
    zones = [fixed(zone, "300万元", conditions=FAI, scope={"zone": zone}) for zone in ("jingkai", "donghu")]
    assert [(each["policies"], each["stake_fen"]) for each in asked(*zones)] == [(2, 300 * WAN)]
    group = [fixed(id, "300万元", conditions=FAI, exclusive_group="g") for id in ("a", "b")]
    assert [each["stake_fen"] for each in asked(*group)] == [300 * WAN]
    beaten = fixed("b", "100万元", conditions=JOBS, exclusive_group="g")
    sure = fixed("a", "300万元", exclusive_group="g")
    (left,) = asked(sure, beaten, said=parse_facts({"fixed_asset_investment": "2亿元"}, "visitor"))
    assert (left["fact"], left["stake_fen"], left["why"]) == ("jobs", 0, "问清后可确定1项政策")


def test_what_has_no_bound_weighs_as_the_most_that_has_one() -> None:
    first = asked(policy(id="open", benefit=RATE), fixed("b", "100万元", conditions=JOBS))[0]
    assert (first["fact"], first["stake_fen"], first["decides"]) == ("jobs", 100 * WAN, 1)
    said = parse_facts({"fixed_asset_investment": "2亿元"}, "visitor")
    (base,) = asked(policy(id="open", benefit=RATE), said=said)
    assert (base["fact"], base["stake_fen"]) == ("equipment_investment", None)
    assert base["why"] == "问清后可确定1项政策，影响的金额不设上限"


def test_a_stake_beyond_what_json_carries_has_no_bound() -> None:
    lots = [fixed(f"p{number}", "10万亿元", conditions=JOBS) for number in range(9)]
    assert asked(*lots)[0]["stake_fen"] == 9 * 10**15
    (over,) = asked(*lots, fixed("one", "0.01元", conditions=JOBS))
    assert (over["stake_fen"], over["why"]) == (None, "问清后可确定10项政策，影响的金额不设上限")


def test_what_is_not_this_projects_is_not_asked_for() -> None:
    others = fixed("a", "100万元", conditions=JOBS, beneficiary="introducer")
    cleared = fixed("b", "100万元", conditions=JOBS, standing="historical", cleanup={"reason": "以税收为条件"})
    assert names(others, cleared) == []
    assert names(fixed("a", "100万元", conditions=JOBS, scope={"zone": "jingkai"}), zones=["donghu"]) == []


def test_only_the_office_is_asked_for_what_it_records() -> None:
    ruled = fixed("a", "100万元", conditions=RULED)
    assert names(ruled, public=True) == []
    assert names(ruled) == ["panel_ruling"]


def test_what_no_policy_may_ask_today_is_never_asked() -> None:
    old = fixed("a", "100万元", conditions=STAYS, standing="historical")
    assert names(old) == []


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (told(Amount(low=90 * WAN * 100, high=110 * WAN * 100)),
         "固定资产投资填的是9,000万元–1.1亿元，还判断不了，能说得更准些吗？"),
        (told(Amount(pending=True)), "固定资产投资还没有定，能先估一个范围吗？"),
        (told(Amount(low=10**9, high=10**9, currency="USD")),
         "固定资产投资填的是1,000万美元，还判断不了，按人民币大约是多少？"),
        (told(None, "conflict"), "固定资产投资有几种说法，哪一个对？"),
        (told(None, "missing"), FACTS["fixed_asset_investment"].question),
    ],
)  # fmt: skip
def test_what_was_said_too_vaguely_is_asked_for_last_and_says_so(said: FactValue, text: str) -> None:
    policies = (fixed("a", "900万元", conditions=FAI), fixed("b", "1万元", conditions=JOBS))
    found = asked(*policies, said={"fixed_asset_investment": said})
    assert [each["fact"] for each in found][-1 if said.state != "missing" else 0] == "fixed_asset_investment"
    assert text in {each["text"] for each in found}


def test_of_a_sum_only_the_vague_part_is_asked_again() -> None:
    ratio = {
        "id": "r",
        "text": "研发占比",
        "ratio": {"of": "rd_spending", "to": "annual_revenue"},
        "op": "ge",
        "value": "15%",
    }
    said = parse_facts({"rd_spending": "100-200万元", "annual_revenue": "1000万元"}, "visitor")
    assert names(fixed("a", "1万元", conditions=ratio), said=said) == ["rd_spending"]


def open_to(value: FactValue | None) -> bool:
    """Whether a fact is not said, or not so that it could not be said better."""
    if value is None or value.state in ("missing", "conflict"):
        return True
    amount = value.value
    if isinstance(amount, Amount):
        return amount.pending or amount.low is None or amount.low != amount.high or amount.currency != "CNY"
    return value.state == "value" and isinstance(amount, str) and amount in drawing.CODES and len(amount) < 4


@law_of_catalogues
@given(catalogues(), drawing.projects(AT_ONCE), st.randoms(), st.data())
def test_laws_of_the_next_question(
    shelf: Catalogue, projects: list[dict[str, FactValue]], shuffle: Any, data: st.DataObject
) -> None:
    policies = [each.policy for each in shelf.policies.values()]
    shuffle.shuffle(policies)
    shuffled = build_catalogue(policies, writing.ZONES, illustrative=True)
    for facts in projects:
        answer = answered(shelf, facts)
        nothing_known_is_asked_and_something_is_while_a_policy_waits(answer, facts)
        names = list(facts)
        shuffle.shuffle(names)
        again = answered(shuffled, {name: facts[name] for name in names})
        assert [again[name] for name in ASKING] == [answer[name] for name in ASKING]
        first = answer["next_question"]
        if first is not None and open_to(facts.get(first["fact"])) and not said(facts.get(first["fact"])):
            told_now = facts | {first["fact"]: data.draw(drawing.fact_values(first["fact"]))}
            no_certain_sum_falls(shelf, facts, told_now)


def said(value: FactValue | None) -> bool:
    return value is not None and value.state == "value"


def nothing_known_is_asked_and_something_is_while_a_policy_waits(
    answer: dict[str, Any], facts: dict[str, FactValue]
) -> None:
    first = answer["next_question"]
    for each in [*([first] if first else []), *answer["further_questions"]]:
        assert open_to(facts.get(each["fact"]))
        assert 0 <= each["decides"] <= each["policies"]
    waiting = [
        each["policy"]
        for zone in answer["zones"]
        for each in zone["policies"]
        if (each["verdict"] == "unknown" or each["certain_fen"] != each["possible_fen"])
        and (each["missing_facts"] or each["unclear_facts"])
    ]
    assert (first is not None) == bool(waiting)


def no_certain_sum_falls(shelf: Catalogue, before: dict[str, FactValue], after: dict[str, FactValue]) -> None:
    earlier, later = match(before, shelf, DAY).zones, match(after, shelf, DAY).zones
    assert all(later[zone].certain >= each.certain for zone, each in earlier.items())

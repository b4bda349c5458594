"""What checks at authoring find: contradictions, what is always met, what never matters, what is paid for twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from services.incentives.authored import dotted
from services.incentives.policy import Policy
from services.incentives.policy_checks import check_policy, compare
from services.incentives.policy_folder import load_policies
from tests.incentives.writing import policy

SHIPPED = load_policies(Path(__file__).resolve().parents[2] / "services" / "incentives" / "policies")
Rows = list[tuple[str, str]]


def leaf(fact: str, op: str, value: Any = None, **more: Any) -> dict[str, Any]:
    """A condition whose text says what it compares."""
    leaf.count += 1  # type: ignore[attr-defined]
    written = {} if value is None else {"value": value}
    return {"id": f"c{leaf.count}", "text": f"{fact} {op} {value}", "fact": fact, "op": op, **written, **more}  # type: ignore[attr-defined]


leaf.count = 0  # type: ignore[attr-defined]


def fai(op: str, value: Any) -> dict[str, Any]:
    return leaf("fixed_asset_investment", op, value)


def jobs(op: str, value: Any = None) -> dict[str, Any]:
    return leaf("jobs", op, value)


def industry(*codes: str) -> dict[str, Any]:
    return leaf("industry_code", "prefix_in", list(codes))


def by_kind(**values: Any) -> dict[str, Any]:
    cases = [{"in": [kind], "value": value} for kind, value in values.items() if kind != "otherwise"]
    return {"by": "project_kind", "cases": cases, "otherwise": values["otherwise"]}


def found(conditions: Any, **changes: Any) -> Rows:
    return [(each.level, dotted(each.path)) for each in check_policy(policy(conditions=conditions, **changes))]


SHARE = {"of": "equipment_investment", "to": "fixed_asset_investment"}
CONTRADICTIONS: list[tuple[Any, str]] = [
    ({"all": [fai("ge", "1亿元"), fai("lt", "1亿元")]}, "conditions.all.1"),
    ({"all": [jobs("gt", 5), leaf("listed", "eq", True), jobs("lt", 6)]}, "conditions.all.2"),
    ({"all": [jobs("ge", 5), {"not": jobs("between", {"low": 0})}]}, "conditions.all.1.not"),
    (jobs("lt", 0), "conditions"),
    ({"all": [industry("39"), {"all": [{"not": industry("C")}]}]}, "conditions.all.1.all.0.not"),
    ({"all": [industry("3973"), leaf("industry_code", "eq", "39")]}, "conditions.all.1"),
    ({"all": [leaf("project_kind", "eq", "rd"), leaf("project_kind", "in", ["service"])]}, "conditions.all.1"),
    ({"all": [leaf("start_date", "ge", "2026-05-01"), leaf("start_date", "lt", "2026-05-01")]}, "conditions.all.1"),
    (
        {"all": [leaf("entry_date", "date_in", {"from": "2026-01-01", "until": "2027-01-01"}),
                 leaf("entry_date", "gt", "2026-12-31")]},
        "conditions.all.1",
    ),
    ({"all": [{"not": leaf("listed", "known")}, leaf("listed", "eq", True)]}, "conditions.all.1"),
    ({"any": [{"all": [jobs("ge", 5), jobs("lt", 5)]}, jobs("lt", 0)]}, "conditions"),
    ({"not": {"any": [jobs("ge", 5), jobs("lt", 5), {"not": leaf("jobs", "known")}]}}, "conditions.not.any.2.not"),
    ({"all": [{"any": [jobs("lt", 3), jobs("gt", 9)]}, jobs("between", {"low": 3, "high": 9})]}, "conditions.all.1"),
    ({"all": [leaf("qualifications", "contains", "unicorn"), {"not": leaf("qualifications", "contains", "unicorn")}]},
     "conditions.all.1.not"),
    ({"all": [{"not": leaf("qualifications", "known")}, leaf("qualifications", "contains", "unicorn")]},
     "conditions.all.1"),
    ({"all": [{"not": leaf("fixed_asset_investment", "known")}, fai("ge", "5000万美元")]}, "conditions.all.1"),
    (
        {"all": [leaf("annual_revenue", "ge", by_kind(rd="1亿元", otherwise="none")),
                 leaf("project_kind", "ne", "rd")]},
        "conditions.all.1",
    ),
    (
        {"all": [{"id": "x", "text": "占比", "ratio": SHARE, "op": "ge", "value": "40%"},
                 {"id": "y", "text": "占比", "ratio": SHARE, "op": "lt", "value": "40%"}]},
        "conditions.all.1",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("conditions", "path"), CONTRADICTIONS)
def test_what_nobody_can_meet_is_an_error_where_it_is(conditions: Any, path: str) -> None:
    assert found(conditions) == [("error", path)]


def test_a_contradiction_names_only_what_contradicts() -> None:
    tree = {"all": [leaf("listed", "eq", True), jobs("gt", 9), industry("39"), jobs("lt", 5)]}
    (told,) = check_policy(policy(conditions=tree))
    assert "「jobs lt 5」与「jobs gt 9」矛盾" in told.message
    assert "listed" not in told.message
    assert "industry" not in told.message


SOUND = [
    {"all": [fai("ge", "1亿元"), fai("le", "1亿元")]},
    {"all": [jobs("gt", 5), jobs("lt", 7)]},
    {"all": [industry("C"), {"not": industry("39")}]},
    {"all": [industry("39", "65"), {"not": industry("3973")}]},
    {"any": [jobs("ge", 100), fai("ge", "1亿元")]},
    {"all": [leaf("jobs", "known"), fai("ge", "1亿元")]},
    {"all": [leaf("start_date", "ge", "2026-05-01"), leaf("start_date", "lt", "2026-05-02")]},
    {"all": [leaf("qualifications", "contains", "unicorn"), leaf("qualifications", "contains", "gazelle")]},
    {"all": [leaf("fixed_asset_investment", "known"), {"not": fai("ge", "5000万美元")}]},
    {"all": [{"id": "x", "text": "认定后", "since": {"date": "recognised_on"}, "op": "ge", "value": 0},
             {"id": "y", "text": "认定后", "since": {"date": "recognised_on"}, "op": "le", "value": 24}]},
    {"all": [leaf("annual_revenue", "ge", by_kind(rd="1亿元", otherwise="2亿元")), leaf("project_kind", "ne", "rd")]},
]  # fmt: skip


@pytest.mark.parametrize("conditions", SOUND)
def test_what_is_sound_is_left_alone(conditions: Any) -> None:
    assert found(conditions) == []


IDLE: list[tuple[Any, Rows]] = [
    (jobs("ge", 0), [("warning", "conditions")]),
    ({"any": [jobs("ge", 5), jobs("lt", 5)]}, [("warning", "conditions")]),
    ({"all": [leaf("qualifications", "known"), leaf("qualifications", "contains", "unicorn")]},
     [("warning", "conditions.all.0")]),
    ({"any": [leaf("listed", "eq", True), leaf("listed", "eq", False)]}, [("warning", "conditions")]),
    ({"all": [fai("ge", "1亿元"), jobs("ge", 0)]}, [("warning", "conditions.all.1")]),
    ({"all": [fai("ge", "1亿元"), fai("ge", "5000万元")]}, [("warning", "conditions.all.1")]),
    ({"all": [fai("ge", "5000万元"), fai("ge", "1亿元")]}, [("warning", "conditions.all.0")]),
    ({"all": [jobs("ge", 5), jobs("ge", 5)]}, [("warning", "conditions.all.1")]),
    ({"any": [fai("ge", "1亿元"), fai("ge", "2亿元")]}, [("warning", "conditions.any.1")]),
    ({"any": [fai("ge", "1亿元"), {"all": [fai("ge", "2亿元"), jobs("ge", 9)]}]}, [("warning", "conditions.any.1")]),
    ({"any": [jobs("ge", 5), {"all": [fai("ge", "2亿元"), fai("lt", "2亿元")]}]}, [("warning", "conditions.any.1")]),
    ({"all": [industry("39"), industry("C")]}, [("warning", "conditions.all.1")]),
    ({"all": [industry("39"), {"any": [industry("65"), jobs("ge", 5)]}]}, [("warning", "conditions.all.1.any.0")]),
    ({"all": [jobs("ge", 9), {"not": {"all": [jobs("lt", 5), industry("39")]}}]}, [("warning", "conditions.all.1")]),
    (
        {"all": [jobs("ge", 9), {"not": {"any": [jobs("lt", 5), industry("39")]}}]},
        [("warning", "conditions.all.1.not.any.0")],
    ),
    ({"not": {"all": [jobs("ge", 9), jobs("ge", 5)]}}, [("warning", "conditions.not.all.1")]),
    ({"all": [{"not": leaf("listed", "eq", True)}, {"not": leaf("listed", "eq", False)}]}, [("warning", "conditions")]),
    (
        {"all": [leaf("annual_revenue", "ge", by_kind(rd="2亿元", otherwise="3亿元")),
                 leaf("annual_revenue", "ge", "1亿元")]},
        [("warning", "conditions.all.1")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("conditions", "rows"), IDLE)
def test_what_never_matters_is_a_warning_where_it_is(conditions: Any, rows: Rows) -> None:
    assert found(conditions) == rows


def test_currencies_do_not_mix() -> None:
    assert found({"all": [fai("ge", "2000万美元"), fai("lt", "1000万美元")]}) == [("error", "conditions.all.1")]
    assert found({"any": [fai("ge", "1亿元"), fai("ge", "1000万美元")]}) == []


def _many(number: int) -> dict[str, Any]:
    """Alternatives that hang together and multiply."""
    names = ["jobs", "patents", "rd_staff", "insured_headcount", "lease_months", "contract_years", "trained_and_hired"]
    pairs = [(one, other) for one in names for other in names if one != other]
    return {"all": [{"any": [leaf(a, "ge", n), leaf(b, "ge", 90 - n)]} for n, (a, b) in enumerate(pairs[:number], 9)]}


def test_what_is_too_large_is_said_to_be_unchecked() -> None:
    assert found(_many(28)) == [("unchecked", "conditions")]
    assert "unchecked" not in {level for level, _ in found(_many(4))}


def test_alternatives_that_share_nothing_do_not_multiply() -> None:
    names = ["jobs", "patents", "rd_staff", "insured_headcount", "lease_months", "contract_years", "trained_and_hired",
             "insured_months", "years_since_entry", "rent_entry_year", "stay_years", "local_first_jobs"]  # fmt: skip
    tree = {"all": [{"any": [leaf(name, "lt", 5), leaf(name, "gt", 7), leaf(name, "eq", 6)]} for name in names]}
    assert found(tree) == []


def multiplied(when: Any) -> dict[str, Any]:
    return {
        "kind": "fixed",
        "text": "奖励",
        "amount": "1元",
        "multipliers": [{"times": 2, "text": "两倍", "when": when}],
    }


def test_a_multiplier_that_nobody_or_everybody_gets() -> None:
    path = "benefit.multipliers.0.when"
    assert found(jobs("ge", 5), benefit=multiplied(jobs("lt", 5))) == [("warning", path)]
    assert found(jobs("ge", 5), benefit=multiplied(jobs("ge", 3))) == [("warning", path)]
    assert found(jobs("ge", 5), benefit=multiplied(jobs("ge", 9))) == []


def test_a_review_that_ends_before_its_policy() -> None:
    review = {"reviewer": "甲", "conclusion": "可以", "basis": "第十条", "on": "2026-01-05"}
    for until, rows in (("2027-12-31", [("warning", "review.until")]), ("2028-12-31", []), (None, [])):
        assert found(jobs("ge", 5), review=review | {"until": until}) == rows


RATE = {"kind": "rate", "text": "1%", "rate": "1%", "base": "equipment_investment"}
ANOTHER: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"benefit": RATE | {"base": ["software_investment", "equipment_investment"]}}, True),
    ({"benefit": RATE | {"base": "software_investment"}}, False),
    ({"benefit": {"kind": "fixed", "text": "一笔", "amount": "1元"}}, False),
    ({"exclusive_group": "plant"}, True),
    ({"scope": {"zone": "donghu"}}, False),
    ({"beneficiary": "introducer"}, False),
    ({"valid": {"from": "2029-01-01"}}, False),
    ({"valid": {"from": "2028-12-31"}}, True),
    ({"standing": "in_force"}, False),
    ({"conditions": industry("65")}, False),
    ({"conditions": {"any": [industry("65"), jobs("ge", 5)]}}, True),
]


@pytest.mark.parametrize(("changes", "overlaps"), ANOTHER)
def test_what_is_paid_twice_for_one_thing_is_a_warning(changes: dict[str, Any], overlaps: bool) -> None:
    one = policy(id="one", conditions=industry("39"), benefit=RATE)
    other = policy(id="other", **{"conditions": industry("3973"), "benefit": RATE, **changes})
    told = compare(one, [one, other])
    assert bool(told) is overlaps
    assert all(each.level == "warning" and "other" in each.message for each in told)


def test_one_exclusive_group_pays_once() -> None:
    one, other = (policy(id=id, benefit=RATE, exclusive_group="plant") for id in ("one", "other"))
    assert compare(one, [other]) == []


def test_two_versions_on_one_day_are_a_warning() -> None:
    published = policy(version=1)
    (told,) = compare(policy(version=2), [published])
    assert (told.level, told.path) == ("warning", ("valid",))
    assert "第1版（2026-01-01 至 2028-12-31）" in told.message
    assert "前一天为止仍用第1版" in told.message
    (told,) = compare(policy(version=2, valid={"from": "2025-01-01", "until": "2025-12-31"}), [published])
    assert told.path == ("valid",)
    for later in ("2026-01-02", "2029-01-01"):
        second = policy(version=2, valid={"from": later})
        assert compare(second, [published]) == compare(published, [second]) == []
    assert compare(published, [published]) == []


def test_a_line_between_versions_wants_a_former_one() -> None:
    line = {"by": "entry_date", "text": "此前入驻的按第1版"}
    second = policy(version=2, valid={"from": "2026-07-01"}, transition=line)
    assert compare(second, [policy(version=1)]) == []
    (told,) = compare(second, [])
    assert (told.level, told.path) == ("warning", ("transition",))


@pytest.mark.parametrize("each", SHIPPED, ids=lambda each: each.id)
def test_nothing_shipped_is_idle_or_contradictory(each: Policy) -> None:
    assert [told.message for told in check_policy(each)] == []


def test_which_shipped_policies_may_be_had_for_one_investment() -> None:
    pairs = {each.id for each in SHIPPED if compare(each, SHIPPED)}
    assert pairs == {
        "donghu-ai-computing", "donghu-chip-design-tapeout",
        "jingkai-general-aviation", "jingkai-robotics-investment",
        "linkonggang-airport-manufacturing", "linkonggang-cyber-project-investment",
        "xincheng-aerospace-shipping", "xincheng-modern-logistics",
    }  # fmt: skip

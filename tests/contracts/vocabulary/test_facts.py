"""The fact registry and how facts are read."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.fact_list import HISTORICAL_ONLY
from contracts.vocabulary.facts import FACTS, FactsError, FactsInput, FactValue, parse_facts
from contracts.vocabulary.facts import given as stated

YI = 10_000_000_000
FIXED_NAMES = [
    "industry_code",
    "industry_chain",
    "total_investment",
    "fixed_asset_investment",
    "equipment_investment",
    "rd_spending",
    "annual_revenue",
    "expected_annual_output",
    "expected_annual_tax",
    "paid_in_capital",
    "registered_capital",
    "foreign_capital",
    "funds_in_place",
    "valuation",
    "build_cost",
    "rent_annual",
    "loan_amount",
    "contract_value",
    "rd_ratio",
    "foreign_share",
    "equity_share",
    "land_mu",
    "floor_area_sqm",
    "rent_area_sqm",
    "energy_tce",
    "rent_price_sqm_month",
    "jobs",
    "local_first_jobs",
    "insured_headcount",
    "rd_staff",
    "patents",
    "lease_months",
    "contract_years",
    "years_since_entry",
    "headquarters",
    "listed",
    "fortune_500",
    "industry_leader",
    "national_hightech",
    "little_giant",
    "public_platform",
    "self_use",
    "sublet",
    "first_loan",
    "existing_similar_aid",
    "serious_dishonesty",
    "environmental_approval",
    "multi_storey_plant",
    "hk_funded",
    "introducer_public_employee",
    "foreign_invested",
    "city_recognised_headquarters",
    "national_programme_award",
    "headquarters_level",
    "enterprise_kind",
    "project_kind",
    "beneficiary_role",
    "entry_date",
    "start_date",
    "recognised_on",
    "expected_production_date",
    "qualifications",
    "land_metric_multiple",
    "rent_entry_year",
]


def test_the_names_that_policies_rely_on_are_there() -> None:
    assert set(FIXED_NAMES) <= set(FACTS)
    assert set(FACTS) >= HISTORICAL_ONLY


def test_every_fact_can_be_asked_for_in_two_languages() -> None:
    for name, fact in FACTS.items():
        assert fact.name == name
        assert fact.label
        assert fact.label_en
        assert fact.question.endswith(("？", "）", "待定", "15%", "多选"))
        assert bool(fact.choices) is (fact.kind in ("choice", "tags"))


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("industry_code", "3962", "3962"), ("industry_code", "c", "C"), ("total_investment", 100, Amount.exact(100)),
        ("jobs", 300, 300), ("jobs", "1,000", 1000), ("land_mu", 80.5, 80_500_000), ("land_mu", "0.1", 100_000),
        ("rd_ratio", "15%", 150_000), ("rd_ratio", 0.15, 150_000), ("rd_ratio", "15％", 150_000),
        ("headquarters", True, True), ("headquarters", "是", True), ("headquarters", "false", False),
        ("start_date", "2026-11-23", "2026-11-23"), ("start_date", date(2026, 11, 23), "2026-11-23"),
        ("headquarters_level", "national", "national"), ("headquarters_level", "全国总部", "national"),
        ("qualifications", ["listed", "独角兽企业", "listed"], ["listed", "unicorn"]),
    ],
)  # fmt: skip
def test_values(name: str, value: Any, read: Any) -> None:
    assert parse_facts({name: value}, "officer")[name].value == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("industry_code", "9999"), ("industry_code", True), ("total_investment", "若干"), ("total_investment", 1.5),
        ("total_investment", True), ("jobs", 1.5), ("jobs", -1), ("jobs", "三百"), ("jobs", float("nan")),
        ("land_mu", -1),
        ("rd_ratio", "150000%"), ("headquarters", "也许"), ("headquarters", 1), ("start_date", "2026-02-30"),
        ("headquarters_level", "galactic"), ("qualifications", "listed"), ("qualifications", ["x"]),
        ("jobs", {"state": "lost"}), ("total_investment", {"low": 2, "high": 1}),
    ],
)  # fmt: skip
def test_values_that_do_not_fit_are_named_with_their_path(name: str, value: Any) -> None:
    with pytest.raises(FactsError) as caught:
        parse_facts({"land_mu": 1, name: value}, "officer")
    ((path, message),) = caught.value.errors
    assert path == name
    assert any("\u4e00" <= character <= "\u9fff" for character in message)


def test_every_error_is_reported_at_once() -> None:
    with pytest.raises(FactsError) as caught:
        parse_facts({"jobs": -1, "land_mu": "x", "patents": 3}, "officer")
    assert [path for path, _ in caught.value.errors] == ["jobs", "land_mu"]


@pytest.mark.parametrize("called", ["fixed_assets_investment", "固定资产投资", "固定资产投资额"])
def test_an_unknown_fact_names_the_nearest(called: str) -> None:
    with pytest.raises(FactsError, match="是否想写 fixed_asset_investment（固定资产投资）"):
        parse_facts({called: 1}, "officer")


def test_a_fact_remembers_who_said_it_and_how() -> None:
    facts = parse_facts(
        {"total_investment": "约1.2亿元", "jobs": None, "patents": {"state": "missing"}}, "import", "i1"
    )
    assert set(facts) == {"total_investment", "patents"}
    assert facts["total_investment"].as_written == "约1.2亿元"
    assert (facts["total_investment"].source.kind, facts["total_investment"].source.id) == ("import", "i1")
    assert (facts["patents"].state, facts["patents"].value) == ("missing", None)
    for fact in facts.values():
        assert FactValue.model_validate_json(fact.model_dump_json()) == fact


def test_input_is_typed_by_the_registry() -> None:
    schema = FactsInput.model_json_schema()
    assert set(schema["properties"]) == set(FACTS)
    assert schema["additionalProperties"] is False
    facts = FactsInput.model_validate(
        {"jobs": 300, "total_investment": "3亿元", "start_date": "2026-11-23", "patents": None}
    )
    assert stated(facts) == {
        "jobs": 300,
        "total_investment": "3亿元",
        "start_date": date(2026, 11, 23),
        "patents": None,
    }


@pytest.mark.parametrize(
    "raw",
    [
        {"nope": 1}, {"jobs": True}, {"jobs": "many"}, {"headquarters": 1}, {"headquarters": "yes"},
        {"total_investment": True},
        {"total_investment": -1}, {"total_investment": 10**16}, {"start_date": 20000},
        {"start_date": "2026-11-23T00:00:00"},
        {"land_mu": True}, {"rd_ratio": "much"}, {"industry_code": "39621"}, {"industry_code": 3962},
        {"qualifications": "listed"},
    ],
)  # fmt: skip
def test_input_of_another_type_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        FactsInput.model_validate(raw)


@given(st.integers(0, YI), st.integers(0, 10**9), st.booleans())
def test_what_is_read_reads_the_same_again(fen: int, jobs: int, headquarters: bool) -> None:
    once = parse_facts({"total_investment": fen, "jobs": jobs, "headquarters": headquarters}, "officer")
    again = parse_facts({name: fact.value for name, fact in once.items()}, "officer")
    assert again == once

"""How amounts, dates and facts read, and what forms make of what people type."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from starlette.datastructures import FormData

from contracts.vocabulary.amount import parse_amount
from contracts.vocabulary.facts import FACTS, parse_facts
from gateway.pages.formats import Formats
from gateway.pages.forms import Form, fact_input, fact_text
from gateway.pages.industries import code_of
from gateway.pages.lead_filter import Wanted
from gateway.pages.lights import light_of

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ZH, EN = Formats("zh", NOW), Formats("en", NOW)


@pytest.mark.parametrize(
    ("fen", "chinese", "english"),
    [
        (12_000_000_000, "1.2亿元", "RMB 120 million"),
        (200_000_000_000, "20亿元", "RMB 2 billion"),
        (2_000_000_00, "200万元", "RMB 2 million"),
        (850_000, "8,500元", "RMB 8,500"),
        (None, "不设上限", "no upper limit"),
    ],
)
def test_money(fen: int | None, chinese: str, english: str) -> None:
    assert ZH.fen(fen) == chinese
    assert EN.fen(fen) == english


@pytest.mark.parametrize(
    ("written", "english"),
    [
        ("约1.2亿元", "about RMB 120 million"),
        ("1-1.5亿元", "RMB 100 million – RMB 150 million"),
        ("待定", "to be decided"),
        ("不低于2亿元", "RMB 200 million or more"),
        ("7143万美元", "USD 71.43 million"),
    ],
)
def test_stated_amounts_in_english(written: str, english: str) -> None:
    assert EN.amount(parse_amount(written).model_dump()) == english


def test_dates() -> None:
    assert ZH.day("2026-11-23") == "11月23日 周一"
    assert ZH.day("2025-11-23") == "2025年11月23日 周日"
    assert ZH.day("2026-09") == "2026年9月"
    assert EN.day("2025-11-23") == "Sun 23 Nov 2025"
    assert ZH.ago("2026-11-22") == "昨天"
    assert ZH.ago("2026-11-18") == "5天前"
    assert ZH.ago("2026-11-23T01:30:00.000000Z") == "今天 09:30"
    assert ZH.ago("2026-10-01") == "10月1日 周四"


def test_time_left() -> None:
    assert ZH.left("2026-11-23T05:30:00.000000Z") == "还剩3小时"
    assert ZH.left("2026-11-20T02:00:00.000000Z") == "已超期3天"
    assert EN.left("2026-11-23T02:30:00.000000Z") == "30 min left"


@pytest.mark.parametrize(
    ("name", "typed", "shown"),
    [
        ("rd_ratio", "15", "15%"),
        ("land_mu", "80.5", "80.5 亩"),
        ("jobs", "1,200", "1,200 人"),
        ("headquarters", "true", "是"),
        ("project_kind", "rd", "研发中心"),
        ("entry_date", "2026-12-01", "12月1日 周二"),
        ("rd_spending", "800万元", "800万元"),
    ],
)
def test_a_typed_fact_is_shown_and_typed_again(name: str, typed: str, shown: str) -> None:
    form = Form(FormData([(f"fact.{name}", typed)]))
    fact = parse_facts(form.facts(), "officer")[name].model_dump()
    assert ZH.fact(name, fact["value"]) == shown
    again = fact_text(FACTS[name], fact["value"], fact["as_written"])
    assert (
        parse_facts({name: fact_input(FACTS[name], again)}, "officer")[name].value
        == parse_facts(form.facts(), "officer")[name].value
    )


def test_industry_by_code_name_or_chain() -> None:
    known = [{"code": "3962", "name": "智能车载设备制造"}]
    assert code_of("3962 智能车载设备制造", known) == "3962"
    assert code_of("智能车载设备制造", known) == "3962"
    assert code_of("C", known) == "C"
    assert code_of("商业航天", known) == "3742"
    assert code_of("不知道的行业", known) == "不知道的行业"


def test_a_list_lives_in_its_address() -> None:
    wanted = Wanted.of({"zone": "donghu", "sort": "-amount", "cursor": "x", "unknown": "1"})
    assert wanted.url() == "/leads?zone=donghu&sort=-amount"
    assert wanted.url(zone=None) == "/leads?sort=-amount"
    assert wanted.sort_url("amount") == "/leads?zone=donghu&sort=amount"
    assert Wanted.of({"q": "芯片"}).view == "all"


def test_lights() -> None:
    def lead(due: str, met: str | None = None, state: str = "active") -> dict[str, object]:
        return {"state": state, "clocks": [{"kind": "respond", "due_at": due, "met_at": met}]}

    assert light_of(lead("2026-11-23T01:00:00.000000Z"), NOW) == "red"
    assert light_of(lead("2026-11-23T05:00:00.000000Z"), NOW) == "amber"
    assert light_of(lead("2026-11-26T05:00:00.000000Z"), NOW) == "normal"
    assert light_of(lead("2026-11-23T01:00:00.000000Z", "2026-11-22T01:00:00.000000Z"), NOW) == "none"
    assert light_of(lead("2026-11-23T01:00:00.000000Z", state="closed"), NOW) == "none"


@pytest.mark.parametrize(("typed", "read"), [("7", 7), ("", 0), ("²", 0), ("-1", 0), ("9" * 5000, 0)])
def test_a_hidden_count_that_is_none_is_zero(typed: str, read: int) -> None:
    form = Form(FormData([("expected", typed), ("revision", typed)]))
    assert (form.number("expected"), form.revision) == (read, read)

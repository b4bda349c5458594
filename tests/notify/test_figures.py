"""What each figure counts, read directly: business dates, instants, and money that stays honest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.weeks import Week
from kit.clock import to_text
from services.notify.digest.corrections import apply, correct
from services.notify.digest.english import ENGLISH, definition_in_english
from services.notify.digest.figures import BY_ID, FIGURES, read
from services.notify.digest.rows import Row, Sources, fingerprint
from services.notify.digest.window import Window, send_time, week_title
from services.notify.model.lead_line import ClockLine, LeadLine, MatchLine, MoveLine
from services.notify.model.money import MoneySum, amount_state, json_safe
from tests.notify.conftest import MONDAY, money

WEEK = Week.parse("2026-W48")
WINDOW = Window(WEEK, WEEK.end)


def line(id: str = "lead-1", **fields: Any) -> LeadLine:
    common: dict[str, Any] = {
        "title": "项目",
        "investor": "示例公司",
        "zone": "donghu",
        "office": "donghu",
        "stage": "new",
        "state": "active",
        "owner": "officer",
        "registered_on": "2026-11-23",
        "first_seen_at": to_text(MONDAY),
        "signed_on": None,
        "signed_amount": None,
        "total_investment": None,
        "clocks": (),
        "moves": (),
        "follow_ups": (),
        "match": None,
    }
    return LeadLine(id=id, **common | fields)


def value(figure: str, *leads: LeadLine, window: Window = WINDOW) -> int:
    return read(BY_ID[figure], Sources(leads), window).value


def move(sequence: int, before: str, after: str, on: str = "2026-11-24", **states: str) -> MoveLine:
    from_state, to_state = states.get("from_state", "active"), states.get("to_state", "active")
    return MoveLine(sequence, before, after, from_state, to_state, on, f"{on}T02:00:00.000000Z")


def test_the_week_of_30_november_is_sent_that_monday_at_0853() -> None:
    assert send_time(WEEK) == datetime(2026, 11, 30, 0, 53, tzinfo=UTC)
    assert week_title(WEEK) == "2026年第48周（11月23日—11月29日）"


def test_the_last_week_of_a_long_year_is_sent_in_the_next() -> None:
    assert send_time(Week.parse("2026-W53")) == datetime(2027, 1, 4, 0, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "counted"), [("2026-11-22", 0), ("2026-11-23", 1), ("2026-11-29", 1), ("2026-11-30", 0)]
)
def test_new_leads_go_by_the_day_they_are_dated(day: str, counted: int) -> None:
    assert value("new_leads", line(registered_on=day)) == counted


def test_moves_are_counted_by_where_they_lead() -> None:
    lead = line(
        moves=(
            move(200, "new", "assessing"),
            move(300, "assessing", "assessing", to_state="on_hold"),
            move(400, "assessing", "assessing", from_state="on_hold"),
            move(500, "assessing", "negotiating"),
            move(600, "negotiating", "assessing"),
            move(700, "assessing", "assessing", to_state="closed"),
            move(800, "new", "negotiating", on="2026-11-30"),
        )
    )
    read_of = {kind.id: value(kind.id, lead) for kind in FIGURES if kind.section == "stage_moves"}
    assert {id: count for id, count in read_of.items() if count} == {
        "stage_moves": 6,
        "moves_assessing": 1,
        "moves_negotiating": 1,
        "moves_back": 1,
        "moves_on_hold": 1,
        "moves_closed": 1,
        "moves_resumed": 1,
    }


def test_moves_add_up_to_their_total() -> None:
    lead = line(moves=(move(200, "new", "assessing"), move(300, "assessing", "negotiating")))
    parts = [kind.id for kind in FIGURES if kind.section == "stage_moves" and kind.id != "stage_moves"]
    assert sum(value(id, lead) for id in parts) == value("stage_moves", lead) == 2


def test_a_signing_that_was_taken_back_is_not_a_signing() -> None:
    signed: dict[str, Any] = {"signed_on": "2026-11-25", "signed_amount": money(5)}
    assert value("signed_amount", line(stage="signed", **signed), line("lead-2", stage="land_supplied", **signed)) == 10
    assert value("signed_count", line(stage="negotiating", **signed)) == 0


@pytest.mark.parametrize(
    ("due", "met", "due_soon", "overdue"),
    [
        (timedelta(days=1), None, 1, 0),
        (timedelta(days=7), None, 1, 0),
        (timedelta(days=7, seconds=1), None, 0, 0),
        (timedelta(0), None, 0, 1),
        (-timedelta(days=30), None, 0, 1),
        (-timedelta(days=1), -timedelta(hours=1), 0, 0),
        (-timedelta(days=1), timedelta(hours=1), 0, 1),
    ],
)
def test_clocks_are_read_as_the_week_ends(due: timedelta, met: timedelta | None, due_soon: int, overdue: int) -> None:
    clock = ClockLine("respond", to_text(WEEK.end + due), None if met is None else to_text(WEEK.end + met), False)
    lead = line(clocks=(clock,))
    assert value("respond_due", lead) == due_soon
    assert value("respond_overdue", lead) == overdue
    assert value("protect_due", lead) == value("protect_overdue", lead) == 0


def test_a_lead_put_aside_after_the_week_still_ran_when_it_ended() -> None:
    clock = ClockLine("protect", to_text(WEEK.end - timedelta(1)), None, False)
    after = MoveLine(200, "new", "new", "active", "closed", "2026-11-30", to_text(WEEK.end + timedelta(hours=3)))
    before = MoveLine(200, "new", "new", "active", "closed", "2026-11-27", to_text(WEEK.end - timedelta(hours=3)))
    assert value("protect_overdue", line(state="closed", clocks=(clock,), moves=(after,))) == 1
    assert value("protect_overdue", line(state="closed", clocks=(clock,), moves=(before,))) == 0


def test_worth_a_call_is_unsigned_certain_and_untouched_this_week() -> None:
    match = MatchLine("donghu", 300, 300, 0, ("illustrative",))
    nothing = MatchLine("donghu", 0, 300, 1, ())
    leads = (
        line("worth", match=match),
        line("signed", match=match, stage="signed"),
        line("held", match=match, state="on_hold"),
        line("uncertain", match=nothing),
        line("unmatched"),
        line("touched", match=match, follow_ups=("2026-11-25",)),
        line("touched-before", match=match, follow_ups=("2026-11-22",)),
        line("later", match=match, first_seen_at=to_text(WEEK.end)),
    )
    reading = read(BY_ID["calls_certain"], Sources(leads), WINDOW)
    assert [row.record for row in reading.rows] == ["touched-before", "worth"]
    assert reading.value == 600
    assert reading.note == "含示例政策测算，非政府发布，不构成承诺。"


def test_every_figure_says_what_it_is() -> None:
    for kind in FIGURES:
        definition = kind.definition(WINDOW)
        assert definition.startswith("公式：")
        assert "。口径：" in definition
        assert definition.endswith("截止：2026年11月30日00:00（北京时间）。")


AMOUNTS = st.one_of(
    st.none(),
    st.integers(0, 10**15).map(money),
    st.tuples(st.integers(0, 10**12), st.integers(10**12, 10**15)).map(
        lambda ends: money(0) | {"low": ends[0], "high": ends[1]}
    ),
    st.integers(0, 10**12).map(lambda low: money(low) | {"high": None}),
    st.integers(0, 10**12).map(lambda cents: money(cents) | {"currency": "USD"}),
    st.just(money(0) | {"low": None, "high": None, "pending": True}),
)


@given(st.lists(AMOUNTS, max_size=30))
def test_every_amount_is_either_counted_or_named(amounts: list[dict[str, Any] | None]) -> None:
    total = MoneySum.over(amounts)
    foreign = sum(len(each) for each in total.foreign.values())
    assert total.counted + foreign + total.pending + total.missing == len(amounts)
    assert total.high is None or total.low <= total.high
    home = [each for each in amounts if amount_state(each) in ("exact", "range") and each is not None]
    assert total.low == sum(each["low"] or 0 for each in home)
    assert (total.note() is None) == (total.ranges + total.approximate + foreign + total.pending + total.missing == 0)


def test_money_says_in_words_what_the_number_hides() -> None:
    total = MoneySum.over(
        [
            money(12_000_000_000),
            money(10_000_000_000) | {"high": 15_000_000_000, "approximate": True},
            money(714_300_000_000) | {"currency": "USD"},
            money(0) | {"low": None, "high": None, "pending": True},
            None,
        ]
    )
    assert (total.low, total.high) == (22_000_000_000, 27_000_000_000)
    assert total.note() == (
        "1笔为区间，按下限计入，按上限合计2.7亿元；另有1笔外币共71.43亿美元，未折算、未计入；"
        "其中1笔为约数；1笔金额待定，未计入；1笔未填金额，未计入。"
    )


def test_sums_that_json_would_blur_become_text() -> None:
    assert json_safe(9 * 10**15) == 9 * 10**15
    assert json_safe(9 * 10**15 + 1) == "9000000000000001"


ROWS = st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(0, 3), max_size=6).map(
    lambda found: [Row(key, key, "lead", adds) for key, adds in found.items()]
)


@given(ROWS, ROWS)
def test_a_correction_turns_what_was_told_into_what_is(known: list[Row], now: list[Row]) -> None:
    correction = correct("2026-W47", BY_ID["imported_leads"], known, now)
    if correction is None:
        assert fingerprint(known) == fingerprint(now)
        return
    assert fingerprint(apply(known, correction.rows)) == correction.fingerprint == fingerprint(now)
    assert correction.before == sum(int(str(row.adds)) for row in known)
    assert correction.after == sum(int(str(row.adds)) for row in now)
    assert len(correction.rows) == sum(correction.stored()[each] for each in ("added", "removed", "amended"))


def test_every_figure_is_defined_in_english_too() -> None:
    assert set(ENGLISH) == set(BY_ID)
    for figure in BY_ID:
        assert definition_in_english(figure, WINDOW.cutoff_in_english).endswith(
            "Cut-off: 30 November 2026, 00:00 Beijing time."
        )


def test_notes_say_the_same_in_english() -> None:
    total = MoneySum.over([money(100) | {"high": None}, money(71_430) | {"currency": "USD"}, None])
    assert total.note_in_english() == (
        "1 ranges counted at their lower end, open above; "
        "1 in foreign currency not converted and not counted: USD 714; 1 without an amount, not counted."
    )

"""On every day one version of a policy is in effect at most, and what it says never changes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.incentives.lives import Act, Life, Phase, hidden_on, state_of, visible
from services.incentives.repository import text_hash
from tests.incentives.writing import policy

DAY = date(2026, 6, 1)
REVIEW = {"reviewer": "审查员", "conclusion": "可以", "basis": "第十条", "on": "2026-01-05"}
days = st.one_of(st.just(date.min), st.dates(date(2026, 5, 20), date(2026, 6, 10)), st.just(date.max))


@st.composite
def lives(draw: st.DrawFn) -> Life:
    """Versions published and withdrawn in any order, from any days on."""
    acts, version = [], 0
    for withdrawn in draw(st.lists(st.booleans(), max_size=8)):
        version += not withdrawn
        acts.append(Act(draw(days), None if withdrawn else version))
    return Life.of(acts)


@given(lives(), days)
def test_the_last_act_that_has_begun_decides_each_day(life: Life, day: date) -> None:
    begun = [act for act in life.acts if act.start <= day]
    covering = [phase for phase in life.phases if phase.first <= day <= phase.last]
    assert [phase.version for phase in covering] == [act.version for act in begun[-1:]]
    assert life.version_on(day) == (begun[-1].version if begun else None)


@given(lives())
def test_phases_follow_each_other_to_the_end_of_days(life: Life) -> None:
    for one, following in zip(life.phases, life.phases[1:], strict=False):
        assert one.last + timedelta(days=1) == following.first
    assert bool(life.phases) == bool(life.acts)
    assert all(phase.last == date.max for phase in life.phases[-1:])


@given(lives(), days)
def test_exactly_the_version_of_the_day_is_in_effect(life: Life, day: date) -> None:
    states = {act.version: life.became(act.version, day) for act in life.acts if act.version is not None}
    assert [version for version, state in states.items() if state == "published"] == [
        version for version in [life.version_on(day)] if version is not None
    ]
    assert life.told_on(day) in states or not states


@given(lives(), st.dates(date(2026, 5, 25), date(2026, 6, 5)), st.booleans())
def test_an_act_changes_nothing_before_its_day(life: Life, start: date, withdrawn: bool) -> None:
    version = None if withdrawn else 1 + sum(act.version is not None for act in life.acts)
    after = Life.of([*life.acts, Act(start, version)])
    for back in range(1, 20):
        day = start - timedelta(days=back)
        assert after.version_on(day) == life.version_on(day)
    for ahead in range(20):
        assert after.version_on(start + timedelta(days=ahead)) == version


def test_a_version_for_later_waits_and_one_for_the_same_day_takes_all_days() -> None:
    january, july = date(2026, 1, 1), date(2026, 7, 1)
    waits = Life.of([Act(january, 1), Act(july, 2)])
    assert waits.phases == (Phase(january, date(2026, 6, 30), 1, 0), Phase(july, date.max, 2, 1))
    assert [waits.became(1, date(2026, 6, 30)), waits.became(1, july)] == ["published", "superseded"]
    assert [waits.became(2, date(2026, 6, 30)), waits.became(2, july)] == ["scheduled", "published"]
    corrected = Life.of([Act(january, 1), Act(january, 2)])
    assert corrected.phases == (Phase(january, date.max, 2, 1),)
    assert corrected.became(1, date(2025, 1, 1)) == "superseded"


def test_withdrawn_is_not_superseded_and_a_later_version_brings_it_back() -> None:
    life = Life.of([Act(date(2026, 1, 1), 1), Act(date(2026, 9, 1), 2), Act(date(2026, 6, 1), None)])
    assert [life.became(1, date(2026, 5, 31)), life.became(1, DAY), life.became(2, DAY)] == [
        "published", "withdrawn", "withdrawn",
    ]  # fmt: skip
    assert [life.told_on(DAY), life.told_on(date(2025, 1, 1))] == [1, 1]
    assert Life.of([Act(date(2026, 7, 1), 1), Act(date(2026, 6, 1), None)]).told_on(DAY) == 1
    back = Life.of([*life.acts, Act(date(2026, 10, 1), 3)])
    assert [back.version_on(date(2026, 9, 30)), back.version_on(date(2026, 10, 1))] == [None, 3]


@pytest.mark.parametrize(
    ("changes", "hidden"),
    [
        ({}, None),
        ({"review": REVIEW | {"until": "2026-05-31"}}, "review"),
        ({"standing": "in_force", "review": None}, "review"),
        ({"cleanup": {"reason": "以税收为条件"}}, "cleanup"),
        ({"valid": {"from": "2026-01-01", "until": "2026-05-31"}}, "expired"),
        ({"valid": {"from": "2026-01-01", "until": "2026-06-01"}}, None),
        ({"valid": {"from": "2026-06-02", "until": None}}, "scheduled"),
        ({"standing": "historical", "review": None, "valid": {"from": None, "until": None}}, "undated"),
        ({"standing": "historical", "review": None}, None),
        (
            {
                "valid": {"from": "2026-01-01", "until": "2026-05-31"},
                "grandfathering": {"by": "entry_date", "until": "2026-12-31", "text": "有效期内入驻的继续"},
            },
            None,
        ),
    ],
)
def test_what_companies_do_not_see(changes: dict[str, Any], hidden: str | None) -> None:
    written = policy(**changes)
    assert hidden_on(written, DAY) == hidden
    assert visible(written, DAY, staff=False) is (hidden is None)
    assert visible(written, DAY, staff=True)
    assert state_of(written, DAY) == (hidden if hidden in ("expired", "scheduled") else "published")


def test_what_an_earlier_release_stored_has_one_act() -> None:
    document = policy(version=3).model_dump(mode="json", by_alias=True)
    life = Life.stored({"document": document, "version": 3})
    assert life.acts == (Act(date(2026, 1, 1), 3),)
    assert Life.stored({"document": None, "version": 0}).acts == ()


def test_the_hash_of_a_version_is_that_of_its_stored_text() -> None:
    """It is computed from what was stored, so that no release reads another hash from it."""
    assert text_hash({"id": "some", "version": 1, "benefit": {"kind": "fixed", "amount": "200万元"}}) == (
        "30f915a95407f6f034c452ed895f2c81820b25474d7d6d7f72e1ae792c27215b"
    )

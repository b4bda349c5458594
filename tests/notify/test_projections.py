"""Projections give the same in any order, however often events come, and after a replay from the beginning."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.incentives import IncentivesMatched
from contracts.leads import LeadChanged, LeadRegistered
from contracts.vocabulary.stages import Stage
from kit.bus.port import Message
from kit.clock import to_text
from kit.events import Event
from kit.store.port import Scope
from kit.store.sqlite import SqliteStore
from services.notify.consumers import projections_group
from services.notify.projections.keeping import Projections
from services.notify.projections.lead import empty_lead, fold_lead, fold_match
from services.notify.repository.collections import PROJECTIONS
from tests.notify.conftest import MONDAY, Suite, event_of, lead_data, matched_data, money, move_data, running

STAGES = [stage.value for stage in Stage]
ALL = Scope.system("tests look at projections")


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """The events of one lead's life in their order: registered, changed, moved, followed up, matched."""
    events = [event_of(LeadRegistered(**lead_data(investment=draw(st.integers(0, 10**14)))), "lead-1", 1, MONDAY)]
    stage = "new"
    for revision in range(2, draw(st.integers(2, 8))):
        at = MONDAY + timedelta(hours=revision * 7)
        change = draw(st.sampled_from(["stage", "facts", "follow_up", "owner"]))
        fields: dict[str, Any] = {"updated_on": draw(st.sampled_from(["2026-11-23", "2026-11-24", "2026-12-01"]))}
        if change == "stage":
            before, stage = stage, draw(st.sampled_from(STAGES))
            fields["move"] = move_data(before, stage, fields["updated_on"])
        if stage == "signed":
            fields |= {"signed_on": "2026-11-24", "signed_amount": money(draw(st.integers(0, 10**12)))}
        readers = draw(st.sampled_from([["city"], ["city", "zone:donghu"], ["zone:jingkai"]]))
        said = LeadChanged(**lead_data(stage=stage, readers=readers, **fields), change=change)
        events.append(event_of(said, "lead-1", revision, at))
    for revision in range(1, draw(st.integers(1, 4))):
        said_match = IncentivesMatched(**matched_data(certain_fen=draw(st.integers(0, 10**12))))
        events.append(event_of(said_match, "match-1", revision, MONDAY, "incentives"))
    return events


def folded(events: list[Event]) -> dict[str, Any]:
    body = empty_lead()
    for event in events:
        if event.type == IncentivesMatched.event_type:
            body = fold_match(body, event, IncentivesMatched.heard(event.data))
        elif event.type == LeadRegistered.event_type:
            body = fold_lead(body, event, LeadRegistered.heard(event.data))
        else:
            body = fold_lead(body, event, LeadChanged.heard(event.data))
    return body


@given(histories(), st.randoms(use_true_random=False), st.data())
def test_order_and_repetition_never_matter(events: list[Event], random: Any, data: st.DataObject) -> None:
    repeated = events + data.draw(st.lists(st.sampled_from(events), max_size=6))
    random.shuffle(repeated)
    assert folded(repeated) == folded(events)


@given(histories())
def test_replaying_everything_changes_nothing(events: list[Event]) -> None:
    assert folded(events + events) == folded(events)


async def contents(store: SqliteStore) -> dict[str, Any]:
    """Every projection, without revisions, which only say how often it was written."""
    return {
        f"{collection.name}/{record.id}": (record.body, record.readers)
        for collection in PROJECTIONS
        async for record in store.scan(collection.name, ALL)
    }


async def busy_week(suite: Suite) -> None:
    await suite.people()
    for number in range(12):
        id = f"lead-{number}"
        await suite.lead(id, investment=number * 10**9)
        await suite.matched(id, certain_fen=number * 10**7)
        suite.clock.advance(timedelta(minutes=7))
        move = move_data("new", "assessing", "2026-11-23")
        await suite.lead(id, change="stage", stage="assessing", move=move, investment=number * 10**9)
    await suite.imported()
    await suite.cutoffs("2026-W47")
    await suite.settle()


async def replayed(suite: Suite, folder: Path, *, backwards: bool) -> dict[str, Any]:
    """What a fresh store holds after hearing the whole log, topic by topic."""
    store = SqliteStore(folder / f"replay-{backwards}.db")
    await store.ensure(*PROJECTIONS)
    group = projections_group(Projections(store))
    subscription = await suite.ports.bus.subscribe(f"replay-{backwards}", group.topics)
    log = []
    while batch := await subscription.poll(500, 0.05):
        log += batch
    for delivery in reversed(log) if backwards else log:
        event = Event.decode(delivery.value)
        if event.type in group.handlers:
            await group.handlers[event.type](event)
    found = await contents(store)
    await store.close()
    return found


async def test_a_replay_of_the_log_gives_the_same_projections_even_backwards(suite: Suite, tmp_path: Path) -> None:
    await busy_week(suite)
    assert isinstance(suite.ports.store, SqliteStore)
    kept = await contents(suite.ports.store)
    assert len(kept) > 20
    assert await replayed(suite, tmp_path, backwards=False) == kept
    assert await replayed(suite, tmp_path, backwards=True) == kept


async def test_an_event_from_a_later_release_is_read_for_what_is_known_of_it(suite: Suite) -> None:
    await suite.people()
    event = event_of(LeadRegistered(**lead_data()), "lead-1", 1, suite.clock.now())
    newer = event.model_copy(update={"data": event.data | {"not_yet_invented": {"a": 1}}})
    await suite.ports.bus.publish([Message("quce.leads", "lead-1", newer.encode())])
    await suite.settle()
    report = (await suite.get("manager", "/reports/funnel")).json()
    assert report["items"][0] == {"id": "new", "label": "线索", "count": 1, "sum_fen": 0, "uncounted": 1}


async def test_a_match_that_comes_before_its_lead_counts_nowhere_until_the_lead_is_known(tmp_path: Path) -> None:
    async with running(tmp_path) as suite:
        await suite.people()
        await suite.matched()
        await suite.settle()
        assert sum(each["count"] for each in (await suite.get("manager", "/reports/funnel")).json()["items"]) == 0
        suite.clock.advance(timedelta(seconds=1))
        await suite.lead()
        await suite.settle()
        digest = (await suite.get("manager", "/digests/2026-W48")).json()
        assert to_text(suite.clock.now()) == digest["as_of"]
        assert sum(each["count"] for each in (await suite.get("manager", "/reports/funnel")).json()["items"]) == 1

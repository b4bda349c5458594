"""Each manager's week is one slot: one digest and at most one mail, whatever befalls the replicas that see to it.

Three replicas on one store, killed, paused for two lease times, their clocks up to ten minutes off and moved, the
mail server busy or breaking off, an administrator who sends by hand meanwhile; the weeks go over the year's end and
have a 53rd among them. Time is virtual, so a seed repeats a run step by step.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from contracts.notify import DigestFrozen
from contracts.vocabulary.weeks import Week
from kit.store.mongo import MongoStore
from kit.store.port import Record, Store
from kit.store.sqlite import SqliteStore
from services.notify.channels.email import Email
from services.notify.commands.deciding import Desk
from services.notify.model.delivery import State
from services.notify.repository.collections import DELIVERIES, DIGESTS, NOTIFICATIONS
from services.notify.repository.digests import Digests
from tests.brokers import mongo_url
from tests.notify.office import ADMIN, EVERYTHING, Office
from tests.notify.perils import (
    BACK,
    CLAIM,
    FREEZE,
    LOOK,
    MAIL,
    MARK,
    OFF,
    QUEUE,
    RECORD,
    SLOWEST,
    THERE,
    Trap,
    World,
)
from tests.notify.replicas import SECRET, Life
from tests.notify.virtual_time import VirtualLoop

__all__ = ["mongo_url"]

WEEKS = [Week.parse(each) for each in ("2026-W51", "2026-W52", "2026-W53", "2027-W01", "2027-W02")]
ONE: Any = {"managers": 1, "weeks": [WEEKS[2]]}
SMALL: Any = {"managers": 6, "weeks": WEEKS[1:4]}
ROUNDS = {"ci": 1, "full": 10}
FATES = ("stands", "dies")
MARKS = {"sent_at", "unsent_reason"}
PLENTY = 100_000

Open = Callable[[], Store]


def on_sqlite(folder: Path) -> Open:
    """A store in a folder of its own."""
    return lambda: SqliteStore(folder / "notify.db")


def play(
    open_store: Open, folder: Path, seed: str, *, managers: int = 20, weeks: Sequence[Week] = WEEKS, **given: Any
) -> World:
    """One round: every week closed under peril, or with one trap; all of it looked at; what is in doubt decided."""

    async def go() -> World:
        store, loop = open_store(), asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        draw = random.Random(seed)  # noqa: S311 - to be repeated
        world = World(store, draw, weeks[0].start, folder, loop, threaded=isinstance(store, SqliteStore), **given)
        try:
            await through(world, Office(world, managers), weeks)
            await check(world, managers, weeks)
            await decide(world)
        finally:
            await world.end()
            await store.close()
        return world

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(go())


async def through(world: World, office: Office, weeks: Sequence[Week]) -> None:
    """Let the weeks pass, and whoever stands still go on."""
    await office.open()
    await office.populate()
    perilous = world.trap is None
    if perilous:
        world.begin(world.move_clocks())
    for week in weeks:
        world.peril = perilous
        await office.close(week)
        world.peril = False
    still = max(life.stands_until for life in world.lives) - world.loop.time()
    await asyncio.sleep(max(0.0, still) + 2 * SLOWEST)


async def records(world: World, collection: str) -> list[Record]:
    return [each async for each in world.store.scan(collection, EVERYTHING)]


async def mails(world: World) -> list[Record]:
    return [each for each in await records(world, DELIVERIES.name) if each.body["channel"] == "email"]


async def check(world: World, managers: int, weeks: Sequence[Week]) -> None:
    world.counts["slots"] = managers * len(weeks)
    slots = {(f"manager-{number}", week.id) for number in range(managers) for week in weeks}
    digests = await records(world, DIGESTS.name)
    assert sorted((each.body["manager"], each.body["week"]) for each in digests) == sorted(slots)
    said = [each.event for each in await world.store.pending(PLENTY) if each.event.type == DigestFrozen.event_type]
    assert sorted(each.subject for each in said) == sorted(each.id for each in digests)
    for digest in digests:
        await check_frozen(world, digest)
    sent = await mails(world)
    assert sorted(each.body["event"] for each in sent) == sorted(each.id for each in digests)
    twice = [id for id, times in world.sent.items() if times > 1]
    assert not twice, f"{twice} went out more than once"
    for mail in sent:
        check_mail(world, mail)
    told = [each for each in await records(world, NOTIFICATIONS.name) if each.body["kind"] == "digest.frozen"]
    assert Counter((each.body["account"], each.body["link"]) for each in told) == Counter(
        (manager, f"/digests/{week}") for manager, week in slots
    )


async def check_frozen(world: World, digest: Record) -> None:
    """It was written once; whoever came later changed nothing but its marks; its rows are those of its figures."""
    written = world.frozen[digest.id]
    assert [each.revision for each in written].count(1) == 1
    fixed = [{name: value for name, value in each.body.items() if name not in MARKS} for each in [*written, digest]]
    assert all(each == fixed[0] for each in fixed)
    for section in digest.body["sections"]:
        for figure in section["figures"]:
            rows = await Digests(world.store, SECRET).rows(digest, figure["id"])
            assert len(rows) == figure["rows"], figure["id"]


def check_mail(world: World, mail: Record) -> None:
    """What no fault touched was sent; what is in doubt was touched, and says what a person should do."""
    state, times = mail.body["state"], world.sent[mail.id]
    world.ends.append((State(state), times))
    if mail.id not in world.hit:
        assert (state, times) == (State.SENT, 1)
    elif state == State.SENT:
        assert times == 1
    else:
        assert state == State.IN_DOUBT
        assert "请人工核实后再决定是否重新发送" in mail.body["reason"]
        world.counts["in doubt"] += 1
        world.counts["in doubt and sent"] += times


async def decide(world: World) -> None:
    """A person's way out of each that is in doubt; what is sent again goes out exactly once more."""
    life = Life(world, calm=True)
    desk, before = Desk(life.ports, life.sender, ADMIN), Counter(world.sent)
    doubted = [each for each in await mails(world) if each.body["state"] == State.IN_DOUBT]
    wanted: dict[str, State] = {}
    for number, mail in enumerate(doubted):
        to = wanted[mail.id] = (State.QUEUED, State.SENT, State.DISCARDED)[number % 3]
        await desk.decide(mail.id, mail.revision, to, "已电话核实", f"key-{number}")
    await asyncio.sleep(60)
    for mail in await mails(world):
        to = wanted.get(mail.id, State.SENT)
        assert mail.body["state"] == (State.SENT if to is State.QUEUED else to)
        assert world.sent[mail.id] - before[mail.id] == (to is State.QUEUED)


def test_one_digest_a_slot_and_at_most_one_mail(
    tmp_path: Path, seed: int, effort: str, record_figure: Callable[[str, Any], None]
) -> None:
    counts = Counter[str]()
    for number in range(ROUNDS[effort]):
        world = play(on_sqlite(tmp_path / str(number)), tmp_path, f"{seed}:{number}")
        counts += world.counts
    assert counts["kills"] + counts["pauses"] > ROUNDS[effort] * 10
    assert 0 < counts["in doubt"] < counts["slots"] / 2
    for name in ("slots", "kills", "pauses", "clocks moved", "in doubt", "in doubt and sent"):
        record_figure(f"slots.{name.replace(' ', '_')}", counts[name])


def test_a_seed_repeats_a_run_step_by_step(tmp_path: Path, seed: int) -> None:
    first, second = (play(on_sqlite(tmp_path / name), tmp_path, f"{seed}", **SMALL) for name in ("first", "second"))
    assert first.loop.time() == second.loop.time()
    assert (first.sent, first.hit, first.counts) == (second.sent, second.hit, second.counts)


def test_mails_that_are_repeated_by_themselves_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Email, "may_repeat", lambda _self, _kind: True)
    with pytest.raises(AssertionError, match="went out more than once"):
        play(on_sqlite(tmp_path), tmp_path, "1", trap=Trap(MAIL, BACK, "dies"), offs=[0.0], **ONE)


BEFORE = ((FREEZE, THERE), (FREEZE, BACK), (QUEUE, THERE), (QUEUE, BACK), (MARK, THERE))
OUTCOMES: dict[tuple[str, str, str], tuple[State, int]] = {
    (CLAIM, THERE, "stands"): (State.SENT, 1),
    (CLAIM, BACK, "stands"): (State.IN_DOUBT, 0),
    (LOOK, THERE, "stands"): (State.IN_DOUBT, 0),
    (LOOK, BACK, "stands"): (State.IN_DOUBT, 1),
    (MAIL, THERE, "stands"): (State.IN_DOUBT, 1),
    (MAIL, BACK, "stands"): (State.IN_DOUBT, 1),
    (RECORD, THERE, "stands"): (State.IN_DOUBT, 1),
    (RECORD, BACK, "stands"): (State.SENT, 1),
    (CLAIM, THERE, "dies"): (State.SENT, 1),
    (CLAIM, BACK, "dies"): (State.IN_DOUBT, 0),
    (LOOK, THERE, "dies"): (State.IN_DOUBT, 0),
    (LOOK, BACK, "dies"): (State.IN_DOUBT, 0),
    (MAIL, THERE, "dies"): (State.IN_DOUBT, 0),
    (MAIL, BACK, "dies"): (State.IN_DOUBT, 1),
    (RECORD, THERE, "dies"): (State.IN_DOUBT, 1),
    (RECORD, BACK, "dies"): (State.SENT, 1),
} | {(place, way, fate): (State.SENT, 1) for place, way in BEFORE for fate in FATES}
"""What becomes of a mail whose sender stands still for two lease times, or dies, at each step."""


@pytest.mark.parametrize("case", OUTCOMES, ids=" ".join)
def test_at_each_step(case: tuple[str, str, str], tmp_path: Path, seed: int) -> None:
    world = play(on_sqlite(tmp_path), tmp_path, f"{seed}", trap=Trap(*case), offs=[0.0], **ONE)
    [(state, times)] = world.ends
    assert (state, times) == OUTCOMES[case]
    assert world.counts["kills"] + world.counts["pauses"] == 1


def test_who_claims_late_and_dies_leaves_nothing_behind(tmp_path: Path, seed: int) -> None:
    trap = Trap(CLAIM, THERE, "stands, then dies", after=1)
    world = play(on_sqlite(tmp_path), tmp_path, f"{seed}", trap=trap, busy=1, offs=[OFF, -OFF, -OFF], **ONE)
    assert world.ends == [(State.IN_DOUBT, 0)]


@pytest.mark.cluster
def test_on_a_database_of_a_cluster_too(mongo_url: str, tmp_path: Path, seed: int) -> None:
    world = play(lambda: MongoStore(mongo_url, f"slots_{uuid.uuid4().hex}"), tmp_path, f"{seed}", **SMALL)
    assert world.counts["kills"] + world.counts["pauses"] > 0

"""Poison on a real broker: parked or set aside within seconds, nobody else waits, and people clear it away.

Notify runs as in a cluster, on Kafka and MongoDB; leads' events come at a steady rate all the while.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pytest

import operating.consumer
from kit.clock import from_text
from kit.store.port import Record
from operating.measuring import DEAD_LETTERS
from tests.operating.on_kafka import poison
from tests.operating.on_kafka.conftest import Broker
from tests.operating.on_kafka.cpu import Busy
from tests.operating.on_kafka.installation import Installation, installed
from tests.operating.on_kafka.poison import EVERY_GROUP
from tests.operating.on_kafka.reading import until
from tests.operating.on_kafka.stranger import Sent, Stranger, lead_event
from tests.operating.on_kafka.traffic import Handled, Traffic, send_event

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]

ROUNDS = {"ci": 2, "full": 10}
PERIOD, GAP, AT_ONCE = 1.25, 0.2, 3
"""Seconds with traffic alone, then as long with so many messages of poison, and between them."""
QUIET = 3.0
PATIENCE = 60.0
PARKED_WITHIN = 5.0
RATIO = 1.5
BUSY = 0.3
"""What part of a processor a thread may use that has nothing to do; one that spins uses all it gets."""
LATER = 3
PROJECTIONS = "notify-projections"
WHY = "来源不明，核对后放弃"
Period = tuple[float, float]
Letters = dict[str, dict[str, Record]]
"""By group and place."""


@dataclass
class Seen:
    """What became of it all."""

    handled: Handled
    quiet: list[list[float]] = field(default_factory=list)
    poisoned: list[list[float]] = field(default_factory=list)
    sent: dict[tuple[str, int], tuple[Sent, float]] = field(default_factory=dict)
    letters: Letters = field(default_factory=dict)
    after_restart: Letters = field(default_factory=dict)
    busy: dict[str, float] = field(default_factory=dict)
    alarm: dict[str, float] = field(default_factory=dict)
    listed: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, Any] = field(default_factory=dict)
    refused: str = ""
    left: list[dict[str, Any]] = field(default_factory=list)
    decided: Letters = field(default_factory=dict)

    def letter(self, group: str, name: str, number: int) -> Record:
        """What is kept of one poison in one group."""
        sent, _ = self.sent[name, number]
        return self.letters[group][f"{sent.topic} {sent.place}"]


@pytest.fixture(scope="module")
def seen(broker: Broker, mongo_url: str, effort: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Everything, once."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(operating.consumer, "RETRY_PARKED", 0.5)
        patched.setattr(operating.consumer, "ATTEMPTS", 3)
        result = Seen(Handled(patched))
        asyncio.run(_all(result, broker, mongo_url, tmp_path_factory.mktemp("poison"), ROUNDS[effort]))
        yield result


async def _all(seen: Seen, broker: Broker, mongo_url: str, data: Path, rounds: int) -> None:
    stranger = Stranger(broker.servers)
    async with installed(data, broker.url, mongo_url) as installation:
        await _warm(seen, stranger)
        await _poisoned(seen, broker, stranger, rounds)
        await _until(lambda: _settled(seen, installation))
        seen.letters = await _letters(installation)
        await _later(seen, installation, stranger, 2)
        await asyncio.sleep(1)
        busy = Busy()
        await asyncio.sleep(QUIET)
        seen.busy = busy.shares()
        await installation.measure()
        seen.alarm = {group: DEAD_LETTERS.labels("notify", group)._value.get() for group in EVERY_GROUP}
    async with installed(data, broker.url, mongo_url) as installation:
        await _later(seen, installation, stranger, 2 + LATER)
        seen.after_restart = await _letters(installation)
        await _decided(seen, installation)
    stranger.close()


async def _warm(seen: Seen, stranger: Stranger) -> None:
    for number in range(16):
        await asyncio.to_thread(send_event, stranger, lead_event(f"lead-warm-{number}", 1))
    await _until(lambda: len(seen.handled.at) == 16)


async def _poisoned(seen: Seen, broker: Broker, stranger: Stranger, rounds: int) -> None:
    """Traffic alone and traffic with poison, in short turns, so that a machine that grows slower favours neither."""
    quiet, poisoned, traffic = list[Period](), list[Period](), Traffic(broker.servers)
    due = [(name, number) for number in range(rounds) for name in poison.kinds(number)]
    with traffic.flowing():
        while due:
            quiet.append(await _timed(asyncio.sleep(PERIOD)))
            poisoned.append(await _timed(asyncio.to_thread(_send_all, seen, stranger, due[:AT_ONCE])))
            due = due[AT_ONCE:]
            await asyncio.sleep(GAP)
        for number in range(rounds):
            await asyncio.to_thread(_send_harmless, stranger, number)
    await _until(lambda: traffic.sent.keys() <= seen.handled.at.keys())
    seen.quiet, seen.poisoned = (
        [traffic.latencies(seen.handled, *period) for period in periods] for periods in (quiet, poisoned)
    )


async def _timed(work: Awaitable[None]) -> Period:
    began = time.monotonic()
    await work
    return began, time.monotonic()


def _send_all(seen: Seen, stranger: Stranger, due: Sequence[tuple[str, int]]) -> None:
    for name, number in due:
        at = time.time()
        seen.sent[name, number] = poison.send(stranger, name, number, poison.kinds(number)[name]), at
        time.sleep(PERIOD / len(due))


def _send_harmless(stranger: Stranger, number: int) -> None:
    for name, event in poison.harmless(number).items():
        poison.send_harmless(stranger, name, event)


async def _settled(seen: Seen, installation: Installation) -> bool:
    """Whether all poison is kept, and what is handled again and again is dead."""
    found = await _letters(installation)
    return all(
        found[group].get(f"{sent.topic} {sent.place}") is not None
        and found[group][f"{sent.topic} {sent.place}"].body["state"] == kind.state
        for (name, number), (sent, _) in seen.sent.items()
        for kind in [poison.kinds(number)[name]]
        for group in kind.groups
    )


async def _letters(installation: Installation) -> Letters:
    return {group: await installation.parked(group) for group in EVERY_GROUP}


def _keys(seen: Seen) -> list[str]:
    return [f"lead-{name}-{number}" for name, number in seen.sent]


async def _later(seen: Seen, installation: Installation, stranger: Stranger, first: int) -> None:
    """Later events of every poisoned key: held behind what failed, handled where nothing waits."""
    for revision in range(first, first + LATER):
        for lead in _keys(seen):
            await asyncio.to_thread(send_event, stranger, lead_event(lead, revision))
    await _until(installation.settled)


async def _decided(seen: Seen, installation: Installation) -> None:
    """Mend the trouble and clear everything away by the command line."""
    seen.handled.trouble = False
    seen.listed = (await installation.dlq("list", "--service", "notify"))["items"]
    for each in seen.listed:
        if each["state"] == "unreadable" and not seen.refused:
            seen.refused = await installation.refused("replay", "notify", each["id"])
        if each["state"] == "dead" and each["reason"].startswith("RuntimeError"):
            seen.shown = await installation.dlq("show", "notify", each["id"])
            await installation.dlq("replay", "notify", each["id"])
        else:
            await installation.dlq("discard", "notify", each["id"], "--reason", WHY)
    await _until(lambda: _cleared(seen, installation))
    seen.decided = await _letters(installation)


async def _cleared(seen: Seen, installation: Installation) -> bool:
    seen.left = (await installation.dlq("list", "--service", "notify"))["items"]
    found = [each for letters in (await _letters(installation)).values() for each in letters.values()]
    return not seen.left and not any(each.body["state"] == "waiting" for each in found)


async def _until(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait long enough; where that was in vain, the tests tell what is missing."""
    with suppress(TimeoutError):
        await until(holds, PATIENCE)


def test_each_kind_is_parked_or_set_aside_in_time(seen: Seen, record_figure: Callable[[str, Any], None]) -> None:
    slowest: dict[str, float] = {}
    for (name, number), (_, at) in seen.sent.items():
        kind = poison.kinds(number)[name]
        for group in kind.groups:
            body = seen.letter(group, name, number).body
            assert (body["state"], body["reason"][: len(kind.reason)]) == (kind.state, kind.reason)
            parked = from_text(body["parked_at"]).timestamp() - at
            slowest[name] = max(slowest.get(name, 0.0), round(parked, 3))
    record_figure("poison.parking_s", slowest)
    record_figure("poison.slowest_parking_s", max(slowest.values()))
    assert max(slowest.values()) <= PARKED_WITHIN


def test_other_keys_are_handled_as_soon_as_before(seen: Seen, record_figure: Callable[[str, Any], None]) -> None:
    """Each turn with poison beside the one just before it: a machine that others use is never twice the same."""

    def figures(turns: Sequence[Sequence[float]]) -> Mapping[str, float]:
        every = [each for turn in turns for each in turn]
        cut = quantiles(every, n=100)
        return {"n": len(every), "p50_ms": round(1000 * cut[49], 2), "p99_ms": round(1000 * cut[98], 2)}

    ratios = [median(after) / median(before) for before, after in zip(seen.quiet, seen.poisoned, strict=True)]
    record_figure("poison.without", figures(seen.quiet))
    record_figure("poison.with", figures(seen.poisoned))
    record_figure("poison.other_keys_ratios", [round(each, 2) for each in ratios])
    record_figure("poison.other_keys_ratio", round(median(ratios), 3))
    assert median(ratios) <= RATIO


def test_no_thread_spins(seen: Seen, record_figure: Callable[[str, Any], None]) -> None:
    record_figure("poison.busiest_thread", round(max(seen.busy.values()), 3))
    assert {name: share for name, share in seen.busy.items() if share > BUSY} == {}


def test_what_only_looks_odd_is_handled(seen: Seen) -> None:
    for number in {number for _, number in seen.sent}:
        for name in poison.harmless(number):
            assert seen.handled.times[f"lead-{name}-{number}:1:0"] == 1


def test_nothing_waits_behind_what_is_no_event(seen: Seen) -> None:
    for name, number in seen.sent:
        if poison.kinds(number)[name].state != "dead":
            expected = [100 * revision for revision in range(2, 2 + 2 * LATER)]
            assert seen.handled.order[f"lead-{name}-{number}"] == expected


def test_later_events_of_a_parked_key_are_held_in_order_over_a_restart(seen: Seen) -> None:
    for name, number in seen.sent:
        kind, key = poison.kinds(number)[name], f"lead-{name}-{number}"
        for group in kind.groups if kind.state == "dead" else ():
            held = sorted(
                (each for each in seen.after_restart[group].values() if each.body["key"] == key),
                key=lambda each: each.body["place"],
            )
            assert [each.body["state"] for each in held] == ["dead", *["waiting"] * 2 * LATER]
            assert held[0].id == seen.letter(group, name, number).id


def test_the_alarm_counts_all_that_waits_for_a_person(seen: Seen) -> None:
    for group in EVERY_GROUP:
        assert seen.alarm[group] == sum(group in poison.kinds(number)[name].groups for name, number in seen.sent)


def test_the_command_line_lists_each_with_its_place(seen: Seen) -> None:
    places = {(each["group"], each["partition"], each["offset"]) for each in seen.listed}
    assert places == {
        (group, sent.partition, sent.offset)
        for (name, number), (sent, _) in seen.sent.items()
        for group in poison.kinds(number)[name].groups
    }
    assert (seen.shown["behind"], seen.shown["type"]) == (2 * LATER, "quce.lead.registered.v1")
    assert "放弃" in seen.refused


def test_a_replayed_key_is_handled_in_order_and_once(seen: Seen) -> None:
    for number in {number for _, number in seen.sent}:
        lead = f"lead-trouble-{number}"
        assert seen.handled.order[lead] == [100 * revision for revision in range(1, 2 + 2 * LATER)]
        assert {seen.handled.times[f"{lead}:{revision}:0"] for revision in range(1, 2 + 2 * LATER)} == {1}


def test_the_command_line_clears_everything_away(seen: Seen) -> None:
    assert seen.left == []
    for group in EVERY_GROUP:
        states = {each.body["state"] for each in seen.decided[group].values()}
        assert states <= {"handled", "discarded"}
        whys = {
            each.body["decided"]["why"] for each in seen.decided[group].values() if each.body["state"] == "discarded"
        }
        assert whys == {WHY}

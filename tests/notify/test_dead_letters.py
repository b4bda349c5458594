"""Dead letters of a running service: parked alone, masked, replayed in order and once, discarded with a reason."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import operating.consumer
from contracts.notify import NotifyAudited
from kit.bus.port import Message
from kit.events import Event
from services.notify.projections.keeping import Projections
from tests.notify.conftest import Suite, running, until

CANARY = "金丝雀"
PHONE = "13911112222"
AT_ONCE_SECONDS = 5.0


class Trouble:
    """A cause that makes one lead's events fail until it is gone; keeps the order of what got through."""

    def __init__(self) -> None:
        self.there = True
        self.handled: list[tuple[str, int]] = []


@pytest.fixture
def trouble(monkeypatch: pytest.MonkeyPatch) -> Trouble:
    """Counting fails for what ``lead-bad`` says while the trouble is there."""
    monkeypatch.setattr(operating.consumer, "RETRY_PARKED", 0.02)
    monkeypatch.setattr(operating.consumer, "ATTEMPTS", 2)
    cause, real = Trouble(), Projections.on_lead

    async def on_lead(self: Projections, event: Event, said: Any) -> None:
        if said.lead_id.startswith("lead-bad") and cause.there:
            raise RuntimeError(f"cannot count {CANARY} {PHONE}")
        await real(self, event, said)
        cause.handled.append((said.lead_id, event.sequence))

    monkeypatch.setattr(Projections, "on_lead", on_lead)
    return cause


@pytest.fixture
async def suite(tmp_path: Path, trouble: Trouble) -> AsyncIterator[Suite]:
    """The service, started with the trouble in it."""
    async with running(tmp_path) as started:
        yield started


async def ask(
    suite: Suite, path: str, body: Any = None, key: str = "k", revision: int | None = None, who: str = "admin"
) -> httpx.Response:
    headers = suite.headers(who) | {"Idempotency-Key": key}
    headers |= {} if revision is None else {"If-Match": f'"{revision}"'}
    return await suite.client.post(f"/dead-letters/notify{path}", json=body, headers=headers)


async def letters(suite: Suite, state: str = "dead") -> list[dict[str, Any]]:
    return await suite.items("admin", "/dead-letters/notify", state=state)


async def killed(suite: Suite, count: int, *leads: str) -> list[dict[str, Any]]:
    """``count`` events of each of these leads, the first of them dead."""
    for lead in leads:
        for number in range(count):
            await suite.lead(lead, change=None if number == 0 else "facts", title=f"{CANARY}项目", investment=5)

    async def dead() -> bool:
        found = await letters(suite)
        return len(found) == len(leads) and all(each["behind"] == count - 1 for each in found)

    await until(dead)
    return await letters(suite)


async def test_a_poison_event_parks_its_key_while_others_go_on(suite: Suite, trouble: Trouble) -> None:
    began = time.monotonic()
    await suite.lead("lead-bad", title=f"{CANARY}项目")
    await suite.lead("lead-good")
    await until(lambda: _true(trouble.handled == [("lead-good", 100)]))

    async def parked() -> bool:
        return bool(await suite.items("admin", "/dead-letters/notify"))

    await until(parked)
    assert time.monotonic() - began <= AT_ONCE_SECONDS


async def test_replay_handles_the_lane_in_order_and_once(suite: Suite, trouble: Trouble) -> None:
    (letter,) = await killed(suite, 4, "lead-bad")
    trouble.there = False
    await asyncio.sleep(0.1)
    assert trouble.handled == []
    first = await ask(suite, f"/{letter['id']}/replay", key="once", revision=letter["revision"])
    assert first.status_code == 200, first.text
    await until(lambda: _true(len(trouble.handled) == 4))
    assert trouble.handled == [("lead-bad", number) for number in (100, 200, 300, 400)]
    repeat = await ask(suite, f"/{letter['id']}/replay", key="once", revision=letter["revision"])
    assert repeat.json() == first.json()
    await asyncio.sleep(0.1)
    assert len(trouble.handled) == 4
    assert [each["id"] for each in await letters(suite, "handled")] == [letter["id"]]
    await suite.lead("lead-bad", change="facts")
    await until(lambda: _true(len(trouble.handled) == 5))


async def test_discard_lets_the_lane_go_on_and_keeps_a_record(suite: Suite, trouble: Trouble) -> None:
    (letter,) = await killed(suite, 3, "lead-bad")
    assert (await ask(suite, f"/{letter['id']}/discard", {}, revision=letter["revision"])).status_code == 422
    gone = await ask(suite, f"/{letter['id']}/discard", {"reason": "重复的旧数据"}, revision=letter["revision"])
    assert gone.json()["state"] == "discarded"
    trouble.there = False

    async def next_had_its_turn() -> bool:
        return len(trouble.handled) == 2 or any(each["id"] != letter["id"] for each in await letters(suite))

    await until(next_had_its_turn)
    for each in await letters(suite):
        await ask(suite, f"/{each['id']}/replay", key=each["id"], revision=each["revision"])
    await until(lambda: _true(len(trouble.handled) == 2))
    assert [number for _, number in trouble.handled] == [200, 300]
    kept = (await suite.get("admin", f"/dead-letters/notify/{letter['id']}")).json()
    assert (kept["state"], kept["decided"]["why"], kept["decided"]["by"]) == ("discarded", "重复的旧数据", "admin")
    (told,) = [each for each in await audited(suite) if each.what == "dead_letter.discarded"]
    assert (told.why, told.subject) == ("重复的旧数据", f"dead_letter:{letter['id']}")


async def test_the_dry_run_counts_what_is_then_done(suite: Suite, trouble: Trouble) -> None:
    await killed(suite, 3, "lead-bad-1", "lead-bad-2")
    counted = (await ask(suite, "/dry-run", {})).json()
    assert counted == {"lanes": 2, "events": 6, "groups": {"notify-projections": 2}}
    assert (await ask(suite, "/dry-run", {"group": "notify-deliveries"})).json()["lanes"] == 0
    assert (await ask(suite, "/replay", {"expected": 3}, key="wrong")).status_code == 409
    trouble.there = False
    done = await ask(suite, "/replay", {"expected": 2}, key="all")
    assert done.json() == counted
    await until(lambda: _true(len(trouble.handled) == 6))
    assert (await ask(suite, "/replay", {"expected": 2}, key="all")).json() == done.json()
    assert await letters(suite) == []
    assert [each.what for each in await audited(suite)] == ["dead_letters.replayed"]


async def test_nothing_of_what_was_said_is_shown(suite: Suite, trouble: Trouble) -> None:
    (letter,) = await killed(suite, 2, "lead-bad")
    page = await suite.get("admin", f"/dead-letters/notify/{letter['id']}")
    shown = {each["path"]: each["value"] for each in page.json()["fields"]}
    assert shown["lead_id"] == "lead-bad"
    assert shown["title"] == "•••"
    assert shown["facts.total_investment.value.low"] == "•••"
    everything = page.text + (await suite.get("admin", "/dead-letters/notify")).text
    assert CANARY not in everything
    assert PHONE not in everything
    assert page.json()["reason"].startswith("RuntimeError (")
    assert len(page.json()["failures"]) == 2


async def test_bytes_that_are_no_event_are_shown_as_such(suite: Suite) -> None:
    await suite.ports.bus.publish([Message("quce.leads", "lead-1", f"{{{CANARY}".encode())])

    async def kept() -> bool:
        return len(await letters(suite, "unreadable")) == 2

    await until(kept)
    (one, _) = await letters(suite, "unreadable")
    opened = await suite.get("admin", f"/dead-letters/notify/{one['id']}")
    assert (opened.json()["fields"], CANARY in opened.text) == ([], False)


async def test_only_administrators(suite: Suite, trouble: Trouble) -> None:
    (letter,) = await killed(suite, 1, "lead-bad")
    for who in ("officer", "manager", "partner"):
        for path in ("", f"/{letter['id']}"):
            assert (await suite.get(who, f"/dead-letters/notify{path}")).status_code == 403
        assert (await ask(suite, f"/{letter['id']}/replay", revision=1, who=who)).status_code == 403
        assert (await suite.get(who, "/system/notify")).status_code == 403
    assert (await suite.get(None, "/dead-letters/notify")).status_code == 401
    assert (await ask(suite, f"/{letter['id']}/replay", revision=1)).status_code == 412
    assert (await ask(suite, "/nothing/replay", revision=1)).status_code == 404


async def test_the_system_says_how_it_is(suite: Suite, trouble: Trouble) -> None:
    await killed(suite, 2, "lead-bad")
    await suite.settle()
    said = (await suite.get("admin", "/system/notify")).json()
    groups = {each["group"]: each for each in said["groups"]}
    assert (groups["notify-projections"]["parked"], groups["notify-projections"]["dead"]) == (1, 1)
    assert (groups["notify-deliveries"]["parked"], groups["notify-projections"]["lag"]) == (0, 0)
    assert said["version"]


async def _true(value: bool) -> bool:
    return value


async def audited(suite: Suite) -> list[NotifyAudited]:
    """What the audit log was told."""
    subscription = await suite.ports.bus.subscribe(f"audit-{id(suite)}", ["quce.notify"])
    found = [Event.decode(each.value) for each in await subscription.poll(200, 2)]
    return [NotifyAudited.heard(each.data) for each in found if each.type == NotifyAudited.event_type]

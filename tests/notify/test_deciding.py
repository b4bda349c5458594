"""What administrators do about deliveries that did not arrive: once each, with a reason, and told to the log."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from contracts.notify import NotifyAudited
from kit.clock import to_text
from kit.events import Event
from kit.store.port import Scope
from services.notify.model.delivery import ChannelName, Delivery, Kind, State
from services.notify.repository.collections import DELIVERIES
from services.notify.repository.deliveries import Deliveries, Stored, stored_in
from tests.notify.conftest import MONDAY, Suite

CANARY = "金丝雀项目"


async def ended(suite: Suite, id: str, state: State = State.FAILED, recipient: str = "officer") -> dict[str, Any]:
    """A mail that ended this way, as an administrator reads it."""
    fresh = Delivery(
        id=id, event=f"{id}-event", kind=Kind.MATCHED, recipient=recipient, channel=ChannelName.EMAIL,
        link="/leads/lead-1", context={"title": CANARY, "first": True, "standing": []}, created_at=to_text(MONDAY),
        lead_id="lead-1",
    )  # fmt: skip
    claimed = fresh.claim(MONDAY)
    done = claimed.failed("收件地址被邮件服务器拒收", MONDAY) if state is State.FAILED else claimed.doubted(MONDAY)
    await Deliveries(suite.ports.store).add(done)
    return await opened(suite, id)


async def opened(suite: Suite, id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await suite.get("admin", f"/deliveries/{id}")).json()
    return found


async def act(
    suite: Suite, path: str, body: dict[str, Any], key: str = "k", revision: int | None = None, who: str = "admin"
) -> httpx.Response:
    headers = suite.headers(who) | {"Idempotency-Key": key}
    headers |= {} if revision is None else {"If-Match": f'"{revision}"'}
    return await suite.client.post(path, json=body, headers=headers)


async def audited(suite: Suite) -> list[NotifyAudited]:
    """What the audit log was told."""
    subscription = await suite.ports.bus.subscribe(f"audit-{id(suite)}", ["quce.notify"])
    found = [Event.decode(each.value) for each in await subscription.poll(200, 2)]
    return [NotifyAudited.heard(each.data) for each in found if each.type == NotifyAudited.event_type]


async def test_a_failed_mail_is_sent_again_once(suite: Suite) -> None:
    await suite.people()
    before = await ended(suite, "d-1")
    assert before["address"] == "o***@example.com"
    assert before["about"] == "leads/lead-1"
    assert [each["outcome"] for each in before["tries"]] == ["failed"]
    first = await act(suite, "/deliveries/d-1/retry", {}, "again", before["revision"])
    assert first.status_code == 200, first.text
    await suite.settle()
    assert [path.stem for path in suite.mails()] == ["d-1"]
    repeat = await act(suite, "/deliveries/d-1/retry", {}, "again", before["revision"])
    assert repeat.json() == first.json()
    after = await opened(suite, "d-1")
    assert (after["state"], len(after["tries"])) == ("sent", 2)
    (said,) = await audited(suite)
    assert (said.what, said.subject, said.who) == ("delivery.retried", "delivery:d-1", "admin")
    assert [(each.before, each.after) for each in said.changes] == [("failed", "queued")]


async def test_what_is_in_doubt_takes_a_person_and_a_reason(suite: Suite) -> None:
    await suite.people()
    known, unknown = await ended(suite, "d-1", State.IN_DOUBT), await ended(suite, "d-2", State.IN_DOUBT)
    assert (await act(suite, "/deliveries/d-1/confirm", {}, "a", known["revision"])).status_code == 422
    assert (await act(suite, "/deliveries/d-2/retry", {}, "b", unknown["revision"])).status_code == 422
    told = await act(suite, "/deliveries/d-1/confirm", {"reason": "电话确认已收到"}, "c", known["revision"])
    assert told.json()["state"] == "sent"
    again = await act(suite, "/deliveries/d-2/retry", {"reason": "对方说没有收到"}, "d", unknown["revision"])
    assert again.status_code == 200
    await suite.settle()
    (mail,) = suite.mails()
    assert b"Message-ID: <d-2@" in mail.read_bytes()
    assert {each.what: each.why for each in await audited(suite)} == {
        "delivery.confirmed": "电话确认已收到",
        "delivery.retried": "对方说没有收到",
    }


async def test_a_failed_one_cannot_be_called_sent_nor_a_discarded_one_sent(suite: Suite) -> None:
    await suite.people()
    known = await ended(suite, "d-1")
    wrong = await act(suite, "/deliveries/d-1/confirm", {"reason": "想当然"}, "a", known["revision"])
    assert wrong.status_code == 409
    gone = await act(suite, "/deliveries/d-1/discard", {"reason": "人已离职"}, "b", known["revision"])
    assert gone.json() == {"id": "d-1", "state": "discarded", "revision": known["revision"] + 1}
    assert (await act(suite, "/deliveries/d-1/retry", {}, "c", known["revision"])).status_code == 412
    assert (await act(suite, "/deliveries/d-1/retry", {}, "d", known["revision"] + 1)).status_code == 409
    await suite.settle()
    assert suite.mails() == []


async def test_the_dry_run_counts_what_is_then_done(suite: Suite) -> None:
    await suite.people()
    for number in range(5):
        await ended(suite, f"o-{number}")
    await ended(suite, "m-0", recipient="manager")
    await ended(suite, "doubt", State.IN_DOUBT)
    counted = (await act(suite, "/deliveries/dry-run", {"recipient": "officer", "week": "2026-W48"})).json()
    assert counted == {"count": 5, "recipients": {"officer": 5}, "channels": {"email": 5}}
    assert (await act(suite, "/deliveries/dry-run", {"week": "2026-W47"})).json()["count"] == 0
    changed = await act(suite, "/deliveries/retry", {"recipient": "officer", "expected": 4}, "wrong")
    assert changed.status_code == 409
    body = {"recipient": "officer", "week": "2026-W48", "expected": 5}
    done = await act(suite, "/deliveries/retry", body, "all")
    assert done.json() == {"count": 5}
    await suite.settle()
    assert len(suite.mails()) == 5
    assert (await act(suite, "/deliveries/retry", body, "all")).json() == {"count": 5}
    assert (await act(suite, "/deliveries/retry", body | {"expected": 4}, "all")).status_code == 422
    await suite.settle()
    assert sorted(each["id"] for each in await suite.items("admin", "/deliveries", state="failed")) == ["m-0"]
    assert [each.what for each in await audited(suite)] == ["deliveries.retried"]


async def test_a_retry_that_broke_off_ends_when_it_is_repeated(suite: Suite) -> None:
    """The act is saved first; what it had not reached is done by the repeat, and nothing twice."""
    await suite.people()
    for number in range(3):
        await ended(suite, f"o-{number}")
    done = await act(suite, "/deliveries/retry", {"expected": 3}, "all")
    assert done.status_code == 200
    await suite.settle()
    record = await suite.ports.store.get(DELIVERIES.name, Scope.system("test"), "o-1")
    assert record is not None
    stored = stored_in(record)
    as_before = replace(stored.delivery, state=State.FAILED, decided=None)
    assert await Deliveries(suite.ports.store).save(Stored(stored.delivery, stored.revision), as_before)
    for mail in suite.mails():
        mail.unlink()
    await act(suite, "/deliveries/retry", {"expected": 3}, "all")
    await suite.settle()
    assert [path.stem for path in suite.mails()] == ["o-1"]


async def test_only_administrators_decide_and_others_read_their_own(suite: Suite) -> None:
    await suite.people()
    known = await ended(suite, "d-1")
    for who in ("officer", "manager", "partner"):
        answer = await act(suite, "/deliveries/d-1/retry", {}, who, known["revision"], who)
        assert answer.status_code == 403
        assert (await act(suite, "/deliveries/dry-run", {}, who=who)).status_code == 403
    assert (await suite.get("officer", "/deliveries/d-1")).status_code == 200
    assert (await suite.get("other", "/deliveries/d-1")).status_code == 404
    assert CANARY not in (await suite.get("admin", "/deliveries/d-1")).text
    assert CANARY not in (await suite.get("admin", "/deliveries")).text


async def test_administrators_are_told_once_of_a_dead_letter(suite: Suite) -> None:
    """A lead's event without its facts kills its lane in the projections; the notice names the letter, not the lead."""
    await suite.people()
    said = {"service": "leads", "group": "leads", "letter": "abc", "died": "quce.incentives.matched.v1"}
    for revision in (1, 2):
        event = Event(
            id=f"abc:{revision}:0", source="/quce/leads", type="quce.leads.event_died.v1", subject="abc",
            time=to_text(suite.clock.now()), partitionkey="abc", sequence=100 * revision, data=said,
        )  # fmt: skip
        await suite.publish("leads", event)
    await suite.settle()
    (notice,) = await suite.items("admin", "/notifications")
    assert notice["link"] == "/dead-letters/leads/abc"
    assert await suite.items("officer", "/notifications") == []

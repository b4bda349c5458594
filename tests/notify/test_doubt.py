"""Deliveries of which nobody knows whether they arrived: digests are left to a person, other mails tried again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from services.notify.channels import email
from services.notify.channels.port import HandOver, Outgoing
from services.notify.commands.sending import Sender
from services.notify.model.delivery import ChannelName, Kind
from services.notify.repository.deliveries import Deliveries, Stored
from tests.notify.conftest import Suite, running
from tests.notify.deliveries import delivery, left_in_sending, mail_of_a_match
from tests.notify.mailbox import Mailbox, mailbox
from tests.notify.weeks import WEEK, digest, frozen_week

__all__ = ["mailbox"]


class OnceOnly:
    """A channel that must not repeat, as chat robots are."""

    name = ChannelName.EMAIL

    def may_repeat(self, _kind: Kind) -> bool:
        return False

    async def prepare(self, outgoing: Outgoing) -> HandOver:
        raise AssertionError("it must not be sent again")


async def test_a_channel_that_must_not_repeat_leaves_it_in_doubt(suite: Suite) -> None:
    await left_in_sending(suite)
    await Sender(suite.ports, [OnceOnly()]).sweep()
    [doubted] = await suite.items("admin", "/deliveries")
    assert doubted["state"] == "in_doubt"
    assert "请人工核实" in doubted["reason"]


async def test_who_stood_still_sends_nothing_that_another_took_over(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Deliveries.unchanged

    async def look_late(self: Deliveries, claimed: Stored) -> bool:
        monkeypatch.undo()
        assert await Sender(suite.ports, [OnceOnly()]).resume(claimed) is None
        return await look(self, claimed)

    await suite.app.state.sender.stop()
    await suite.people()
    stored = await Deliveries(suite.ports.store).add(delivery())
    monkeypatch.setattr(Deliveries, "unchanged", look_late)
    await suite.app.state.sender.send(stored)
    assert (await suite.items("admin", "/deliveries"))[0]["state"] == "in_doubt"
    assert suite.mails() == []


async def test_a_digest_that_broke_off_before_it_was_handed_over_is_tried_again(
    suite: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    await suite.app.state.sender.stop()
    await suite.people()
    stored = await Deliveries(suite.ports.store).add(delivery(kind=Kind.DIGEST))  # whose context is a match's
    await suite.app.state.sender.send(stored)
    [waiting] = await suite.items("admin", "/deliveries")
    assert (waiting["state"], waiting["attempts"], suite.mails()) == ("queued", 1, [])
    monkeypatch.setattr(email, "render", lambda *_: ("周报", "正文"))
    again = await Deliveries(suite.ports.store).get(stored.delivery.id)
    assert again is not None
    await suite.app.state.sender.send(again)
    [sent] = await suite.items("admin", "/deliveries")
    assert (sent["state"], len(suite.mails())) == ("sent", 1)


async def test_of_a_digest_that_broke_off_nobody_knows_and_a_person_decides(
    tmp_path: Path, mailbox: tuple[Mailbox, str]
) -> None:
    box, url = mailbox
    async with running(tmp_path, smtp_url=url) as suite:
        box.silent = True
        found = await frozen_week(suite)
        assert found["sent_at"] is not None
        assert (await digest(suite))["in_doubt"] == ["email"]
        again = (await suite.post("manager", f"/digests/{WEEK}/send")).json()["digests"][0]
        assert (again["repeated"], again["in_doubt"]) == (True, ["email"])
        box.silent = False
        suite.clock.advance(timedelta(days=1))
        await suite.tick()
        doubted = await suite.items("manager", "/deliveries", state="in_doubt")
        assert [(each["attempts"], each["kind"]) for each in doubted] == [(1, "digest.frozen")]
        assert "不能确定它收下没有" in doubted[0]["reason"]
        assert sum(doubted[0]["id"].encode() in each for each in box.messages) == 1
        await sent_again(suite, doubted[0]["id"])
        assert (await digest(suite))["in_doubt"] == []
        assert sum(doubted[0]["id"].encode() in each for each in box.messages) == 2


async def sent_again(suite: Suite, id: str) -> None:
    headers = suite.headers("admin") | {"Idempotency-Key": "again", "If-Match": '"3"'}
    answer = await suite.client.post(f"/deliveries/{id}/retry", json={"reason": "本人说没有收到"}, headers=headers)
    assert answer.status_code == 200, answer.text
    await suite.settle()


async def test_news_that_broke_off_is_tried_again(tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.silent = True
    async with running(tmp_path, smtp_url=url) as suite:
        waiting = await mail_of_a_match(suite)
    assert (waiting["state"], waiting["attempts"]) == ("queued", 1)

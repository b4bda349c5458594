"""What becomes of a delivery when servers refuse, vanish, or this process dies between claim and record."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.port import Outgoing
from services.notify.commands.sending import Sender
from services.notify.model.delivery import ChannelName, Delivery, IllegalMove, Kind, State
from services.notify.preferences import DEFAULTS, When
from services.notify.repository.deliveries import Deliveries
from tests.notify.conftest import MONDAY, Suite, running

FINAL = {State.SENT, State.FAILED, State.IN_DOUBT}


def delivery(**fields: Any) -> Delivery:
    common: dict[str, Any] = {
        "id": "delivery-1",
        "event": "event-1",
        "kind": Kind.MATCHED,
        "recipient": "officer",
        "channel": ChannelName.EMAIL,
        "link": "/leads/lead-1",
        "context": {"title": "项目", "first": True, "standing": []},
        "created_at": "2026-11-23T01:00:00.000000Z",
    }
    return Delivery(**common | fields)


@given(st.lists(st.sampled_from(["claim", "sent", "failed", "doubted", "delayed", "released"]), max_size=30))
def test_a_delivery_that_has_ended_never_moves_again(steps: list[str]) -> None:
    moves = {
        "claim": lambda each: each.claim(MONDAY),
        "sent": lambda each: each.sent(MONDAY),
        "failed": lambda each: each.failed("原因", MONDAY),
        "doubted": lambda each: each.doubted(MONDAY),
        "delayed": lambda each: each.delayed("原因", MONDAY),
        "released": lambda each: each.released(),
    }
    now = delivery()
    for step in steps:
        try:
            after = moves[step](now)
        except IllegalMove:
            continue
        assert now.state not in FINAL
        assert (after.reason is not None) or after.state not in (State.FAILED, State.IN_DOUBT)
        assert after.finished_at is None or after.state in FINAL
        now = after


@pytest.mark.parametrize("outcome", ["sent", "failed", "doubted"])
def test_the_code_of_an_invitation_is_forgotten_when_its_mail_has_ended(outcome: str) -> None:
    now = MONDAY
    waiting = delivery(kind=Kind.INVITED, link="/invitation?code=secret").claim(now)
    assert waiting.delayed("busy", now).link == "/invitation?code=secret"
    ended = waiting.failed("no", now) if outcome == "failed" else getattr(waiting, outcome)(now)
    assert ended.link == "/invitation"


class Mailbox:
    """A mail server's hand: keeps what it accepts, answers as it is told to."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        if self.answer.startswith("250"):
            self.messages.append(envelope.content)
        return self.answer


@pytest.fixture
async def mailbox() -> AsyncIterator[tuple[Mailbox, str]]:
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box, hostname="office"), "127.0.0.1", 0)
    yield box, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


async def test_a_mail_goes_to_the_offices_server(tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    async with running(tmp_path, smtp_url=url) as suite:
        await suite.people()
        await suite.matched()
        await suite.settle()
        [sent] = await suite.items("officer", "/deliveries", channel="email")
    assert sent["state"] == "sent"
    assert len(box.messages) == 1
    assert sent["id"].encode() in box.messages[0]


async def test_a_refused_address_fails_with_the_reason(tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.answer = "550 no such user"
    async with running(tmp_path, smtp_url=url) as suite:
        await suite.people()
        await suite.matched()
        await suite.settle()
        [failed] = await suite.items("officer", "/deliveries", channel="email")
    assert failed["state"] == "failed"
    assert "代码550" in failed["reason"]


async def test_a_busy_server_is_tried_again_later(tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.answer = "451 try later"
    async with running(tmp_path, smtp_url=url) as suite:
        await suite.people()
        await suite.matched()
        await suite.settle()
        [waiting] = await suite.items("officer", "/deliveries", channel="email")
        assert (waiting["state"], waiting["attempts"]) == ("queued", 1)
        box.answer = "250 OK"
        suite.clock.advance(timedelta(minutes=1))
        await suite.settle()
        [sent] = await suite.items("officer", "/deliveries", channel="email")
    assert (sent["state"], sent["attempts"]) == ("sent", 2)
    assert len(box.messages) == 1


async def test_a_server_that_stays_away_ends_as_a_failure(tmp_path: Path) -> None:
    async with running(tmp_path, smtp_url="smtp://127.0.0.1:9") as suite:
        await suite.people()
        await suite.matched()
        for _ in range(10):
            await suite.settle()
            suite.clock.advance(timedelta(hours=1))
        [failed] = await suite.items("officer", "/deliveries", channel="email")
    assert failed["state"] == "failed"
    assert "连不上邮件服务器" in failed["reason"]


async def left_in_sending(suite: Suite) -> None:
    """Leave a mail as a process leaves it that dies between claim and record."""
    await suite.people()
    store = Deliveries(suite.ports.store)
    stored = await store.add(delivery())
    assert await store.save(stored, stored.delivery.claim(suite.clock.now())) is not None


async def test_a_mail_left_in_sending_is_sent_again_under_the_same_message_id(tmp_path: Path) -> None:
    async with running(tmp_path) as suite:
        await left_in_sending(suite)
    async with running(tmp_path) as suite:
        await suite.settle()
        [sent] = await suite.items("officer", "/deliveries")
        assert (sent["state"], sent["attempts"]) == ("sent", 2)
        [mail] = suite.mails()
        assert b"<delivery-1@localhost>" in mail.read_bytes()


class OnceOnly:
    """A channel that must not repeat, as chat robots are."""

    name = ChannelName.EMAIL
    repeatable = False

    async def send(self, outgoing: Outgoing) -> None:
        raise AssertionError("it must not be sent again")


async def test_a_channel_that_must_not_repeat_leaves_it_in_doubt(suite: Suite) -> None:
    await left_in_sending(suite)
    await Sender(suite.ports, [OnceOnly()]).recover()
    [doubted] = await suite.items("admin", "/deliveries")
    assert doubted["state"] == "in_doubt"
    assert "请人工核实" in doubted["reason"]


DIES = """
import asyncio, sys
from pathlib import Path
from tests.notify.conftest import running

async def main():
    async with running(Path(sys.argv[1])) as suite:
        await suite.people()
        await suite.matched()
        await suite.settle()

asyncio.run(main())
"""


@pytest.mark.parametrize("failpoint", ["notify.claim_to_sent", "notify.sent_to_record"])
@pytest.mark.parametrize("count", [1, 2])
async def test_killed_while_sending_nothing_is_lost_or_doubled(tmp_path: Path, failpoint: str, count: int) -> None:
    command = [sys.executable, "-c", DIES, str(tmp_path)]
    environment = os.environ | {"QUCE_FAILPOINT": f"{failpoint}:{count}", "PYTHONPATH": str(Path.cwd())}
    died = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    async with running(tmp_path) as suite:
        await suite.settle()
        deliveries = await suite.items("admin", "/deliveries")
        assert {(each["channel"], each["state"]) for each in deliveries} == {("in_app", "sent"), ("email", "sent")}
        assert len(await suite.items("officer", "/notifications")) == 1
        assert len(suite.mails()) == 1


def test_every_message_has_a_template_in_both_languages(root: Path) -> None:
    templates = {path.name for path in (root / "services/notify/templates").glob("*.j2")}
    chinese = {name.removesuffix(".zh-CN.j2") for name in templates if name.endswith(".zh-CN.j2")}
    english = {name.removesuffix(".en.j2") for name in templates if name.endswith(".en.j2")}
    assert chinese == english
    sent = {(kind, channel) for kind, ways in DEFAULTS.items() for channel, when in ways.items() if when is When.NOW}
    assert {kind for kind, _ in sent} == set(Kind)
    # what is posted says the title that the app shows
    words = {(kind, ChannelName.IN_APP if channel is ChannelName.WEBHOOK else channel) for kind, channel in sent}
    assert {f"{kind.value}.{channel.value}" for kind, channel in words} <= chinese

"""What becomes of a delivery when servers refuse, vanish, or this process dies between claim and record."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.channels.email import transport_for
from services.notify.channels.port import ChannelBusy
from services.notify.model.delivery import ChannelName, IllegalMove, Kind, State
from services.notify.preferences import DEFAULTS, When
from tests.disks import full_disk, left_in
from tests.notify.conftest import MONDAY, running, until
from tests.notify.deliveries import delivery, left_in_sending, mail_of_a_match
from tests.notify.mailbox import Mailbox, mailbox

__all__ = ["mailbox"]

FINAL = {State.SENT, State.FAILED, State.IN_DOUBT}


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


async def test_a_mail_goes_to_the_offices_server(tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    async with running(tmp_path, smtp_url=url) as suite:
        sent = await mail_of_a_match(suite)
    assert sent["state"] == "sent"
    assert len(box.messages) == 1
    assert sent["id"].encode() in box.messages[0]


async def test_a_refused_address_fails_with_the_reason(tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.answer = "550 no such user"
    async with running(tmp_path, smtp_url=url) as suite:
        failed = await mail_of_a_match(suite)
    assert failed["state"] == "failed"
    assert "代码550" in failed["reason"]


async def test_a_busy_server_is_tried_again_later(tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.answer = "451 try later"
    async with running(tmp_path, smtp_url=url) as suite:
        waiting = await mail_of_a_match(suite)
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


async def test_a_mail_left_in_sending_is_sent_again_under_the_same_message_id(tmp_path: Path) -> None:
    async with running(tmp_path) as suite:
        await left_in_sending(suite)
    async with running(tmp_path) as suite:
        await suite.settle()
        [sent] = await suite.items("officer", "/deliveries")
        assert (sent["state"], sent["attempts"]) == ("sent", 2)
        [mail] = suite.mails()
        assert b"<delivery-1@localhost>" in mail.read_bytes()


async def test_a_service_that_stops_finishes_the_mail_under_way(tmp_path: Path, mailbox: tuple[Mailbox, str]) -> None:
    box, url = mailbox
    box.takes = 0.3
    async with running(tmp_path, smtp_url=url) as suite:
        await suite.people()
        await suite.matched()
        await until(partial(_arrived, box))
    async with running(tmp_path) as suite:
        [sent] = await suite.items("officer", "/deliveries", channel="email")
    assert (sent["state"], sent["attempts"]) == ("sent", 1)


async def _arrived(box: Mailbox) -> bool:
    return bool(box.messages)


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


async def test_a_mail_that_finds_no_room_is_tried_again(tmp_path: Path) -> None:
    message = EmailMessage()
    message.set_content("x" * 5000)
    folder = transport_for(None, tmp_path / "mail")
    with full_disk(100), pytest.raises(ChannelBusy, match="磁盘空间"):
        await folder.hand_over("d1", message)
    assert left_in(tmp_path) == []
    await folder.hand_over("d1", message)
    assert left_in(tmp_path) == ["d1.eml"]

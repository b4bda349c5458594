"""Mails as files: whole ones only, whatever befell who wrote them."""

from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

from services.notify.channels.email import Email, transport_for
from services.notify.channels.port import Outgoing
from services.notify.model.delivery import Kind


def test_what_was_left_half_written_is_taken_away_and_mails_stay(tmp_path: Path) -> None:
    for name in ("one.eml", "one.0a1b2c3d.part", "two.4e5f6a7b.part"):
        (tmp_path / name).write_bytes(b"Subject: half")
    transport_for(None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["one.eml"]


def test_a_folder_that_is_not_there_yet_is_no_trouble(tmp_path: Path) -> None:
    transport_for(None, tmp_path / "mail")
    assert list(tmp_path.iterdir()) == []


class Kept(list[EmailMessage]):
    """Where mails leave the house: nowhere."""

    async def hand_over(self, _delivery: str, message: EmailMessage) -> None:
        """Keep it."""
        self.append(message)


async def test_mails_share_the_classes_of_their_headers() -> None:
    """A class made for each header of each mail is left to the garbage collector, which stops everybody."""
    mails = Kept()
    channel = Email(mails, "quce@example.com", "http://quce.example.com")
    for number, name in enumerate(("王一", "李二")):
        context = {"title": name, "first": True, "standing": []}
        at, address = f"2026-11-30T08:00:0{number}.000000Z", f"officer-{number}@example.com"
        outgoing = Outgoing(f"d{number}", Kind.MATCHED, "officer", name, address, "zh-CN", "/leads/1", at, "1", context)
        await (await channel.prepare(outgoing))()
    first, second = mails
    assert [type(value) for value in first.values()] == [type(value) for value in second.values()]
    assert (first["To"].addresses[0].display_name, second["To"].addresses[0].display_name) == ("王一", "李二")

"""Mails as files: whole ones only, whatever befell who wrote them."""

from __future__ import annotations

from pathlib import Path

from services.notify.channels.email import transport_for


def test_what_was_left_half_written_is_taken_away_and_mails_stay(tmp_path: Path) -> None:
    for name in ("one.eml", "one.0a1b2c3d.part", "two.4e5f6a7b.part"):
        (tmp_path / name).write_bytes(b"Subject: half")
    transport_for(None, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["one.eml"]


def test_a_folder_that_is_not_there_yet_is_no_trouble(tmp_path: Path) -> None:
    transport_for(None, tmp_path / "mail")
    assert list(tmp_path.iterdir()) == []

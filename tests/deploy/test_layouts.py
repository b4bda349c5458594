"""Files of an earlier layout are brought on, step by step; others are left as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.backup.layouts import upgrade_layout
from deploy.inspecting import integrity
from kit.sqlite import LAYOUT, Connection, FileRefused, connect, rows


def laid_out(path: Path, layout: int) -> Path:
    connection = connect(path)
    connection.execute("CREATE TABLE old (a)")
    connection.execute("INSERT INTO old VALUES (1)")
    connection.pragma("user_version", layout)
    connection.close()
    return path


def rename(connection: Connection) -> None:
    connection.execute("ALTER TABLE old RENAME TO new")


def test_an_earlier_file_takes_each_step(tmp_path: Path) -> None:
    path = laid_out(tmp_path / "earlier.db", LAYOUT - 1)
    assert upgrade_layout(path, {LAYOUT - 1: rename}) == LAYOUT - 1
    assert integrity(path) == "ok"
    connection = connect(path)
    assert rows(connection, "SELECT a FROM new") == [(1,)]
    connection.close()


def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = laid_out(tmp_path / "earlier.db", LAYOUT - 1)

    def fail(connection: Connection) -> None:
        rename(connection)
        raise RuntimeError("not today")

    with pytest.raises(RuntimeError, match="not today"):
        upgrade_layout(path, {LAYOUT - 1: fail})
    assert upgrade_layout(path, {LAYOUT - 1: rename}) == LAYOUT - 1


def test_a_present_file_stays(tmp_path: Path) -> None:
    path = laid_out(tmp_path / "present.db", LAYOUT)
    before = path.read_bytes()
    assert upgrade_layout(path) == LAYOUT
    assert path.read_bytes() == before


@pytest.mark.parametrize("layout", [LAYOUT + 1, LAYOUT - 1])
def test_a_file_no_step_leads_on_from_is_refused(tmp_path: Path, layout: int) -> None:
    with pytest.raises(FileRefused, match=str(layout)):
        upgrade_layout(laid_out(tmp_path / "other.db", layout))

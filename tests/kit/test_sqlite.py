"""Files that must not be opened, and commits that share a sync."""

from __future__ import annotations

import asyncio
from pathlib import Path

import apsw
import pytest

from deploy.inspecting import integrity
from kit.sqlite import LAYOUT, FileClosed, FileRefused, SqliteFile, connect, rows


async def test_a_new_file_carries_its_layout(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "new.db")
    assert file.near(lambda connection: rows(connection, "PRAGMA user_version")) == [(LAYOUT,)]
    await file.close()
    again = SqliteFile(tmp_path / "new.db")
    await again.close()


@pytest.mark.parametrize(("version", "words"), [(LAYOUT + 1, "升级"), (0, "更早")])
def test_a_file_of_another_layout_is_refused_in_words(tmp_path: Path, version: int, words: str) -> None:
    path = tmp_path / "other.db"
    connection = connect(path)
    connection.execute("CREATE TABLE old (a)")
    connection.pragma("user_version", version)
    connection.close()
    with pytest.raises(FileRefused, match=words):
        SqliteFile(path)


def test_what_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(b"this is a text of more than a hundred bytes" * 10)
    with pytest.raises(FileRefused, match="备份"):
        SqliteFile(path)


async def test_a_failing_write_does_not_take_others_with_it(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    file = SqliteFile(path)
    await file.write(lambda connection: connection.execute("CREATE TABLE t (a PRIMARY KEY)").fetchall())

    async def insert(value: int) -> object:
        return await file.write(lambda connection: connection.execute("INSERT INTO t VALUES (?)", (value,)).fetchall())

    outcomes = await asyncio.gather(*(insert(number % 20) for number in range(40)), return_exceptions=True)
    assert sum(isinstance(outcome, apsw.ConstraintError) for outcome in outcomes) == 20
    assert await file.read(lambda connection: rows(connection, "SELECT count(*) FROM t")) == [(20,)]
    await file.close()
    assert integrity(path) == "ok"
    with pytest.raises(FileClosed):
        await insert(99)


async def test_a_long_read_leaves_the_loop_and_still_answers(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "long.db")
    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) SELECT count(*) FROM n"
    assert await file.read(lambda connection: rows(connection, count)) == [(200_000,)]
    await file.close()

"""A full disk: said in words, nothing half done, and work goes on once there is room."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from deploy.inspecting import integrity
from kit.blobs.folder import FolderBlobs
from kit.errors import Problem, StoreFull, tells_of_full_disk
from kit.sqlite import Connection, SqliteFile, rows
from tests.disks import full_disk, left_in

LARGE = "x" * 20_000


async def numbers(file: SqliteFile) -> list[int]:
    return [number for (number,) in await file.read(lambda found: rows(found, "SELECT n FROM t ORDER BY n"))]


async def insert(file: SqliteFile, number: int, text: str = LARGE) -> None:
    await file.write(lambda found: found.execute("INSERT INTO t VALUES (?, ?)", (number, text)).fetchall())


@pytest.fixture
async def file(tmp_path: Path) -> SqliteFile:
    opened = SqliteFile(tmp_path / "kept.db")
    await opened.write(lambda found: found.execute("CREATE TABLE t (n PRIMARY KEY, text)").fetchall())
    await insert(opened, 1)
    return opened


@pytest.mark.parametrize("text", [LARGE, LARGE * 1000], ids=["at the commit", "before the commit"])
async def test_a_disk_without_space_refuses_writes_and_nothing_else(file: SqliteFile, text: str) -> None:
    with full_disk():
        outcomes = await asyncio.gather(*(insert(file, number, text) for number in range(2, 6)), return_exceptions=True)
        assert [type(each) for each in outcomes] == [StoreFull] * 4
        assert await numbers(file) == [1]
    await insert(file, 2)
    assert await numbers(file) == [1, 2]
    await file.close()
    assert integrity(file.path) == "ok"


async def test_a_database_without_pages_refuses_writes_and_nothing_else(file: SqliteFile) -> None:
    """What SQLite itself says of a full disk, which a limit of the system does not make it say."""

    def leave_no_room(found: Connection) -> int:
        before = int(found.pragma("max_page_count"))
        found.pragma("max_page_count", found.pragma("page_count"))
        return before

    before = await file.write(leave_no_room)
    with pytest.raises(StoreFull):
        await insert(file, 2)
    assert await numbers(file) == [1]
    await file.write(lambda found: found.pragma("max_page_count", before))
    await insert(file, 2)
    assert await numbers(file) == [1, 2]
    await file.close()
    assert integrity(file.path) == "ok"


async def test_a_file_that_finds_no_room_leaves_nothing_behind(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path, b"secret")
    with full_disk(1000):
        with pytest.raises(OSError, match="large") as met:
            await blobs.put(b"x" * 5000)
        assert tells_of_full_disk(met.value)
        assert left_in(tmp_path) == []
    key = await blobs.put(b"x" * 5000)
    assert len(await blobs.open(key)) == 5000


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "no space"), True),
        (OSError(errno.EDQUOT, "quota"), True),
        (StoreFull(), True),
        (OSError(errno.EIO, "broken"), False),
        (Problem("another"), False),
    ],
)
def test_what_tells_of_a_full_disk(error: Exception, full: bool) -> None:
    assert tells_of_full_disk(error) is full

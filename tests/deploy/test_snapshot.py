"""Snapshots: files copied while they are written show one instant, the same in all of them."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path

from deploy.backup.snapshot import cut
from deploy.inspecting import integrity
from kit.sqlite import LAYOUT, Connection, SqliteFile, connect, rows

WRITERS = 4
CUTS = 12
PADDING = "x" * 4000


def value_of(path: Path, writer: int) -> int:
    connection = connect(path)
    try:
        found: int = rows(connection, "SELECT COALESCE(MAX(value), 0) FROM steps WHERE writer = ?", (writer,))[0][0]
        return found
    finally:
        connection.close()


async def opened(path: Path) -> SqliteFile:
    file = SqliteFile(path)
    await file.write(lambda connection: connection.execute("CREATE TABLE steps (writer, value, padding)").fetchall())
    return file


async def step(file: SqliteFile, writer: int, value: int) -> None:
    def insert(connection: Connection) -> None:
        connection.execute("INSERT INTO steps VALUES (?, ?, ?)", (writer, value, PADDING))

    await file.write(insert)


def copies(paths: list[Path], folder: Path) -> list[Path]:
    """A cut over all files, copied after a while in which the writers go on."""
    targets = [folder / f"copy-{path.name}" for path in paths]
    with cut(paths, lambda: None) as snapshots:
        for snapshot, target in zip(snapshots, targets, strict=True):
            assert snapshot.layout == LAYOUT
            snapshot.copy(target)
    return targets


async def test_a_cut_shows_one_instant_of_all_files_under_load(tmp_path: Path) -> None:
    first, second = await opened(tmp_path / "first.db"), await opened(tmp_path / "second.db")
    stopping = asyncio.Event()

    async def write(writer: int) -> None:
        for value in count(1):
            await step(first, writer, value)
            await step(second, writer, value)
            if stopping.is_set():
                return

    writing = [asyncio.create_task(write(writer)) for writer in range(WRITERS)]
    seen = []
    for number in range(CUTS):
        folder = tmp_path / f"cut-{number}"
        folder.mkdir()
        a, b = await asyncio.to_thread(copies, [first.path, second.path], folder)
        assert integrity(a) == integrity(b) == "ok"
        for writer in range(WRITERS):
            # Each writes to the first file, then to the second: an instant shows at most one step between them.
            assert value_of(a, writer) - value_of(b, writer) in (0, 1)
        seen.append(value_of(a, 0))
    stopping.set()
    await asyncio.gather(*writing)
    await first.close()
    await second.close()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0], "the writers stood still, so nothing was proven"


async def test_what_is_written_after_the_cut_is_not_in_it(tmp_path: Path) -> None:
    file = await opened(tmp_path / "one.db")
    await step(file, 0, 1)
    with cut([file.path], lambda: None) as (snapshot,):
        for value in range(2, 400):
            await step(file, 0, value)
        await asyncio.to_thread(snapshot.copy, tmp_path / "copy.db")
    assert value_of(tmp_path / "copy.db", 0) == 1
    assert value_of(file.path, 0) == 399
    await file.close()


async def test_nothing_is_written_while_the_cut_is_marked(tmp_path: Path) -> None:
    file = await opened(tmp_path / "one.db")
    loop = asyncio.get_running_loop()
    seen: list[bool] = []

    def at_the_cut() -> None:
        writing = asyncio.run_coroutine_threadsafe(step(file, 0, 1), loop)
        try:
            writing.result(0.3)
        except TimeoutError:
            seen.append(True)

    def mark() -> None:
        with cut([file.path], at_the_cut):
            pass

    await asyncio.to_thread(mark)
    await step(file, 0, 2)
    assert value_of(file.path, 0) == 2
    assert seen == [True]
    await file.close()


async def test_a_closed_file_is_copied_too(tmp_path: Path) -> None:
    file = await opened(tmp_path / "one.db")
    await step(file, 0, 7)
    await file.close()
    (target,) = copies([file.path], tmp_path)
    assert value_of(target, 0) == 7

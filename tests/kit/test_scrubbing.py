"""The promise of the SQLite store to forget: after a scrub no file holds what was erased or replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kit.store.port import Matches
from kit.store.sqlite import SqliteStore
from tests.ports.things import ALL, THINGS, thing


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    adapter = SqliteStore(tmp_path / "store.db")
    await adapter.ensure(THINGS)
    yield adapter
    await adapter.close()


def list_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("way", ["erased", "replaced"])
async def test_after_a_scrub_no_byte_of_it_is_left(store: SqliteStore, tmp_path: Path, way: str) -> None:
    note = "unmistakable-" * 400
    kept = [await store.save("things", thing(f"{number}", note=f"{number}", name="留下")) for number in range(200)]
    gone = await store.save("things", thing("gone", note=note, name="unmistakable", stage="unmistakable"))
    if way == "erased":
        await store.erase("things", "gone")
    else:
        await store.save("things", gone.with_body({"note": "short"}))
    await store.scrub()
    contents = {path.name: path.read_bytes() for path in list_files(tmp_path)}
    assert contents
    assert [name for name, content in contents.items() if b"unmistakable" in content] == []
    assert (await store.get("things", ALL, "7")) == kept[7]
    found = await store.find("things", ALL, [Matches("留下")], limit=200)
    assert len(found.records) == 200


async def test_a_scrub_waits_for_nobody_who_only_reads_now_and_then(store: SqliteStore) -> None:
    await asyncio.gather(*(store.save("things", thing(f"{number}", note="x")) for number in range(50)), store.scrub())
    assert (await store.tally("things", ALL))[0].count == 50

"""The blob port's contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.blobs.folder import FolderBlobs
from kit.blobs.port import Blobs
from kit.errors import NotFound


@pytest.fixture(params=["folder"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return {"folder": FolderBlobs}[request.param](tmp_path, b"secret")


async def test_content_comes_back_whole_and_in_ranges(blobs: Blobs) -> None:
    key = await blobs.put(b"0123456789")
    assert await blobs.open(key) == b"0123456789"
    assert await blobs.open(key, 2, 5) == b"234"
    assert await blobs.open(key, 8) == b"89"


async def test_the_same_content_has_one_key_that_tells_nothing(blobs: Blobs, tmp_path: Path) -> None:
    assert await blobs.put(b"a") == await blobs.put(b"a")
    other = FolderBlobs(tmp_path / "other", b"another secret")
    assert await other.put(b"a") != await blobs.put(b"a")


async def test_deleted_or_unknown_content_is_not_found(blobs: Blobs) -> None:
    key = await blobs.put(b"a")
    await blobs.delete(key)
    await blobs.delete(key)
    for missing in (key, "../../etc/passwd", "0" * 64):
        with pytest.raises(NotFound):
            await blobs.open(missing)

"""The blob port's contract."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from kit.blobs.port import Blobs
from kit.errors import NotFound


async def test_content_comes_back_whole_and_in_ranges(blobs: Blobs) -> None:
    key = await blobs.put(b"0123456789")
    assert await blobs.open(key) == b"0123456789"
    assert await blobs.open(key, 2, 5) == b"234"
    assert await blobs.open(key, 8) == b"89"


async def test_the_same_content_has_one_key_that_tells_nothing(open_blobs: Callable[[bytes], Blobs]) -> None:
    one, other = open_blobs(b"secret"), open_blobs(b"another secret")
    assert await one.put(b"a") == await one.put(b"a")
    assert await other.put(b"a") != await one.put(b"a")


@pytest.mark.parametrize("size", [0, 1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 5 * 1024 * 1024 + 7])
async def test_content_of_any_size_comes_back(blobs: Blobs, size: int) -> None:
    content = random.Random(size).randbytes(size)  # noqa: S311 - test data
    key = await blobs.put(content)
    assert await blobs.open(key) == content
    for start in {0, 1, size // 2, 256 * 1024, size}:
        for end in (None, start, start + 1, start + 300_000, size):
            assert await blobs.open(key, start, end) == content[start:end]


async def test_deleted_or_unknown_content_is_not_found(blobs: Blobs) -> None:
    key = await blobs.put(b"a")
    await blobs.delete(key)
    await blobs.delete(key)
    for missing in (key, "../../etc/passwd", "0" * 64):
        with pytest.raises(NotFound):
            await blobs.open(missing)

"""Copies the files of a service; a file's key is an HMAC of its content, and so its own checksum."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from deploy.migration.errors import MoveRefused
from deploy.migration.journal import Figure
from kit.blobs.folder import FolderBlobs
from kit.blobs.port import Blobs

KEY_LENGTH = 64


class Files(Protocol):
    """The files of one service at one end."""

    blobs: Blobs

    async def keys(self) -> list[str]:
        """What there is, in order."""
        ...

    async def close(self) -> None:
        """Let them go."""
        ...


class FolderFiles:
    """Files in a folder."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self.blobs: Blobs = FolderBlobs(folder, secret)
        self._folder = folder

    async def keys(self) -> list[str]:
        """What has its own name; what was being written has another."""
        return sorted(path.name for path in self._folder.glob("??/*") if len(path.name) == KEY_LENGTH)

    async def close(self) -> None:
        """Nothing is held."""
        await self.blobs.close()


async def copy_files(source: Files, target: Files, done: Callable[[int], None]) -> None:
    """Put every file that is not there, one at a time.

    Raises:
        MoveRefused: a file is not what was once put there.
    """
    there = set(await target.keys())
    for key in await source.keys():
        if key not in there and await target.blobs.put(await source.blobs.open(key)) != key:
            raise MoveRefused(
                f"文件 {key[:12]}… 的内容与存入时不同：已损坏，或密钥（keys/）不是这套数据的。请从备份恢复后再迁移。"
            )
        done(1)


async def figure_of(files: Files) -> Figure:
    """How many files there are, and a checksum over all their contents."""
    digest, keys = sha256(), await files.keys()
    for key in keys:
        digest.update(key.encode() + sha256(await files.blobs.open(key)).digest())
    return Figure(count=len(keys), checksum=digest.hexdigest())

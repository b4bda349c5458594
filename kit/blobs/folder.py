"""The blobs of the embedded default: files in a folder, written beside and renamed into place."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from pathlib import Path

from kit.errors import NotFound
from kit.secrets import write_private


class FolderBlobs:
    """Content under ``<folder>/<first two>/<key>``."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder = folder
        self._secret = secret

    async def put(self, content: bytes) -> str:
        """Store durably and give the key."""
        key = hmac.digest(self._secret, content, hashlib.sha256).hex()
        await asyncio.to_thread(_write, self._path(key), content)
        return key

    async def open(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Read a range.

        Raises:
            NotFound: there is no such content.
        """
        try:
            return await asyncio.to_thread(_read, self._path(key), start, end)
        except FileNotFoundError as error:
            raise NotFound("没有找到这个文件，它可能已被删除。") from error

    async def delete(self, key: str) -> None:
        """Remove."""
        await asyncio.to_thread(self._path(key).unlink, missing_ok=True)

    async def close(self) -> None:
        """Nothing is held."""

    def _path(self, key: str) -> Path:
        if len(key) != 64 or not key.isalnum():
            raise NotFound("没有找到这个文件，它可能已被删除。")
        return self._folder / key[:2] / key


def _write(path: Path, content: bytes) -> None:
    if not path.exists():
        write_private(path, content, over=True)


def _read(path: Path, start: int, end: int | None) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(-1 if end is None else max(0, end - start))

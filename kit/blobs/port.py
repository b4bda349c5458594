"""The blob port: file content under a key that is an HMAC of it, so that keys tell nothing and repeats cost nothing."""

from __future__ import annotations

from typing import Protocol


class Blobs(Protocol):
    """Content by key; who may read it is the affair of the record that holds the key."""

    async def put(self, content: bytes) -> str:
        """Store durably and give the key; the same content gives the same key."""
        ...

    async def open(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes from ``start`` to before ``end``.

        Raises:
            kit.errors.NotFound: there is none.
        """
        ...

    async def delete(self, key: str) -> None:
        """Remove; removing what is not there is no error."""
        ...

    async def close(self) -> None:
        """Let go of what is held."""
        ...

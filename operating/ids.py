"""Identifiers: derived where a repeat must meet itself, random where a stranger must not guess."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid

_VERSION_8 = 0x8000
_VARIANT = 0x8000000000000000


def derive_id(secret: bytes, *parts: str) -> str:
    """A UUIDv8 (RFC 9562) that the same secret and parts always give, and nobody else can."""
    message = "\x1f".join(parts).encode()
    return _as_uuid8(hmac.digest(secret, message, hashlib.sha256)[:16])


def random_id() -> str:
    """A UUIDv8 of random bits, for tracking codes and saved decisions."""
    return _as_uuid8(secrets.token_bytes(16))


def content_digest(content: bytes) -> str:
    """SHA-256 of ``content`` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _as_uuid8(raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    number &= ~(0xF000 << 64) & ~(0xC000 << 48)
    number |= _VERSION_8 << 64 | _VARIANT
    return str(uuid.UUID(int=number))

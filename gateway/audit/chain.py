"""The chain of an office's log: every entry holds the digest of the one before, and a seal that takes the key. Pure.

The digests can be computed again by anybody (SHA-256 over canonical JSON); the seals keep somebody who can write
to the store, and not read the keys, from making a chain of their own.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import orjson

BEGINNING = "0" * 64
"""What the first entry follows."""
Body = dict[str, Any]


def sealing_key(secret: bytes) -> bytes:
    """The key of the seals, from the secret of the installation."""
    return hmac.digest(secret, b"audit log", hashlib.sha256)


def sealed(key: bytes, content: Body) -> Body:
    """The content with its ``hash`` and ``seal``."""
    digest = digest_of(content)
    return content | {"hash": digest, "seal": hmac.digest(key, digest.encode(), hashlib.sha256).hex()}


def holds(key: bytes, body: Body) -> bool:
    """Whether a body is what was sealed."""
    content = {name: value for name, value in body.items() if name not in ("hash", "seal")}
    try:
        expected = sealed(key, content)
    except (TypeError, orjson.JSONEncodeError):
        return False
    return _same(expected["hash"], body.get("hash")) and _same(expected["seal"], body.get("seal"))


def digest_of(content: Body) -> str:
    """SHA-256 over canonical JSON, in hexadecimal."""
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _same(expected: str, given: object) -> bool:
    return isinstance(given, str) and hmac.compare_digest(expected.encode(), given.encode())

"""Browsers that somebody signed in with before: known by a cookie, so that strangers cannot lock their owner out.

The cookie opens nothing. It names one account, and counts the wrong passwords of that browser apart from all others'.
"""

from __future__ import annotations

import hmac
import secrets

_KINDS = (
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("MicroMessenger", "微信"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def issue_device(secret: bytes, account: str) -> str:
    """A new cookie for a browser of this account."""
    said = f"{account}.{secrets.token_urlsafe(16)}"
    return f"{said}.{_signature(secret, said)}"


def known_device(secret: bytes, account: str, cookie: str) -> str | None:
    """The browser's own name, where the cookie is ours and was given to this account."""
    said, _, signature = cookie.rpartition(".")
    if not hmac.compare_digest(_signature(secret, said).encode(), signature.encode()):
        return None
    owner, _, name = said.partition(".")
    return name if owner == account else None


def browser_kind(agent: str) -> str:
    """What a person calls the browser that says this of itself; nothing finer is kept."""
    kind = next((name for mark, name in _KINDS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " · ".join(each for each in (kind, system) if each)


def _signature(secret: bytes, said: str) -> str:
    return hmac.new(secret, b"device\x1f" + said.encode(), "sha256").hexdigest()

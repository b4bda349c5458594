"""Which service answers which path under ``/api/v1``, how long it may take, how much it may be sent."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.forms import SAFE_METHODS
from gateway.settings import API, JSON_LIMIT, LONG_SECONDS, READ_SECONDS, UPLOAD_LIMIT, WRITE_SECONDS
from kit.errors import NotFound

SERVICES: Mapping[str, str] = {
    "leads": "leads",
    "investors": "leads",
    "contacts": "leads",
    "imports": "leads",
    "exports": "leads",
    "jobs": "leads",
    "enquiries": "leads",
    "duties": "leads",
    "projects": "leads",
    "eligibility": "incentives",
    "decisions": "incentives",
    "zones": "incentives",
    "policies": "incentives",
    "industry-codes": "incentives",
    "notifications": "notify",
    "digests": "notify",
    "deliveries": "notify",
    "reports": "notify",
    "recipients": "notify",
}
"""By the first part of the path."""

PARTS: Mapping[tuple[str, str], str] = {("leads", "matches"): "incentives"}
"""By the first and third part, where another service answers than for the rest."""

OF_EACH = frozenset({"dead-letters", "system"})
"""What every app answers of itself: the second part of the path names it."""
APPS = (*dict.fromkeys(SERVICES.values()), "gateway")
"""All of them, the edge included, which asks itself as it asks the services."""

OWN = frozenset({"accounts", "invitations", "sessions", "tokens", "setup", "backups", "audit"})
"""What the edge answers itself."""

BENCH = {"bench": "leads"}
"""The empty routes that benchmarks compare with."""

_LONG = frozenset({("imports", "POST"), ("digests", "POST"), ("industry-codes", "POST"), ("policies", "POST")})
_UPLOADS = (f"{API}/imports", "/imports")
_HIDDEN = ("", ".", "..")
_QUERIES = (f"{API}/eligibility", f"{API}/policies/check")
_DRY_RUN = "/dry-run"


class Table:
    """The ways of an installation."""

    def __init__(self, *, bench: bool = False) -> None:
        self._services = {**SERVICES, **(BENCH if bench else {})}

    def takes(self, path: str) -> bool:
        """Whether a path (without the prefix) is not one of the edge's own, so that here is decided who answers it."""
        return path.startswith("/") and path.split("/", 2)[1] not in OWN

    def service(self, path: str) -> str:
        """The service that answers a path (decoded, without the prefix).

        Raises:
            NotFound: no service does.
        """
        parts = path.split("/")[1:]
        own = parts[1] if parts[0] in OF_EACH and len(parts) > 1 and parts[1] in APPS else None
        service = own or self._services.get(parts[0])
        if service is None or any(part in _HIDDEN for part in parts):
            raise NotFound("没有这个地址，请检查路径。")
        return PARTS.get((parts[0], parts[2]), service) if len(parts) > 2 else service


def changes(method: str, path: str) -> bool:
    """Whether a request asks for a change: all but reading, and questions that are posted."""
    asks = method == "POST" and (path in _QUERIES or path.endswith(_DRY_RUN))
    return method not in SAFE_METHODS and not asks


def seconds_for(method: str, path: str) -> float:
    """How long a service may take."""
    if (path.split("/", 2)[1], method) in _LONG:
        return LONG_SECONDS
    return READ_SECONDS if method == "GET" else WRITE_SECONDS


def takes_files(path: str) -> bool:
    """Whether files may be sent to a path: only where there are imports."""
    return path.startswith(_UPLOADS)


def body_limit(path: str) -> int:
    """How much a request may carry."""
    return UPLOAD_LIMIT if takes_files(path) else JSON_LIMIT

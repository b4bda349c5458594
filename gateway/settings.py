"""What the edge keeps to: how long sign-ins last, how often one may try, how long a service may take."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Self

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

SERVICE = "gateway"
API = "/api/v1"
IDENTITY = "gateway:identity"
"""The reader under which the edge itself looks up accounts, sessions and tokens, before anybody is known."""
ADMINISTRATORS = "administrators"
OPERATOR = "operator"
"""The role in what the command line signs with the machine's own keys."""

COOKIE = "quce"
SECURE_COOKIE = "__Host-quce"
CSRF_HEADER = b"x-csrf-token"
CSRF_FIELD = "csrf"

SESSION_IDLE = timedelta(hours=8)
SESSION_LONGEST = timedelta(hours=24)
SESSION_TOUCH = timedelta(minutes=2)
"""How stale the instant of last use may get before it is written again."""
NONCE_LIFE = timedelta(hours=12)

DEVICE_COOKIE, SECURE_DEVICE_COOKIE = "quce_device", "__Host-quce_device"
DEVICE_LIFE = timedelta(days=365)
UNATTENDED = "/panels/unread"
"""Asked for by the clock: it neither keeps a session alive nor takes a page away from somebody who writes on it."""
OPEN_BEFORE_CHANGE = frozenset(
    {
        "/account/password", "/sign-in", "/sign-out", "/language",
        f"{API}/sessions", f"{API}/sessions/current", f"{API}/sessions/current/password",
    }
)  # fmt: skip
"""What somebody may do whose one-time password is still to be changed."""

SIGN_IN_FAILURES = 5
"""Of one name from one network, or of a known browser, before it has to wait."""
SIGN_IN_FAILURES_ANYWHERE = 20
"""Of one name from unknown browsers anywhere, before those have to wait."""
SIGN_IN_FIRST_WAIT = timedelta(minutes=1)
SIGN_IN_LONGEST_WAIT = timedelta(minutes=15)
SIGN_IN_FORGOTTEN = timedelta(days=1)
"""After a last failure."""
SIGN_INS_A_MINUTE = 30
"""From one address."""
VISITOR_POSTS_A_MINUTE = 120
"""From one address without an account."""
ANSWERS_A_MINUTE = 30
"""From one address without an account: what one could get, asked or saved."""
ENQUIRIES_A_MINUTE = 10
"""From one address without an account, or one organisation: enquiries, and looks at how they stand."""
ENQUIRIES_A_FORM = 4
"""A minute with one form's nonce, from however many addresses."""

HASHES_AT_ONCE = 2
HASHES_WAITING = 32

TOKEN_DAYS = 90
TOKEN_DAYS_MOST = 366
TOKEN_TOUCH = timedelta(hours=1)
"""How stale the instant of a token's last use may get before it is written again."""
INVITATION_LIFE = timedelta(days=7)
INTERNAL_TOKEN_LIFE = 60.0
"""Seconds for which one signed token is used again for the same person and service."""

JSON_LIMIT = 1024 * 1024
UPLOAD_LIMIT = 20 * 1024 * 1024 + 64 * 1024
"""20 MB packed, and what multipart adds around it."""

READ_SECONDS = 5.0
WRITE_SECONDS = 10.0
LONG_SECONDS = 60.0
"""How long a service may take; the time that people's own lines take is theirs:"""
PIECE_SECONDS = 30.0
"""Until the next piece of what somebody submits has come."""
UPLOAD_SECONDS = DOWNLOAD_SECONDS = 600.0
LONGEST_CALL = UPLOAD_SECONDS + LONG_SECONDS

CALLS_WAITING = 64
"""For a place among the calls to one service."""
PLACE_SECONDS = 2.0

RETRY_JITTER = 0.1
RETRY_SHARE = 0.1
"""Of all calls to a service, how many may be made once more where it broke off."""
RETRIES_A_MINUTE = 10.0
"""However few calls there are."""
RETRIES_SAVED = 64.0

REST_FIRST = 1.0
REST_LONGEST = 30.0
"""Of a replica that failed; twice as long each time."""
LOOK_UP_EVERY = 5.0

BREAKER_FAILURES = 5
BREAKER_WINDOW = 10.0
BREAKER_PAUSE = 10.0


class GatewaySettings(BaseSettings):
    """What an operator may set about the edge, from the environment (``QUCE_…``)."""

    model_config = SettingsConfigDict(env_prefix="QUCE_", extra="ignore", frozen=True)

    leads_url: str = Field("", description="Where replicas of leads listen, in a cluster: http://host:port, …")
    incentives_url: str = Field("", description="The same of incentives.")
    notify_url: str = Field("", description="The same of notify.")
    calls_at_once: int = Field(64, ge=1, le=1024, description="Calls of one gateway to one service under way at once.")

    @classmethod
    @cache
    def current(cls) -> Self:
        """The settings of this process, read once."""
        return cls()

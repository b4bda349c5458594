"""What the edge keeps to: how long sign-ins last, how often one may try, how long a service may take."""

from __future__ import annotations

from datetime import timedelta

SERVICE = "gateway"
API = "/api/v1"
IDENTITY = "gateway:identity"
"""The reader under which the edge itself looks up accounts, sessions and tokens, before anybody is known."""
ADMINISTRATORS = "administrators"

COOKIE = "quce"
SECURE_COOKIE = "__Host-quce"
CSRF_HEADER = b"x-csrf-token"
CSRF_FIELD = "csrf"

SESSION_IDLE = timedelta(hours=8)
SESSION_LONGEST = timedelta(hours=24)
SESSION_TOUCH = timedelta(minutes=2)
"""How stale the instant of last use may get before it is written again."""
NONCE_LIFE = timedelta(hours=12)

SIGN_IN_FAILURES = 5
SIGN_IN_WINDOW = timedelta(minutes=15)
SIGN_INS_A_MINUTE = 30
"""From one address."""
VISITOR_POSTS_A_MINUTE = 120
"""From one address without an account."""
ENQUIRIES_A_MINUTE = 10
"""From one address without an account: enquiries, and looks at how they stand."""
ENQUIRIES_A_FORM = 4
"""A minute with one form's nonce, from however many addresses."""

HASHES_AT_ONCE = 2
HASHES_WAITING = 32

TOKEN_DAYS = 90
TOKEN_DAYS_MOST = 366
INTERNAL_TOKEN_LIFE = 60.0
"""Seconds for which one signed token is used again for the same person and service."""

JSON_LIMIT = 1024 * 1024
UPLOAD_LIMIT = 20 * 1024 * 1024 + 64 * 1024
"""20 MB packed, and what multipart adds around it."""

READ_SECONDS = 5.0
WRITE_SECONDS = 10.0
LONG_SECONDS = 60.0

BREAKER_FAILURES = 5
BREAKER_WINDOW = 10.0
BREAKER_PAUSE = 10.0

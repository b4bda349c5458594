"""What notify keeps to: the hour of the digest, how long it waits for others, how old news may be."""

from __future__ import annotations

from datetime import timedelta

SERVICE = "notify"
PROJECTIONS_GROUP = "notify-projections"
DELIVERIES_GROUP = "notify-deliveries"

DIGEST_HOUR = timedelta(hours=8, minutes=53)
"""After Monday 00:00 Shanghai, when the digest of the week that just ended is sent."""
GRACE = timedelta(minutes=30)
"""How long after its hour a digest waits for a silent service."""
DIGEST_MAX_LATE = timedelta(days=7)
"""A digest missed for longer is recorded, and sent only when somebody asks for it."""
NEWS_MAX_AGE = timedelta(days=7)
"""An event older than this delivers nothing."""
DIGESTS_KEPT_IN_VIEW = 53
"""Weeks that corrections and lists look back on."""
DIGEST_TICK = timedelta(seconds=5)

CUTOFF_SERVICES = ("leads", "incentives")

MAIL_ATTEMPTS = 8
MAIL_TIMEOUT = 20.0
FIRST_RETRY = timedelta(seconds=20)
LONGEST_RETRY = timedelta(minutes=30)

CLOCK_HORIZON = timedelta(days=7)
ITEMS_SHOWN = 5
TREND_WEEKS = 12
ROWS_PER_CHUNK = 200

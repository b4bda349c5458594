"""The collections of notify. Projections can be rebuilt from the log; recipients, deliveries and digests cannot."""

from __future__ import annotations

from kit.store.port import Collection, Index

LEADS = Collection(
    "leads",
    (
        Index("stage"),
        Index("state"),
        Index("zone"),
        Index("investment_fen", "integer"),
        Index("investment_state"),
        Index("registered_week"),
        Index("signed_week"),
        Index("signed_fen", "integer"),
    ),
)
IMPORTS = Collection("imports", (Index("finished_on"),))
ACCOUNTS = Collection("accounts", (Index("role"),))
CUTOFFS = Collection("cutoffs", (Index("service"), Index("week")))
PROJECTIONS = (LEADS, IMPORTS, ACCOUNTS, CUTOFFS)

RECIPIENTS = Collection("recipients", (Index("role"),))
NOTIFICATIONS = Collection("notifications", (Index("account"), Index("at"), Index("unread", "integer")))
DELIVERIES = Collection("deliveries", (Index("state"), Index("channel"), Index("recipient"), Index("created_at")))
RETRIES = Collection("delivery_retries")
TOLD = Collection("told")
DIGESTS = Collection("digests", (Index("manager"), Index("week")))
DIGEST_ROWS = Collection("digest_rows", (Index("digest"),))

ALL = (*PROJECTIONS, RECIPIENTS, NOTIFICATIONS, DELIVERIES, RETRIES, TOLD, DIGESTS, DIGEST_ROWS)

"""What incentives stores: collections, the events of a save, and the library of compiled catalogues."""

from services.incentives.repository.collections import (
    CATALOGUE,
    CATALOGUES,
    CODE_TABLES,
    COLLECTIONS,
    DECISION_CLAIMS,
    DECISIONS,
    MATCHES,
    POLICIES,
    VERSIONS,
    NewerSchema,
    body_of,
    events_of,
    scope_of_author,
    today,
    version_id,
)
from services.incentives.repository.library import Library
from services.incentives.repository.tables import CodeTable, CodeTables

__all__ = [
    "CATALOGUE",
    "CATALOGUES",
    "CODE_TABLES",
    "COLLECTIONS",
    "DECISIONS",
    "DECISION_CLAIMS",
    "MATCHES",
    "POLICIES",
    "VERSIONS",
    "CodeTable",
    "CodeTables",
    "Library",
    "NewerSchema",
    "body_of",
    "events_of",
    "scope_of_author",
    "today",
    "version_id",
]

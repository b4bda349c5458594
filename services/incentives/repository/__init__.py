"""What incentives stores: collections, marks, the events of a save, and the library of compiled catalogues."""

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
from services.incentives.repository.library import Library, readable
from services.incentives.repository.marks import basis_of, mark_of, overtaken_by, part_of
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
    "basis_of",
    "body_of",
    "events_of",
    "mark_of",
    "overtaken_by",
    "part_of",
    "readable",
    "scope_of_author",
    "today",
    "version_id",
]

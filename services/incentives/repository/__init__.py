"""What incentives stores: collections, marks, the events of a save, answers as given, and compiled catalogues."""

from services.incentives.repository.answers import Given, keep, said
from services.incentives.repository.collections import (
    CATALOGUE,
    CATALOGUES,
    CODE_TABLES,
    COLLECTIONS,
    DECISION_CLAIMS,
    DECISIONS,
    MATCHES,
    ON_LEADS,
    POLICIES,
    VERSIONS,
    NewerSchema,
    body_of,
    events_of,
    own_reader,
    scope_of_author,
    stored_facts,
    text_hash,
    today,
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
    "ON_LEADS",
    "POLICIES",
    "VERSIONS",
    "CodeTable",
    "CodeTables",
    "Given",
    "Library",
    "NewerSchema",
    "basis_of",
    "body_of",
    "events_of",
    "keep",
    "mark_of",
    "overtaken_by",
    "own_reader",
    "part_of",
    "readable",
    "said",
    "scope_of_author",
    "stored_facts",
    "text_hash",
    "today",
]

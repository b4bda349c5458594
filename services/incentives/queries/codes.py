"""Industry codes: a page of the table that applies, or of another version."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from contracts.vocabulary.facts import FACTS
from kit.errors import BadRequest
from services.incentives.code_table import LEVEL_LABELS, CodeRow, search
from services.incentives.policy import leaves_of
from services.incentives.policy.lookups import tables_in
from services.incentives.repository import CodeTable, CodeTables, Library
from services.incentives.schemas import CodeAnswer, CodeFilter, CodePage


def codes(tables: CodeTables, day: date, wanted: CodeFilter) -> CodePage:
    """A page of codes in the table's order.

    Raises:
        CodeTableNotFound: there is no such version.
        BadRequest: the cursor is not one of this list's.
    """
    table = tables.table(wanted.version, day)
    found = search(table.rows, wanted.q, wanted.level, wanted.within)
    start = _start(wanted.cursor)
    end = start + wanted.limit
    return CodePage(
        items=[_answer(row) for row in found[start:end]],
        next=str(end) if end < len(found) else None,
        version=table.version,
        valid_from=table.valid_from.isoformat(),
        complete=table.complete,
        versions=[each.version for each in tables.versions],
    )


def missing_codes(table: CodeTable, library: Library) -> list[str]:
    """Codes that zones or policies use and a table does not have."""
    known = {row.code for row in table.rows}
    return sorted(set(_used(library)) - known)


def _used(library: Library) -> Iterable[str]:
    for profile in library.zones.values():
        for industry in profile.lead_industries:
            yield from industry.codes
    for compiled in library.current.policies.values():
        leaves = leaves_of(compiled.policy.conditions)
        tables = [table for part in (*leaves, compiled.policy.benefit) for table in tables_in(part)]
        for table in (each for each in tables if FACTS[each.by].kind == "code"):
            yield from (str(code) for case in table.cases for code in case.in_)
        for leaf in (each for each in leaves if each.measure.kind == "code" and each.op != "known"):
            yield from leaf.value if isinstance(leaf.value, list) else [str(leaf.value)]


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 8):
        raise BadRequest("cursor 无效，请用上一页答复里的 next。")
    return int(cursor)


def _answer(row: CodeRow) -> CodeAnswer:
    return CodeAnswer(
        code=row.code, level=row.level, level_label=LEVEL_LABELS[row.level], name=row.name, section=row.section
    )

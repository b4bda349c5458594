"""Industry code tables: the shipped one and complete official ones that were loaded, by the date they apply from.

A complete table is larger than a document should be; its rows are a blob, the document holds their key.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from kit.auth import Principal
from kit.errors import AlreadyExists
from kit.ports import Ports
from kit.store.port import Record, Scope
from operating.idempotency import RequestKey, remember, replay
from services.incentives.auditing import told
from services.incentives.authored import AuthoringError, AuthoringProblem, read_yaml
from services.incentives.code_table import CodeRow, ShippedTable, problems_of
from services.incentives.errors import CodeTableExists, CodeTableNotFound
from services.incentives.policy.reading import validate
from services.incentives.repository.collections import CODE_TABLES, events_of
from services.incentives.settings import CODES, SCHEMA

_ROWS: Final = TypeAdapter(list[CodeRow])
_PUBLIC: Final = frozenset({"public"})
_SCOPE: Final = Scope.of(_PUBLIC)


@dataclass(frozen=True, slots=True)
class CodeTable:
    """One dated version; ``complete`` where it is an official table and not the shipped extract."""

    version: str
    valid_from: date
    complete: bool
    rows: tuple[CodeRow, ...]


class CodeTables:
    """All versions, read once and kept."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._tables: dict[str, CodeTable] = {}
        self._loaded: set[str] = set()

    async def start(self) -> None:
        """Read the shipped table and every loaded one."""
        for table in await asyncio.to_thread(_shipped, CODES):
            self._tables[table.version] = table
        await self.catch_up()

    async def catch_up(self) -> None:
        """Read what another replica has loaded since: versions never change, and none goes."""
        (loaded,) = await self._ports.store.tally(CODE_TABLES.name, _SCOPE)
        if loaded.count > len(self._loaded):
            async for record in self._ports.store.scan(CODE_TABLES.name, _SCOPE):
                if record.id not in self._loaded:
                    await self._read(record)

    def table(self, version: str | None, as_of: date) -> CodeTable:
        """The version asked for, or the one that applies on a date.

        Raises:
            CodeTableNotFound: nobody loaded it.
        """
        if version is not None:
            if version not in self._tables:
                known = "、".join(sorted(self._tables)) or "无"
                raise CodeTableNotFound(f"没有「{version}」这一版；现有：{known}。")
            return self._tables[version]
        return max(self._tables.values(), key=lambda table: _preference(table, as_of))

    @property
    def versions(self) -> list[CodeTable]:
        """Every version, the latest first."""
        return sorted(self._tables.values(), key=lambda table: (table.valid_from, table.complete), reverse=True)

    async def add(self, table: CodeTable, loader: Principal, request: RequestKey) -> dict[str, Any]:
        """Store a complete table and give its receipt; the same table again changes nothing.

        Raises:
            CodeTableExists: the version exists with other content.
            IdempotencyMismatch: the key was used for something else.
        """
        receipt = {"version": table.version, "valid_from": table.valid_from.isoformat(), "codes": len(table.rows)}
        key = await self._ports.blobs.put(_ROWS.dump_json(list(table.rows)))
        body = {"schema_number": SCHEMA, "valid_from": receipt["valid_from"], "blob": key, "loaded_by": loader.account}
        stored = await self._ports.store.get(CODE_TABLES.name, _SCOPE, table.version)
        if stored is None:
            fresh = remember(Record(table.version, body, _PUBLIC), request, receipt)
            try:
                act = told(self._ports, loader, "codes.loaded", f"codes:{table.version}")
                events = events_of(self._ports, f"codes-{table.version}", 1, act)
                await self._ports.store.save(CODE_TABLES.name, fresh, events)
            except AlreadyExists:
                return await self.add(table, loader, request)
        elif replay(stored, request) is None and any(
            stored.body[name] != body[name] for name in ("blob", "valid_from")
        ):
            raise CodeTableExists(f"「{table.version}」已经载入，内容不能更改；更正请换一个版本名。")
        self._keep(table)
        return receipt

    async def _read(self, record: Record) -> None:
        content = await self._ports.blobs.open(record.body["blob"])
        rows = tuple(await asyncio.to_thread(_ROWS.validate_json, content))
        valid_from = date.fromisoformat(record.body["valid_from"])
        self._keep(CodeTable(record.id, valid_from, complete=True, rows=rows))

    def _keep(self, table: CodeTable) -> None:
        self._tables[table.version] = table
        self._loaded.add(table.version)


def _preference(table: CodeTable, as_of: date) -> tuple[bool, date, bool]:
    return table.valid_from <= as_of, table.valid_from, table.complete


def _shipped(folder: Path) -> list[CodeTable]:
    tables = []
    for path in sorted(folder.glob("*.yaml")):
        file = validate(ShippedTable, read_yaml(path.read_text("utf-8"), path.name))
        rows = sorted(file.rows(), key=lambda row: (row.section, row.code if len(row.code) > 1 else ""))
        wrong = [AuthoringProblem(rows[number].code, None, message) for number, message in problems_of(rows)]
        if wrong:
            raise AuthoringError(path.name, wrong)
        tables.append(CodeTable(file.version, file.in_force_from, complete=file.complete, rows=tuple(rows)))
    return tables

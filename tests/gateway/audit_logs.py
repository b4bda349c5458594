"""An audit log of some days, for tests: written, opened, verified."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from contracts.audit import AuditedChange
from contracts.leads import LeadsAudited
from gateway.audit.keeping import COLLECTIONS, Keeper
from gateway.audit.log import AuditLog
from gateway.audit.verifying import Verdict, verify
from kit.bus.sqlite import SqliteBus
from kit.clock import to_text
from kit.ports import Ports
from kit.secrets import read_secret
from operating.opening import open_ports, open_store
from tests.clocks import ManualClock
from tests.gateway.conftest import START, PlainSettings

OFFICES = ("donghu", "jingkai", "city")
ACTS = 40
"""Of each office."""
DAYS = 4
ANCHORED = 36
"""How many of them the last anchor counts. Whoever has the keys may cut what came after it, and leave no trace."""


def act(office: str, number: int, at: str) -> LeadsAudited:
    changes = [AuditedChange(field="stage", before="new", after="assessing")]
    return LeadsAudited(
        office=office, who=f"officer-{number % 3}", role="officer", what="lead.moved", subject=f"lead:{number}",
        changes=changes, at=at,
    )  # fmt: skip


@asynccontextmanager
async def opened(folder: Path, clock: ManualClock | None = None) -> AsyncIterator[tuple[Ports, AuditLog, Keeper]]:
    """The log of a data folder."""
    bus = SqliteBus(folder / "bus.db", 2)
    ports = await open_ports("gateway", PlainSettings(data=folder), bus, clock or ManualClock(START))
    await ports.store.ensure(*COLLECTIONS)
    log = AuditLog(ports)
    try:
        yield ports, log, Keeper(ports, log)
    finally:
        await ports.close()
        await bus.close()


async def written(folder: Path) -> None:
    """A log of some days, anchored each day."""
    clock = ManualClock(START)
    async with opened(folder, clock) as (_, log, keeper):
        for number in range(ACTS):
            for office in OFFICES:
                await log.append(f"{office}-{number}", act(office, number, to_text(clock.now())))
            if number % (ACTS // DAYS) == 5:
                await keeper.anchor()
                clock.advance(timedelta(days=1))


async def verdict_of(folder: Path) -> Verdict:
    """What an operator is told."""
    settings = PlainSettings(data=folder)
    store = open_store("gateway", settings)
    try:
        await store.ensure(*COLLECTIONS)
        return await verify(store, read_secret(folder / "keys" / "installation.key"), settings.audit_anchor_file)
    finally:
        await store.close()


def sql(folder: Path, statement: str, *values: Any) -> list[Any]:
    connection = sqlite3.connect(folder / "gateway.db")
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()

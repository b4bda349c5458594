"""Answers about digests: frozen ones as they were frozen, a running week as it stands."""

from __future__ import annotations

from typing import Any

from contracts.vocabulary.weeks import Week
from kit.auth import Principal
from kit.errors import BadRequest
from kit.ports import Ports
from kit.store.port import In, Record
from kit.web import PageOf, Paging
from services.notify.digest.document import Composed
from services.notify.digest.reading import compose_digest, previous_values, read_sources
from services.notify.digest.window import Window, week_title
from services.notify.errors import FigureNotFound
from services.notify.model.person import manager_readers
from services.notify.queries import digest_answers as answers
from services.notify.queries.weeks import begun_week
from services.notify.repository.collections import IMPORTS, LEADS
from services.notify.repository.deliveries import Deliveries
from services.notify.repository.digests import Digests
from services.notify.schemas import Digest, DigestListed, FigureRecord

_OF_KIND = {"lead": LEADS.name, "import": IMPORTS.name}


class DigestReader:
    """One manager's digests."""

    def __init__(self, ports: Ports, principal: Principal) -> None:
        self._ports, self._principal = ports, principal
        self._digests = Digests(ports.store, ports.secret)

    async def listed(self, paging: Paging) -> PageOf[DigestListed]:
        """The running week, then every frozen digest, the newest first."""
        page = await self._digests.page(self._principal.account, paging.limit, paging.cursor)
        items = [answers.listed(record) for record in page.records]
        if paging.cursor is None:
            items.insert(0, answers.running(Week.of(self._ports.clock.now())))
        return PageOf[DigestListed](items=items, next=page.next)

    async def digest(self, text: str) -> Digest:
        """The digest of a week, or a preview while it is not frozen.

        Raises:
            WeekInvalid: there is no such week.
            DigestNotFound: it lies in the future.
        """
        week = begun_week(text, self._ports.clock.now())
        frozen = await self._digests.get(self._principal.account, week)
        if frozen is None:
            return answers.preview(week, self._principal.zones, await self._compose(week))
        rows = [row for section in frozen.body["sections"] for row in section["items"]]
        deliveries = Deliveries(self._ports.store)
        in_doubt = await deliveries.ways_in_doubt(self._ports.secret, frozen.id, self._principal.account)
        return answers.frozen(week, frozen.body, await self._visible(rows), in_doubt)

    async def records(self, text: str, figure: str, paging: Paging) -> PageOf[FigureRecord]:
        """The records behind a figure, of those the reader may see today.

        Raises:
            WeekInvalid: there is no such week.
            DigestNotFound: it lies in the future.
            FigureNotFound: a digest has no such figure.
        """
        week = begun_week(text, self._ports.clock.now())
        start = _start(paging.cursor)
        frozen = await self._digests.get(self._principal.account, week)
        rows, total = await self._rows(week, frozen, figure, start, paging.limit)
        if frozen is not None:
            visible = await self._visible(rows)
            rows = [row for row in rows if row["record"] in visible]
        items = [answers.record(row) for row in rows]
        after = start + paging.limit
        return PageOf[FigureRecord](items=items, next=str(after) if after < total else None)

    async def _rows(
        self, week: Week, frozen: Record | None, figure: str, start: int, count: int
    ) -> tuple[list[dict[str, Any]], int]:
        if frozen is not None:
            if figure not in frozen.body["chunks"]:
                raise _no_figure(week, figure)
            return await self._digests.rows(frozen, figure, start, count), answers.total(frozen.body, figure)
        readings = (await self._compose(week)).readings
        if figure not in readings:
            raise _no_figure(week, figure)
        rows = readings[figure].rows
        return [row.stored() for row in rows[start : start + count]], len(rows)

    async def _compose(self, week: Week) -> Composed:
        window = Window.at(week, self._ports.clock.now())
        sources = await read_sources(self._ports.store, self._principal.scope)
        previous = await previous_values(
            self._digests, self._principal.account, manager_readers(self._principal.zones), window
        )
        return await compose_digest(sources, window, previous)

    async def _visible(self, rows: list[dict[str, Any]]) -> set[str]:
        """Which of these records the reader may see today."""
        seen: set[str] = set()
        for kind, collection in _OF_KIND.items():
            ids = tuple(sorted({str(row["record"]) for row in rows if row["kind"] == kind}))
            if ids:
                page = await self._ports.store.find(collection, self._principal.scope, [In("id", ids)], limit=len(ids))
                seen |= {record.id for record in page.records}
        return seen


def _no_figure(week: Week, figure: str) -> FigureNotFound:
    return FigureNotFound(f"{week_title(week)}的周报里没有「{figure}」，请从周报页面点开要看的数。")


def _start(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 9):
        raise BadRequest("翻页标记（cursor）无效，请从第一页重新查询。")
    return int(cursor)

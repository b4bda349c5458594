"""The audit log for administrators: who did what and when, by filters, in words, and as a file."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from contracts.cells import harmless
from gateway.audit.keeping import Keeper
from gateway.audit.log import AuditLog
from gateway.audit.routes import AuditEntry, AuditQuery, entry_of
from gateway.pages.acts import KINDS, Acts
from gateway.pages.forms import valid
from gateway.pages.people import names_for, organisations
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from kit.clock import SHANGHAI, to_text
from kit.errors import NotFound

router = APIRouter(route_class=PageRoute)

MOST = 20_000
AT_ONCE = 200
HEADER = ("时间", "单位", "谁", "角色", "做了什么", "对象", "改了什么", "缘由", "跟踪编号", "账号编号", "序号", "摘要")


@router.get("/audit")
async def audit(
    visit: Visiting,
    office: str = "",
    who: str = "",
    kind: str = "",
    subject: str = "",
    since: str = "",
    until: str = "",
    cursor: str | None = None,
) -> Response:
    """The latest acts, and whether the log is whole."""
    wanted = {"office": office, "who": who, "kind": kind, "subject": subject, "since": since, "until": until}
    page = await _log(visit).page(_query(wanted).filter(), 50, cursor)
    names = await names_for(visit)
    given = {name: value for name, value in wanted.items() if value}
    checked = await _keeper(visit).checked()
    return visit.page(
        "audit.html",
        items=[entry_of(each) for each in page.records],
        acts=Acts(visit.f, names, await organisations(visit)),
        names=names,
        kinds=KINDS,
        wanted=wanted,
        verdict=checked.body if checked else None,
        next_url=f"/audit?{urlencode(given | {'cursor': page.next})}" if page.next else "",
        first_url=f"/audit?{urlencode(given)}" if cursor else "",
        file_url=f"/audit/file?{urlencode(given)}",
    )


@router.get("/audit/file")
async def audit_file(
    visit: Visiting,
    office: str = "",
    who: str = "",
    kind: str = "",
    subject: str = "",
    since: str = "",
    until: str = "",
) -> Response:
    """The same as a table, no cell of it a formula; where it ends early, its last line says so."""
    wanted = {"office": office, "who": who, "kind": kind, "subject": subject, "since": since, "until": until}
    lines = _lines(_log(visit), _query(wanted), await _acts(visit), visit)
    name = f"audit-{visit.f.today:%Y%m%d}.csv"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/audit/{id}")
async def act(id: str, visit: Visiting) -> Response:
    """One act, all that is known of it."""
    record = await _log(visit).entry(id)
    if record is None:
        raise NotFound("没有这条操作记录，可能已过保存期限；请返回列表重新选择。")
    acts = await _acts(visit)
    return visit.page("act.html", each=entry_of(record), prev=record.body["prev"], acts=acts)


async def _acts(visit: Visit) -> Acts:
    return Acts(visit.f, await names_for(visit), await organisations(visit))


async def _lines(log: AuditLog, query: AuditQuery, acts: Acts, visit: Visit) -> AsyncIterator[bytes]:
    yield "\ufeff".encode()
    yield _row([visit.say(each) for each in HEADER])
    cursor, written = None, 0
    while written < MOST:
        page = await log.page(query.filter(), AT_ONCE, cursor)
        for record in page.records:
            yield _row(_cells(entry_of(record), acts, visit))
        written, cursor = written + len(page.records), page.next
        if cursor is None:
            return
    yield _row([visit.say("更早的没有列出：一次最多 {n} 条，请缩小日期范围再下载。", n=written)])


def _cells(entry: AuditEntry, acts: Acts, visit: Visit) -> list[str]:
    changes = "；".join(acts.change(each.model_dump()) for each in entry.changes)
    return [
        *(
            visit.f.moment(entry.at),
            visit.f.zone(entry.office),
            acts.who(entry.who),
            acts.role(entry.role),
            acts.did(entry.what),
        ),
        *(entry.subject, changes, entry.why or "", entry.trace or "", entry.who, str(entry.number), entry.hash),
    ]


def _row(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(each) for each in cells])
    return text.getvalue().encode()


def _query(wanted: dict[str, str]) -> AuditQuery:
    said = {name: wanted[name] for name in ("office", "who", "subject") if wanted[name]}
    if wanted["kind"]:
        said["what"] = f"{wanted['kind']}."
    for name, days in (("since", 0), ("until", 1)):
        if wanted[name]:
            said[name] = _midnight(wanted[name], days)
    return valid(AuditQuery, said)


def _midnight(text: str, days: int) -> str:
    """The beginning of a day in Shanghai; what is no date is left for the model to refuse."""
    try:
        day = date.fromisoformat(text) + timedelta(days)
        return to_text(datetime.combine(day, time(), SHANGHAI))
    except (ValueError, OverflowError):
        return text


def _log(visit: Visit) -> AuditLog:
    log: AuditLog = visit.request.app.state.audit_log
    return log


def _keeper(visit: Visit) -> Keeper:
    keeper: Keeper = visit.request.app.state.audit_keeper
    return keeper

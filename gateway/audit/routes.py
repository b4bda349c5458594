"""The API of the audit log: administrators read it; nobody writes it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AfterValidator, Field

from contracts.audit import AuditedChange
from gateway.audit.keeping import Keeper
from gateway.audit.log import AuditLog, Filter
from gateway.routes import Id, administrator_for
from gateway.settings import API
from kit.auth import Principal
from kit.clock import from_text, to_text
from kit.errors import NotFound
from kit.store.port import Record
from kit.web import Answer, PageOf, Paging

router = APIRouter(prefix=API, tags=["audit"])

Reader = Annotated[Principal, Depends(administrator_for("查看操作记录"))]
_INSTANT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$"
ACT = r"^[a-z_]+\.([a-z_]+)?$"


def _as_kept(text: str) -> str:
    """Entries are found by their instants as text: with microseconds, whatever was asked with."""
    try:
        return to_text(from_text(text))
    except (ValueError, OverflowError):
        raise ValueError("没有这一天或这一时刻") from None


Instant = Annotated[str, Field(pattern=_INSTANT, max_length=40), AfterValidator(_as_kept)]


class AuditEntry(Answer):
    """One act. ``who`` is an account's id, empty for a visitor, ``system`` for due work."""

    id: str
    number: int
    at: str
    office: str
    who: str
    role: str
    what: str
    subject: str
    label: str
    changes: list[AuditedChange]
    why: str | None
    trace: str | None
    hash: str


class AuditQuery(Paging):
    """Which acts; ``what`` may be an act (``lead.moved``) or a kind (``lead.``), ``since <= at < until``."""

    office: Annotated[str | None, Field(max_length=40, description="区或 city")] = None
    who: Annotated[str | None, Field(max_length=64, description="账号 id")] = None
    what: Annotated[str | None, Field(max_length=60, pattern=ACT, description="动作或以点结尾的类别")] = None
    subject: Annotated[str | None, Field(max_length=200, description="对象，如 lead:018f…")] = None
    since: Annotated[Instant | None, Field(description="不早于（UTC）")] = None
    until: Annotated[Instant | None, Field(description="早于（UTC）")] = None

    def filter(self) -> Filter:
        """As the log takes it."""
        return Filter(**{name: getattr(self, name) for name in Filter.__slots__})


class AuditVerdict(Answer):
    """What the last verification found; ``at`` is None before the first."""

    at: str | None
    entries: int
    anchors: int
    findings: list[str]


async def log_of(request: Request) -> AuditLog:
    """The log of this app."""
    log: AuditLog = request.app.state.audit_log
    return log


async def keeper_of(request: Request) -> Keeper:
    """Who looks after it."""
    keeper: Keeper = request.app.state.audit_keeper
    return keeper


Log = Annotated[AuditLog, Depends(log_of)]


@router.get("/audit", summary="操作记录")
async def list_acts(_by: Reader, log: Log, wanted: Annotated[AuditQuery, Query()]) -> PageOf[AuditEntry]:
    """What was done, the latest first."""
    page = await log.page(wanted.filter(), wanted.limit, wanted.cursor)
    return PageOf[AuditEntry](items=[entry_of(each) for each in page.records], next=page.next)


@router.get("/audit/verdict", summary="操作记录的校验结果")
async def read_verdict(_by: Reader, keeper: Annotated[Keeper, Depends(keeper_of)]) -> AuditVerdict:
    """What the nightly verification found."""
    record = await keeper.checked()
    empty: dict[str, Any] = {"at": None, "entries": 0, "anchors": 0, "findings": []}
    return AuditVerdict(**(record.body if record else empty))


@router.get("/audit/{id}", summary="一条操作记录")
async def read_act(id: Id, _by: Reader, log: Log) -> AuditEntry:
    """One act."""
    record = await log.entry(id)
    if record is None:
        raise NotFound("没有这条操作记录，可能已过保存期限；请返回列表重新选择。")
    return entry_of(record)


def entry_of(record: Record) -> AuditEntry:
    """An entry as it is answered."""
    return AuditEntry(id=record.id, **{name: record.body[name] for name in AuditEntry.model_fields if name != "id"})

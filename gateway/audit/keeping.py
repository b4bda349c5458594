"""What is done for the log: it hears every service, is verified and anchored daily, and forgets after its time."""

from __future__ import annotations

import calendar
import logging
from datetime import UTC, datetime, time
from functools import partial

from prometheus_client import Gauge

from contracts.audit import Audited
from contracts.catalogue import topic_of
from contracts.gateway import GatewayAudited
from contracts.incentives import IncentivesAudited
from contracts.leads import LeadsAudited
from contracts.notify import NotifyAudited
from gateway.audit.anchor import STATE, read_anchor, write_anchor
from gateway.audit.chain import sealing_key
from gateway.audit.log import ENTRIES, HEADS, READERS, SCOPE, AuditLog
from gateway.audit.verifying import Finding, Verdict, verify
from kit.clock import SHANGHAI, from_text, to_text
from kit.errors import Stale
from kit.events import Event
from kit.ports import Ports
from kit.store.port import Record
from operating.jobs import Schedule, daily
from operating.service import Group

log = logging.getLogger(__name__)

FINDINGS = Gauge("quce_audit_findings", "What the last verification of the audit log found wrong.")
CHECKED_AT = Gauge("quce_audit_checked_at_seconds", "Unix time of that verification; 0 before the first.")

GROUP = "audit"
COLLECTIONS = (ENTRIES, HEADS, STATE)
HEARD: tuple[type[Audited], ...] = (LeadsAudited, IncentivesAudited, NotifyAudited, GatewayAudited)
SERVICES = ("leads", "incentives", "notify", "gateway")
NIGHTLY = time(0, 20)
VERDICT = "verdict"


class Keeper:
    """Looks after the log of an installation."""

    def __init__(self, ports: Ports, entries: AuditLog) -> None:
        self._ports, self._log = ports, entries
        self._key = sealing_key(ports.secret)
        self._path = ports.settings.audit_anchor_file
        self._unwritten = ""

    @property
    def group(self) -> Group:
        """What is heard."""
        handlers = {each.event_type: partial(self._hear, each) for each in HEARD}
        return Group(GROUP, tuple(topic_of(each) for each in SERVICES), handlers)

    @property
    def schedule(self) -> Schedule:
        """What is done at night."""
        return Schedule("audit", daily(NIGHTLY), self._nightly)

    async def begin(self) -> None:
        """Take in what a kill left beyond a head; make up for today's anchor."""
        await self._log.mend()
        await self.anchor(once_a_day=True)

    async def anchor(self, *, once_a_day: bool = False) -> None:
        """Write where every chain stands; a file that cannot be written stops nothing else, and is told."""
        now = to_text(self._ports.clock.now())
        heads = {head.id: (head.body["number"], head.body["digest"])
                 async for head in self._ports.store.scan(HEADS.name, SCOPE)}  # fmt: skip
        try:
            if not once_a_day or _day(read_anchor(self._key, self._path).at) != _day(now):
                await write_anchor(self._ports.store, self._key, self._path, heads, now)
        except OSError as error:
            log.exception("the audit log cannot be anchored")
            self._unwritten = f"写不进 {self._path}（{type(error).__name__}），请核对路径、权限和空间"
        else:
            self._unwritten = ""

    async def check(self) -> Verdict:
        """Verify, and remember what was found for the page."""
        verdict = await verify(self._ports.store, self._ports.secret, self._path)
        if self._unwritten:
            verdict.findings.append(Finding("锚定文件", 0, self._unwritten))
        body = {
            "at": to_text(self._ports.clock.now()),
            "entries": verdict.entries,
            "anchors": verdict.anchors,
            "findings": [str(each) for each in verdict.findings],
        }
        known = await self.checked()
        try:
            await self._ports.store.save(STATE.name, known.with_body(body) if known else Record(VERDICT, body, READERS))
        except Stale:
            log.info("another verification has just ended")
        if not verdict.ok:
            log.error("the audit log was changed: %s", "; ".join(map(str, verdict.findings)))
        return verdict

    async def checked(self) -> Record | None:
        """What the last verification found."""
        return await self._ports.store.get(STATE.name, SCOPE, VERDICT)

    async def measure(self) -> None:
        """Show operators what the last verification found, whichever replica did it."""
        if (verdict := await self.checked()) is not None:
            FINDINGS.set(len(verdict.body["findings"]))
            CHECKED_AT.set(from_text(verdict.body["at"]).timestamp())

    async def _nightly(self, _slot: datetime) -> None:
        await self.anchor()
        await self.check()
        await self._log.prune(to_text(months_before(self._ports.clock.now(), self._ports.settings.audit_months)))

    async def _hear(self, kind: type[Audited], event: Event) -> None:
        await self._log.append(event.id, kind.heard(event.data))


def months_before(now: datetime, months: int) -> datetime:
    """The same day so many months earlier; the last day of a shorter month."""
    index = now.year * 12 + now.month - 1 - months
    year, month = index // 12, index % 12 + 1
    return now.replace(year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1])).astimezone(UTC)


def _day(at: str) -> str:
    return from_text(at).astimezone(SHANGHAI).date().isoformat() if at else ""

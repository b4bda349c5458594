"""Withdrawing a policy from a day on: whatever of it is in effect or announced ends, its versions and reason stay."""

from __future__ import annotations

from datetime import date
from typing import Any

from contracts.audit import AuditedChange
from contracts.incentives import PolicyWithdrawn
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import FieldError
from kit.ports import Ports
from kit.store.port import Record
from operating.idempotency import RequestKey, remember
from services.incentives.auditing import told
from services.incentives.catalogue import catalogue_version
from services.incentives.commands.authoring import Receipt, opened, receipt_of
from services.incentives.commands.publication import acted
from services.incentives.errors import AlreadyWithdrawn, InvalidWithdrawal, NeverPublished
from services.incentives.lives import Life
from services.incentives.repository import POLICIES, Library, events_of, today
from services.incentives.schemas import WithdrawalInput


async def withdraw(
    ports: Ports, library: Library, editor: Principal, id: str, given: WithdrawalInput, revision: int, key: RequestKey
) -> Receipt:
    """Take a policy out of the catalogue from a day on; it may be published anew as its next version.

    Raises:
        PolicyNotFound: there is no such policy.
        NeverPublished: it is only a draft.
        InvalidWithdrawal: the day is past.
        AlreadyWithdrawn: it is withdrawn from that day or an earlier one.
        Stale: it changed since it was read.
    """
    record, known = await opened(ports, editor, id, revision, key)
    if known is not None:
        return known
    start = given.from_ or today(ports)
    _check(record, start, today(ports))
    at = to_text(ports.clock.now())
    act = {"version": None, "from": start.isoformat(), "reason": given.reason, "by": editor.account, "at": at}
    body = record.body | acted(record.body, act | {"by_name": editor.name or editor.account}) | {"origin": "editor"}
    receipt = receipt_of(id, record.revision + 1, body)
    change = AuditedChange(field="withdrawn_from", after=start.isoformat())
    audited = told(ports, editor, "policy.withdrawn", f"policy:{id}", changes=[change], why=given.reason)
    said = _event(body, id, start, _catalogue_without(library, id, Life.stored(body), today(ports)))
    events = events_of(ports, f"policy-{id}", record.revision + 1, said, audited)
    await ports.store.save(POLICIES.name, remember(record.with_body(body), key, receipt), events)
    await library.refresh()
    return receipt


def _check(record: Record, start: date, today: date) -> None:
    if not record.body["version"]:
        raise NeverPublished("这项政策还没有发布过，企业看不到，不用撤回；不想要的草稿不发布即可。")
    if start < today:
        message = f"请写今天（{today.isoformat()}）或以后的日期：已经过去的日子，政策当时有效，不能改写"
        raise InvalidWithdrawal("没有撤回，请更正日期后重新提交。", errors=[FieldError("from", message)])
    phase = Life.stored(record.body).on(start)
    if phase is not None and phase.version is None:
        raise AlreadyWithdrawn(
            f"这项政策已定于 {phase.first} 起撤回，不必再撤；要提早的请写更早的日期，"
            "要恢复的请起草、审查并发布新的一版。"
        )


def _catalogue_without(library: Library, id: str, life: Life, day: date) -> str:
    """The name of today's catalogue once the policy is withdrawn: the same where that begins later."""
    if life.version_on(day) is not None:
        return library.current.version
    others = [each.policy for each in library.current.policies.values() if each.policy.base != id]
    return catalogue_version(others, illustrative=library.current.illustrative)


def _event(body: dict[str, Any], id: str, start: date, catalogue_version: str) -> PolicyWithdrawn:
    return PolicyWithdrawn(
        policy=id,
        version=body["version"],
        title=body["title"],
        standing=body["standing"],
        scope=body["scope"],
        withdrawn_from=start.isoformat(),
        catalogue_version=catalogue_version,
    )

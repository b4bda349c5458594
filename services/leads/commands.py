"""What officers do to leads: each command loads, decides in the model, stores with its event, answers a receipt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any

from contracts.event import EventData
from contracts.leads import InvestorRef
from contracts.vocabulary.amount import Amount, AmountError, parse_amount
from contracts.vocabulary.facts import FactsError, FactValue, given, parse_facts
from contracts.vocabulary.stages import LeadState, Stage
from kit.auth import Principal
from kit.clock import SHANGHAI, to_text
from kit.errors import FieldError, Stale
from kit.ports import Ports
from kit.store.port import Record
from operating.idempotency import RequestKey, replay
from operating.ids import derive_id
from services.leads import model
from services.leads.auditing import differences, told_of_lead
from services.leads.clocks import start_clocks
from services.leads.contacts import Person
from services.leads.errors import InvalidLead, LeadAlreadyRegistered, UnknownOwner
from services.leads.investors import named
from services.leads.model import CITY, Act, FirstContact, Lead
from services.leads.people import may_own
from services.leads.registration import receipt_of, register_lead
from services.leads.repository import load, save
from services.leads.schemas import AssignInput, LeadInput, LeadPatch, StageInput
from services.leads.settings import LeadSettings

Decision = Callable[[Lead], tuple[Lead, EventData]]


async def register(ports: Ports, principal: Principal, body: LeadInput, key: str) -> dict[str, Any]:
    """Log a lead.

    Raises:
        InvalidLead: a fact or date does not hold.
        LeadAlreadyRegistered: this office has the same investor's same project.
    """
    now = ports.clock.now()
    act = act_of(principal, now)
    investor = named(body.investor.name, body.investor.unified_social_credit_code)
    draft = _draft(ports, principal, body, key, now)
    request = RequestKey.of(key, body, "register")
    person = Person(**body.contact.model_dump()) if body.contact else None
    registered = told_of_lead(ports, principal, "lead.registered", draft)
    done = await register_lead(ports, draft, investor, person, act, request, registered)
    if not done.created:
        raise LeadAlreadyRegistered(
            f"本单位已登记过「{done.lead.title}」（{done.lead.stage.label}）。请在原线索上跟进，不要重复登记。",
            lead=done.lead.id,
        )
    return replay(done.record, request) or receipt_of(done.lead)


async def change(
    ports: Ports, principal: Principal, id: str, body: LeadPatch, revision: int, key: str
) -> dict[str, Any]:
    """Correct or complete a lead's fields and facts."""
    changes = body.model_dump(exclude_unset=True, exclude={"facts"})
    missing = [name for name, value in changes.items() if value is None and name != "referrer"]
    if missing:
        raise InvalidLead("这些内容不能清空。", errors=[FieldError(name, "不能为空") for name in missing])
    if body.facts is not None:
        changes["facts"] = _patched_facts(body.facts, principal)

    async def decide(lead: Lead, act: Act) -> tuple[Lead, EventData]:
        return model.revise(lead, changes, act)

    return await _act(ports, principal, id, revision, RequestKey.of(key, body, "change", id), "lead.changed", decide)


async def move(
    ports: Ports, principal: Principal, id: str, body: StageInput, revision: int, key: str
) -> dict[str, Any]:
    """Advance a lead, put it aside, end it or take it up again."""
    signed = _money(body.signed_amount, "signed_amount")

    async def decide(lead: Lead, act: Act) -> tuple[Lead, EventData]:
        return model.advance(lead, body.to, act, on=body.on, reason=body.reason, signed=signed)

    return await _act(ports, principal, id, revision, RequestKey.of(key, body, "stage", id), "lead.moved", decide)


async def assign(
    ports: Ports, principal: Principal, id: str, body: AssignInput, revision: int, key: str
) -> dict[str, Any]:
    """Hand a lead to another officer of the same office or of the bureau.

    Raises:
        UnknownOwner: there is no such active officer.
    """

    async def decide(lead: Lead, act: Act) -> tuple[Lead, EventData]:
        if not await may_own(ports, body.owner, lead.office):
            raise UnknownOwner(
                "只能分派给本单位或市级招商部门在岗的招商专员，请重新选择。",
                errors=[FieldError("owner", "不是本单位在岗的招商专员")],
            )
        return model.assign(lead, body.owner, act)

    return await _act(ports, principal, id, revision, RequestKey.of(key, body, "assign", id), "lead.assigned", decide)


async def _act(
    ports: Ports,
    principal: Principal,
    id: str,
    revision: int,
    request: RequestKey,
    what: str,
    decide: Callable[[Lead, Act], Awaitable[tuple[Lead, EventData]]],
) -> dict[str, Any]:
    record, lead = await load(ports, principal.scope, id)
    answered = replay(record, request)
    if answered is not None:
        return answered
    check_revision(record, revision)
    changed, event = await decide(lead, act_of(principal, ports.clock.now()))
    receipt = receipt_of(changed)
    audit = told_of_lead(ports, principal, what, changed, differences(lead, changed))
    await save(ports, record, changed, (event, audit), request, receipt)
    return receipt


def check_revision(record: Record, revision: int) -> None:
    """Refuse to change what has changed since it was read.

    Raises:
        Stale: the record is at another revision.
    """
    if record.revision != revision:
        raise Stale(
            "这条线索在您打开之后已被更新，本次修改没有保存。请刷新查看最新内容后再改。", revision=record.revision
        )


def act_of(principal: Principal, now: datetime) -> Act:
    """Who acts, when."""
    return Act.of(principal.account, now)


def office_of(principal: Principal, zone: str | None) -> str:
    """The desk a lead is logged at: the officer's own, the city bureau's for its officers."""
    if principal.role != "officer" or not principal.zones:
        return CITY
    return zone if zone in principal.zones else principal.zones[0]


def sharing(office: str, zone: str) -> tuple[str, ...]:
    """Whom a new lead is shared with: what the bureau logs for a zone, that zone's desk sees."""
    return (f"zone:{zone}",) if office == CITY else ()


def _draft(ports: Ports, principal: Principal, body: LeadInput, key: str, now: datetime) -> Lead:
    today = now.astimezone(SHANGHAI).date()
    office = office_of(principal, body.zone)
    zone = body.zone or (office if office != CITY else None)
    if zone is None:
        raise InvalidLead("请选择意向落户区。", errors=[FieldError("zone", "必填，请选择")])
    _check_first_contact(body, today)
    return Lead(
        id=derive_id(ports.secret, principal.account, "POST /leads", key),
        office=office,
        zone=zone,
        shared_with=sharing(office, zone),
        title=body.title.strip(),
        investor=InvestorRef(id="", name=body.investor.name.strip()),
        stage=Stage.new,
        state=LeadState.active,
        owner=principal.account,
        source_mode=body.source_mode,
        referrer=body.referrer,
        summary=body.summary,
        facts=_facts(given(body.facts), principal),
        first_contact=_first_contact(body),
        registered_on=today.isoformat(),
        updated_on=today.isoformat(),
        clocks=start_clocks(now, LeadState.active, LeadSettings.current()),
        confidential=body.confidential,
        origin="api",
        created_at=to_text(now),
        updated_at=to_text(now),
    )


def _first_contact(body: LeadInput) -> FirstContact:
    if body.first_contact is None:
        return FirstContact()
    return FirstContact(on=body.first_contact.date.isoformat(), evidence=body.first_contact.evidence)


def _check_first_contact(body: LeadInput, today: date) -> None:
    if not body.title.strip() or not body.investor.name.strip():
        raise InvalidLead("项目名称和投资方不能只有空格。", errors=[FieldError("title", "请填写项目名称")])
    if body.first_contact is not None and body.first_contact.date > today:
        raise InvalidLead("首谈时间不能晚于今天。", errors=[FieldError("first_contact.date", "请填今天或以前的日期")])


def _facts(raw: dict[str, Any], principal: Principal) -> dict[str, FactValue]:
    try:
        return parse_facts(raw, "officer", principal.account)
    except FactsError as error:
        raise InvalidLead(
            "有些项目事实填写有误，请更正后再提交。",
            errors=[FieldError(f"facts.{path}", message) for path, message in error.errors],
        ) from error


def _patched_facts(facts: Any, principal: Principal) -> dict[str, FactValue | None]:
    raw = given(facts)
    return {**dict.fromkeys(raw), **_facts(raw, principal)}


def _money(value: int | str | None, path: str) -> Amount | None:
    if value is None:
        return None
    try:
        return parse_amount(value)
    except AmountError as error:
        raise InvalidLead("金额填写有误。", errors=[FieldError(path, str(error))]) from error

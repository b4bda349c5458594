"""A lead's life, pure: how it is registered, which moves are legal and what each one says happened.

Every command returns the changed lead and the event that tells others; storage and clocks come from outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel

from contracts.leads import ClockReading, InvestorRef, LeadChange, LeadChanged, LeadRegistered, LeadSnapshot, StageMove
from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactValue
from contracts.vocabulary.stages import LeadState, Stage
from kit.errors import FieldError
from services.leads.errors import ConfidentialLead, IllegalMove, InvalidLead, NotShared
from services.leads.model.lead import ORG, Act, FieldChange, HistoryEntry, Lead

HISTORY = 100
_CARRIED = tuple(name for name in LeadSnapshot.model_fields if name in Lead.model_fields)

Target = Stage | Literal["on_hold", "closed", "resume"]

_NEXT: Mapping[Stage, tuple[Stage, ...]] = {
    Stage.new: (Stage.assessing, Stage.negotiating),
    Stage.assessing: (Stage.negotiating,),
    Stage.negotiating: (Stage.admission_review, Stage.signed),
    Stage.admission_review: (Stage.signed,),
    Stage.signed: (Stage.company_registered,),
    Stage.company_registered: (Stage.land_supplied, Stage.construction_started),
    Stage.land_supplied: (Stage.construction_started,),
    Stage.construction_started: (Stage.in_production,),
    Stage.in_production: (Stage.at_capacity, Stage.paid_out),
    Stage.at_capacity: (Stage.paid_out,),
    Stage.paid_out: (),
}
"""Forward moves. Renting makes 供地 optional, and small projects sign without 评审; one step back corrects a slip."""


def register(lead: Lead, act: Act) -> tuple[Lead, LeadRegistered]:
    """A new lead enters the books."""
    entry = HistoryEntry(kind="registered", at=act.at, on=act.on.isoformat(), by=act.by)
    registered = lead.model_copy(update={"history": (entry,), "revision": 1})
    return registered, LeadRegistered(**_snapshot(registered))


def legal_targets(lead: Lead) -> tuple[Target, ...]:
    """Where the lead may go from here."""
    if lead.state is not LeadState.active:
        return ("resume",)
    return (*_NEXT[lead.stage], *_one_back(lead.stage), "on_hold", "closed")


def advance(
    lead: Lead,
    target: Target,
    act: Act,
    *,
    on: date | None = None,
    reason: str | None = None,
    signed: Amount | None = None,
) -> tuple[Lead, LeadChanged]:
    """Move along the stages, or aside and back.

    Raises:
        IllegalMove: the lead cannot go there from where it is.
        InvalidLead: what this move needs is missing.
    """
    if target not in legal_targets(lead):
        raise IllegalMove(_why_not(lead, target), legal=[str(each) for each in legal_targets(lead)])
    _check_needs(lead, target, act, on, reason, signed)
    stage, state = _destination(lead, target)
    move = StageMove(
        from_stage=lead.stage, to_stage=stage, from_state=lead.state, to_state=state, on=(on or act.on).isoformat()
    )
    changes: dict[str, Any] = {"stage": stage, "state": state, "clocks": _clocks_after(lead, state, act)}
    if target is Stage.signed and lead.stage.order < stage.order:
        changes |= {"signed_on": move.on, "signed_amount": signed}
    entry = HistoryEntry(kind="stage", at=act.at, on=move.on, by=act.by, reason=reason, move=move)
    return _changed(lead, act, "stage", changes, entry, move)


def assign(lead: Lead, owner: str, act: Act) -> tuple[Lead, LeadChanged]:
    """Give the lead to another officer."""
    change = FieldChange(field="owner", before=lead.owner, after=owner)
    entry = HistoryEntry(kind="owner", at=act.at, on=act.on.isoformat(), by=act.by, changes=(change,))
    return _changed(lead, act, "owner", {"owner": owner, "owner_as_written": None}, entry)


def revise(lead: Lead, changes: Mapping[str, Any], act: Act) -> tuple[Lead, LeadChanged]:
    """Change fields; ``facts`` is merged, and a fact given as None is forgotten.

    Raises:
        ConfidentialLead: a partner sees it, so that it is no secret.
    """
    update = dict(changes)
    if update.get("confidential") and lead.partners:
        raise ConfidentialLead("这条线索正共享给企业，不能设为保密。请先结束共享，再设为保密。")
    told = [
        FieldChange(field=name, before=_shown(getattr(lead, name)), after=_shown(value))
        for name, value in update.items()
        if name != "facts"
    ]
    kind: Literal["facts", "details"] = "details"
    if "facts" in update:
        kind = "facts"
        told += [_fact_change(lead, name, value) for name, value in update["facts"].items()]
        merged = {**lead.facts, **update["facts"]}
        update["facts"] = {name: value for name, value in merged.items() if value is not None}
    real = tuple(each for each in told if each.before != each.after)
    entry = HistoryEntry(kind=kind, at=act.at, on=act.on.isoformat(), by=act.by, changes=real)
    return _changed(lead, act, kind, update, entry)


def followed_up(
    lead: Lead, at: str, on: date, act: Act, *, next_plan: str | None = None, next_on: date | None = None
) -> tuple[Lead, LeadChanged]:
    """The effect of a follow-up on its lead: the respond clock is met, the date moves on. Safe to repeat."""
    latest = max(on.isoformat(), lead.last_follow_up_on or "")
    changes: dict[str, Any] = {"last_follow_up_on": latest, "clocks": _met(lead, "respond", at)}
    if latest == on.isoformat():
        changes |= {"next_plan": next_plan, "next_on": next_on.isoformat() if next_on else None}
    return _changed(lead, act, "follow_up", changes, None)


def enquired(lead: Lead, respond: ClockReading, act: Act) -> tuple[Lead, LeadChanged]:
    """Whoever asked about this lead asks again: where it is worked on, the respond clock starts anew."""
    others = tuple(clock for clock in lead.clocks if clock.kind != "respond")
    clocks = (respond, *others) if lead.state is LeadState.active else lead.clocks
    return _changed(lead, act, "enquiry", {"clocks": clocks}, None)


def share(lead: Lead, org: str, act: Act) -> tuple[Lead, LeadChanged]:
    """Let a partner follow the lead as a project.

    Raises:
        ConfidentialLead: it is nobody's to hand on.
    """
    if lead.confidential:
        raise ConfidentialLead("保密线索不能共享给企业。如已不需保密，请先在线索资料里取消保密。")
    kept = tuple(each for each in lead.shared_with if each != f"{ORG}{org}")
    return _shared(lead, (*kept, f"{ORG}{org}"), FieldChange(field="shared_with", after=org), act)


def unshare(lead: Lead, org: str, act: Act) -> tuple[Lead, LeadChanged]:
    """A partner follows the lead no longer.

    Raises:
        NotShared: they do not anyway.
    """
    if org not in lead.partners:
        raise NotShared("这条线索没有共享给这家企业，可能已被同事结束共享；请刷新页面。")
    kept = tuple(each for each in lead.shared_with if each != f"{ORG}{org}")
    return _shared(lead, kept, FieldChange(field="shared_with", before=org), act)


def remind(lead: Lead, what: str, act: Act) -> tuple[Lead, LeadChanged]:
    """Put something that is to be done on top of the lead, once."""
    todo = lead.todo if what in lead.todo else (*lead.todo, what)
    return _changed(lead, act, "details", {"todo": todo}, None)


def _shared(lead: Lead, shared_with: tuple[str, ...], change: FieldChange, act: Act) -> tuple[Lead, LeadChanged]:
    entry = HistoryEntry(kind="details", at=act.at, on=act.on.isoformat(), by=act.by, changes=(change,))
    return _changed(lead, act, "details", {"shared_with": shared_with}, entry)


def _changed(
    lead: Lead,
    act: Act,
    change: LeadChange,
    update: Mapping[str, Any],
    entry: HistoryEntry | None,
    move: StageMove | None = None,
) -> tuple[Lead, LeadChanged]:
    history = lead.history if entry is None else (*lead.history, entry)[-HISTORY:]
    always = {"history": history, "updated_at": act.at, "updated_on": act.on.isoformat(), "revision": lead.revision + 1}
    changed = lead.model_copy(update={**update, **always})
    return changed, LeadChanged(**_snapshot(changed), change=change, move=move)


def _snapshot(lead: Lead) -> dict[str, Any]:
    fields = {name: getattr(lead, name) for name in _CARRIED}
    own = {
        "lead_id": lead.id,
        "lead_revision": lead.revision,
        "readers": sorted(lead.offices),
        "title": lead.public_title,
        "first_contact_on": lead.first_contact.on,
        "facts": {name: _told(fact) for name, fact in lead.facts.items()},
    }
    if lead.confidential:
        own["investor"] = InvestorRef(id=lead.investor.id, name=lead.public_title)
    return fields | own


def _told(fact: FactValue) -> FactValue:
    """A fact as others hear of it: what could not be read as an amount may be anything, and stays here."""
    if not isinstance(fact.value, Amount) or not fact.value.pending:
        return fact
    return fact.model_copy(update={"as_written": None, "value": fact.value.model_copy(update={"as_written": None})})


def _one_back(stage: Stage) -> tuple[Stage, ...]:
    return tuple(before for before, after in _NEXT.items() if stage in after)[-1:]


def _destination(lead: Lead, target: Target) -> tuple[Stage, LeadState]:
    if isinstance(target, Stage):
        return target, LeadState.active
    return lead.stage, LeadState.active if target == "resume" else LeadState(target)


def _check_needs(
    lead: Lead, target: Target, act: Act, on: date | None, reason: str | None, signed: Amount | None
) -> None:
    if on is not None and on > act.on:
        raise InvalidLead("办理日期不能晚于今天。", errors=[FieldError("on", "请填今天或以前的日期")])
    back = isinstance(target, Stage) and target in _one_back(lead.stage)
    if (back or target in ("on_hold", "closed", "resume")) and not reason:
        raise InvalidLead("退回、暂缓、终止和恢复都要写明原因。", errors=[FieldError("reason", "请写明原因")])
    if target is Stage.signed and not back and signed is None:
        raise InvalidLead(
            "推进到签约要填写签约金额。", errors=[FieldError("signed_amount", "请填写签约金额，如 3.5亿元")]
        )


def _why_not(lead: Lead, target: Target) -> str:
    if lead.state is not LeadState.active:
        return f"线索已{lead.state.label}，请先恢复（resume）再推进。"
    legal = "、".join(each.label for each in (*_NEXT[lead.stage], *_one_back(lead.stage)))
    name = target.label if isinstance(target, Stage) else str(target)
    ahead = f"可以推进到：{legal}" if legal else "已是最后阶段"
    return f"当前在「{lead.stage.label}」，不能直接到「{name}」；{ahead}，也可以暂缓或终止。"


def _clocks_after(lead: Lead, state: LeadState, act: Act) -> tuple[ClockReading, ...]:
    """Moving on is a response; a lead put aside runs no clock."""
    return (
        _met(lead, "respond", act.at)
        if state is LeadState.active
        else tuple(clock if clock.met_at else clock.model_copy(update={"met_at": act.at}) for clock in lead.clocks)
    )


def _met(lead: Lead, kind: str, at: str) -> tuple[ClockReading, ...]:
    return tuple(
        clock.model_copy(update={"met_at": at}) if clock.kind == kind and clock.met_at is None else clock
        for clock in lead.clocks
    )


def _fact_change(lead: Lead, name: str, value: FactValue | None) -> FieldChange:
    before = lead.facts.get(name)
    return FieldChange(field=f"facts.{name}", before=_shown(before), after=_shown(value))


def _shown(value: Any) -> Any:
    if isinstance(value, FactValue):
        return value.as_written if value.as_written is not None else _shown(value.value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return value

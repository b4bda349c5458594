"""Which records belong to which figure. Business dates decide where there is one; clocks are read at an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from contracts.vocabulary.stages import Stage
from services.notify.digest.rows import Row, Sources, clock_row, import_row, lead_row, move_row
from services.notify.digest.window import Window
from services.notify.model.lead_line import ACTIVE, ClockLine, LeadLine, MoveLine
from services.notify.model.money import countable_fen

Selection = Callable[[Sources, Window], list[Row]]

OPEN_STAGES = frozenset(stage.value for stage in Stage if stage.order < Stage.signed.order)
SIGNED_STAGES = frozenset(stage.value for stage in Stage) - OPEN_STAGES
RESUMED, BACK = "resumed", "back"


def new_leads(sources: Sources, window: Window) -> list[Row]:
    """Leads registered in the week, the largest first."""
    leads = [lead for lead in sources.leads if window.holds(lead.registered_on)]
    leads.sort(key=lambda lead: (-(countable_fen(lead.total_investment) or 0), lead.id))
    return [lead_row(lead, adds=lead.total_investment) for lead in leads]


def moves_to(target: str | None) -> Selection:
    """Moves of the week that lead to ``target`` (stage, state, resumed, back), or anywhere; the latest first."""

    def select(sources: Sources, window: Window) -> list[Row]:
        found = [
            (move.on, move_row(lead, move))
            for lead in sources.leads
            for move in lead.moves
            if window.holds(move.on) and _wanted(target_of(move), target)
        ]
        found.sort(key=lambda each: each[1].key)
        found.sort(key=lambda each: each[0], reverse=True)
        return [row for _, row in found]

    return select


def target_of(move: MoveLine) -> str | None:
    """Where a move leads: on hold, closed, resumed, back, or a stage; None where nothing moved."""
    if move.to_state != (move.from_state or ACTIVE):
        return RESUMED if move.to_state == ACTIVE else move.to_state
    if move.from_stage is None or move.to_stage == move.from_stage:
        return None
    return BACK if Stage(move.to_stage).order < Stage(move.from_stage).order else move.to_stage


def _wanted(target: str | None, wanted: str | None) -> bool:
    return target is not None and wanted in (None, target)


def signed(sources: Sources, window: Window) -> list[Row]:
    """Leads signed in the week with what was signed, the largest first; not those taken back from signing since."""
    leads = [lead for lead in sources.leads if window.holds(lead.signed_on) and lead.stage in SIGNED_STAGES]
    leads.sort(key=lambda lead: (-(countable_fen(lead.signed_amount) or 0), lead.id))
    return [lead_row(lead, adds=lead.signed_amount, on=lead.signed_on, amount=lead.signed_amount) for lead in leads]


def clocks_due(kind: str) -> Selection:
    """Clocks of active leads that run out within the horizon, the soonest first."""

    def select(sources: Sources, window: Window) -> list[Row]:
        return _clock_rows(sources, window, kind, window.instant, window.horizon)

    return select


def clocks_overdue(kind: str) -> Selection:
    """Clocks of active leads that have run out unmet, the longest ago first."""

    def select(sources: Sources, window: Window) -> list[Row]:
        return _clock_rows(sources, window, kind, "", window.instant)

    return select


def _clock_rows(sources: Sources, window: Window, kind: str, after: str, until: str) -> list[Row]:
    found = [
        (clock.due_at, clock_row(lead, clock))
        for lead in _active(sources, window)
        for clock in lead.clocks
        if clock.kind == kind and after < clock.due_at <= until and _running(clock, window)
    ]
    return [row for _, row in sorted(found, key=lambda each: (each[0], each[1].key))]


def _running(clock: ClockLine, window: Window) -> bool:
    return clock.met_at is None or clock.met_at >= window.instant


def _active(sources: Sources, window: Window) -> Iterator[LeadLine]:
    for lead in sources.leads:
        if lead.first_seen_at < window.instant and lead.state_at(window.instant) == ACTIVE:
            yield lead


def calls(sources: Sources, window: Window) -> list[Row]:
    """Unsigned leads with a certain amount and no follow-up in the week, the largest amount first."""
    leads = [lead for lead in _active(sources, window) if _worth_a_call(lead, window)]
    leads.sort(key=lambda lead: (-_certain(lead), lead.id))
    return [_call_row(lead) for lead in leads]


def _worth_a_call(lead: LeadLine, window: Window) -> bool:
    if lead.stage_at(window.instant) not in OPEN_STAGES or _certain(lead) <= 0:
        return False
    return not any(window.holds(day) for day in lead.follow_ups)


def _certain(lead: LeadLine) -> int:
    return lead.match.certain_fen if lead.match else 0


def _call_row(lead: LeadLine) -> Row:
    match = lead.match
    assert match is not None  # noqa: S101 - only matched leads are worth a call
    return lead_row(
        lead,
        adds={
            "low": match.certain_fen,
            "high": match.certain_fen,
            "currency": "CNY",
            "approximate": False,
            "pending": False,
        },
        best_zone=match.zone,
        certain_fen=match.certain_fen,
        possible_fen=match.possible_fen,
        amount_unknown=match.amount_unknown,
        standing=list(match.standing),
    )


def imports(sources: Sources, window: Window) -> list[Row]:
    """Ledger imports that finished in the week, the latest first."""
    found = [each for each in sources.imports if window.holds(each.finished_on)]
    found.sort(key=lambda each: (each.finished_on, each.id), reverse=True)
    return [import_row(each, each.counts["created"]) for each in found]

"""Which records belong to which figure. Business dates decide where there is one; clocks are read at an instant."""

from __future__ import annotations

from collections.abc import Iterator

from contracts.vocabulary.stages import Stage
from services.notify.digest.rows import Row, Selection, Sources, clock_row, import_row, lead_row, move_row
from services.notify.digest.window import Window
from services.notify.model.lead_line import ACTIVE, ClockLine, LeadLine
from services.notify.model.money import countable_fen

OPEN_STAGES = frozenset(stage.value for stage in Stage if stage.order < Stage.signed.order)
SIGNED_STAGES = frozenset(stage.value for stage in Stage) - OPEN_STAGES


def new_leads(sources: Sources, window: Window) -> list[Row]:
    """Leads registered in the week, the largest first."""
    leads = [lead for lead in sources.leads if window.holds(lead.registered_on)]
    leads.sort(key=lambda lead: (-(countable_fen(lead.total_investment) or 0), lead.id))
    return [lead_row(lead, adds=lead.total_investment) for lead in leads]


def all_moves(sources: Sources, window: Window) -> list[Row]:
    """Every move of the week, the latest first."""
    found = [
        (move.on, lead.id, move_row(lead, move))
        for lead in sources.leads
        for move in lead.moves
        if move.target is not None and window.holds(move.on)
    ]
    found.sort(key=lambda each: each[1])
    found.sort(key=lambda each: each[0], reverse=True)
    return [row for _, _, row in found]


def moves_to(target: str) -> Selection:
    """The moves of the week that lead to ``target`` (a stage, a state, resumed or back), the latest first."""

    def select(sources: Sources, window: Window) -> list[Row]:
        return [row for row in sources.select(all_moves, window) if row.values["target"] == target]

    return select


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

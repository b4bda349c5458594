"""A lead as digests count it: the projection's body, read into something small and typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

from contracts.vocabulary.stages import Stage
from contracts.vocabulary.weeks import Week

ACTIVE = "active"
RESUMED, BACK = "resumed", "back"
_ORDER = {stage.value: stage.order for stage in Stage}


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One move along the stages: its business date and the instant it was recorded.

    ``target`` is where it leads: a stage, on_hold, closed, resumed, back; None where nothing moved.
    """

    sequence: int
    from_stage: str | None
    to_stage: str
    from_state: str | None
    to_state: str
    on: str
    at: str
    target: str | None = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", _target(self))


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock of a lead."""

    kind: str
    due_at: str
    met_at: str | None
    assumed: bool


@dataclass(frozen=True, slots=True)
class MatchLine:
    """What the policies come to in the best zone."""

    zone: str | None
    certain_fen: int
    possible_fen: int | None
    amount_unknown: int
    standing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A lead; ``first_seen_at`` is when its first event was recorded. Amounts are ``Amount`` as JSON."""

    id: str
    title: str
    investor: str
    zone: str
    office: str
    stage: str
    state: str
    owner: str
    registered_on: str
    first_seen_at: str
    signed_on: str | None
    signed_amount: dict[str, Any] | None
    total_investment: dict[str, Any] | None
    clocks: tuple[ClockLine, ...]
    moves: tuple[MoveLine, ...]
    follow_ups: tuple[str, ...]
    match: MatchLine | None

    @classmethod
    def of(cls, id: str, body: dict[str, Any]) -> Self | None:
        """The line of a stored projection; None while only a match is known of the lead."""
        if body["sequence"] == 0:
            return None
        return cls(
            id=id,
            title=body["title"],
            investor=body["investor"]["name"],
            zone=body["zone"],
            office=body["office"],
            stage=body["stage"],
            state=body["state"],
            owner=body["owner"],
            registered_on=body["registered_on"],
            first_seen_at=body["first_seen_at"],
            signed_on=body["signed_on"],
            signed_amount=body["signed_amount"],
            total_investment=body["total_investment"],
            clocks=tuple(_clock(each) for each in body["clocks"]),
            moves=tuple(MoveLine(**each) for each in body["moves"]),
            follow_ups=tuple(each["on"] for each in body["follow_ups"]),
            match=_match(body["match"]),
        )

    def state_at(self, instant: str) -> str:
        """Active, on hold or closed as was recorded at ``instant``."""
        before = [move for move in self.moves if move.at < instant]
        if before:
            return before[-1].to_state
        after = next((move for move in self.moves if move.from_state is not None), None)
        return after.from_state or ACTIVE if after else self.state

    def stage_at(self, instant: str) -> str:
        """The stage as was recorded at ``instant``."""
        before = [move for move in self.moves if move.at < instant]
        if before:
            return before[-1].to_stage
        after = next((move for move in self.moves if move.from_stage is not None), None)
        return after.from_stage or self.stage if after else self.stage


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One ledger import that finished."""

    id: str
    file_name: str
    importer: str
    finished_on: str
    counts: dict[str, int]


def _target(move: MoveLine) -> str | None:
    if move.to_state != (move.from_state or ACTIVE):
        return RESUMED if move.to_state == ACTIVE else move.to_state
    if move.from_stage is None or move.to_stage == move.from_stage:
        return None
    return BACK if _ORDER[move.to_stage] < _ORDER[move.from_stage] else move.to_stage


def _clock(body: dict[str, Any]) -> ClockLine:
    return ClockLine(body["kind"], body["due_at"], body["met_at"], body["assumed"])


def _match(body: dict[str, Any] | None) -> MatchLine | None:
    if body is None:
        return None
    return MatchLine(
        body["zone"], body["certain_fen"], body["possible_fen"], body["amount_unknown"], tuple(body["standing"])
    )


def iso_week(day: str | None) -> str | None:
    """The ISO week of a business date, as ``2026-W48``."""
    return None if day is None else Week.of_date(date.fromisoformat(day)).id

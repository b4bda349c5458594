"""A delivery: one event to one person over one channel, and the only ways its state may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from kit.clock import to_text
from services.notify import settings


class Kind(StrEnum):
    """What people are told about; also the first part of a template's name."""

    MATCHED = "incentives.matched"
    IMPORTED = "import.finished"
    ASSIGNED = "lead.assigned"
    ENQUIRED = "lead.enquired"
    ANSWERED = "partner.answered"
    DIGEST = "digest.frozen"
    DIED = "event.died"
    INVITED = "account.invited"


class ChannelName(StrEnum):
    """Ways to reach a person."""

    IN_APP = "in_app"
    EMAIL = "email"
    WEBHOOK = "webhook"


class State(StrEnum):
    """How far a delivery is. Of ``sending`` nobody knows whether it arrived if the process dies there."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    DISCARDED = "discarded"


_MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SENDING, State.FAILED}),
    State.SENDING: frozenset({State.SENT, State.FAILED, State.IN_DOUBT, State.QUEUED}),
    State.SENT: frozenset(),
    State.FAILED: frozenset(),
    State.IN_DOUBT: frozenset(),
    State.DISCARDED: frozenset(),
}
_DECISIONS: dict[State, frozenset[State]] = {
    State.FAILED: frozenset({State.QUEUED, State.DISCARDED}),
    State.IN_DOUBT: frozenset({State.QUEUED, State.SENT, State.DISCARDED}),
}
"""What has ended moves again only because a person says so."""
TRIES_KEPT = 20


class IllegalMove(ValueError):
    """A delivery cannot go from its state to that one."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery's record.

    ``context`` holds what its template needs and no more: for a lead its title, never an amount or a name. The
    code in an invitation's link is forgotten when the delivery ends. ``traceparent`` is where it was made.
    """

    id: str
    event: str
    kind: Kind
    recipient: str
    channel: ChannelName
    link: str
    context: dict[str, Any]
    created_at: str
    lead_id: str | None = None
    traceparent: str | None = None
    state: State = State.QUEUED
    attempts: int = 0
    reason: str | None = None
    next_at: str | None = None
    claimed_at: str | None = None
    finished_at: str | None = None
    tries: list[dict[str, str | None]] = field(default_factory=list)
    decided: dict[str, str | None] | None = None

    def claim(self, now: datetime) -> Self:
        """Say that the next thing is to send."""
        self._check(State.SENDING)
        return replace(self, state=State.SENDING, attempts=self.attempts + 1, claimed_at=to_text(now), next_at=None)

    def sent(self, now: datetime) -> Self:
        """It arrived as far as the channel can tell."""
        return self._end(State.SENT, None, now)

    def failed(self, reason: str, now: datetime) -> Self:
        """It will not arrive; ``reason`` says why, for the person who looks."""
        return self._end(State.FAILED, reason, now)

    def doubted(self, now: datetime, reason: str = "发送途中系统中断。") -> Self:
        """It may have arrived or not, over a channel that must not repeat it."""
        return self._end(State.IN_DOUBT, f"{reason}对方可能已经收到，请人工核实后再决定是否重新发送。", now)

    def delayed(self, reason: str, now: datetime) -> Self:
        """Try again later, or give up after the last attempt."""
        if self.attempts >= settings.MAIL_ATTEMPTS:
            return self.failed(f"重试{self.attempts}次仍未成功：{reason}", now)
        self._check(State.QUEUED)
        wait: timedelta = min(settings.FIRST_RETRY * 2 ** max(0, self.attempts - 1), settings.LONGEST_RETRY)
        tries = self._tried("delayed", reason, now)
        return replace(self, state=State.QUEUED, reason=reason, next_at=to_text(now + wait), tries=tries)

    def released(self) -> Self:
        """Back in the queue although it may have arrived, over a channel that may repeat it."""
        self._check(State.QUEUED)
        return replace(self, state=State.QUEUED, next_at=None)

    def again(self, by: str, why: str | None, now: datetime, act: str | None = None) -> Self:
        """A person wants it sent once more, by itself or with the others of an ``act``."""
        self._check(State.QUEUED, _DECISIONS)
        decided = _decision(by, why, now) | {"act": act}
        return replace(self, state=State.QUEUED, attempts=0, next_at=None, finished_at=None, decided=decided)

    def settled(self, state: State, by: str, why: str, now: datetime) -> Self:
        """A person knows that it arrived, or that it need not."""
        self._check(state, _DECISIONS)
        return replace(self, state=state, next_at=None, finished_at=to_text(now), decided=_decision(by, why, now))

    def _end(self, state: State, reason: str | None, now: datetime) -> Self:
        self._check(state)
        tries = self._tried(state.value, reason, now)
        link = self.link.partition("?")[0] if self.kind is Kind.INVITED else self.link
        after = replace(self, state=state, reason=reason, next_at=None, finished_at=to_text(now), tries=tries)
        return replace(after, link=link)

    def _tried(self, outcome: str, reason: str | None, now: datetime) -> list[dict[str, str | None]]:
        return [*self.tries, {"at": to_text(now), "outcome": outcome, "reason": reason}][-TRIES_KEPT:]

    def _check(self, state: State, moves: Mapping[State, frozenset[State]] = _MOVES) -> None:
        if state not in moves.get(self.state, ()):
            raise IllegalMove(f"{self.state} -> {state}")


def _decision(by: str, why: str | None, now: datetime) -> dict[str, str | None]:
    return {"by": by, "why": why, "at": to_text(now)}

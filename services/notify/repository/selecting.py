"""Which deliveries somebody means: for the list, the dry run and sending again alike."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.vocabulary.weeks import Week
from kit.clock import to_text
from kit.store.port import Clause, Eq, Range


@dataclass(frozen=True, slots=True)
class Wanted:
    """The deliveries of a state, channel, recipient and week; None means any."""

    state: str | None = None
    channel: str | None = None
    recipient: str | None = None
    week: Week | None = None

    @property
    def clauses(self) -> list[Clause]:
        """The query."""
        named = {"state": self.state, "channel": self.channel, "recipient": self.recipient}
        found: list[Clause] = [Eq(name, value) for name, value in named.items() if value is not None]
        if self.week is not None:
            found.append(Range("created_at", to_text(self.week.start), to_text(self.week.end)))
        return found

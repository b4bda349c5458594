"""What a digest looks at: one week of Shanghai dates, and the instant at which clocks are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from contracts.vocabulary.weeks import Week
from kit.clock import SHANGHAI, to_text
from services.notify import settings


@dataclass(frozen=True, slots=True)
class Window:
    """A week, and the instant as of which it is looked at: its end, or now while it runs.

    ``first`` and ``last`` are its days, ``instant`` and ``horizon`` (until when a clock counts as about to
    expire) sortable text; they are compared with every record, so they are written once.
    """

    week: Week
    as_of: datetime
    first: str = field(init=False)
    last: str = field(init=False)
    instant: str = field(init=False)
    horizon: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", self.week.monday.isoformat())
        object.__setattr__(self, "last", self.week.sunday.isoformat())
        object.__setattr__(self, "instant", to_text(self.as_of))
        object.__setattr__(self, "horizon", to_text(self.as_of + settings.CLOCK_HORIZON))

    @classmethod
    def at(cls, week: Week, now: datetime) -> Window:
        """The week as it stands now, or as it stood when it ended."""
        return cls(week, min(now, week.end))

    @property
    def before(self) -> Window:
        """The week before, as it ended."""
        return Window(self.week.previous, self.week.start)

    def holds(self, day: str | None) -> bool:
        """Whether a business date falls in the week."""
        return day is not None and self.first <= day <= self.last

    @property
    def cutoff_text(self) -> str:
        """``as_of`` in words, Shanghai time."""
        local = self.as_of.astimezone(SHANGHAI)
        return f"{local.year}年{local.month}月{local.day}日{local:%H:%M}（北京时间）"

    @property
    def cutoff_in_english(self) -> str:
        """``as_of`` in words, Shanghai time."""
        local = self.as_of.astimezone(SHANGHAI)
        return f"{local.day} {local:%B %Y, %H:%M} Beijing time"


def send_time(week: Week) -> datetime:
    """When the digest of a week goes out: Monday 08:53 after it."""
    return week.end + settings.DIGEST_HOUR


def week_title(week: Week) -> str:
    """The week for a headline: 2026年第48周（11月23日—11月29日）."""
    first, last = week.monday, week.sunday
    return f"{week.year}年第{week.number}周（{first.month}月{first.day}日—{last.month}月{last.day}日）"

"""The life of a policy: which version is in effect on a day, what has become of the others, and who may see it then.

Publishing and withdrawing are acts, each from a day on. On every day the last act that has begun decides: no day has
two versions, a version that begins later leaves the present one in place until then, and one that begins no later than
those before it takes their place altogether.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from services.incentives.catalogue import Barred, barred_on
from services.incentives.policy import Policy, chained

State = Literal["scheduled", "published", "superseded", "withdrawn", "expired"]
"""It begins later; it is in effect; another version took its place; it was withdrawn; its validity is over."""

Hidden = Literal[State, "undated", "cleanup", "review"]
"""Why companies do not see a policy: what has become of it, that nobody knows its term, or why it is barred."""

_ONE_DAY = timedelta(days=1)


class Act(NamedTuple):
    """A version was published to begin on a day, or (``version`` None) the policy was withdrawn from that day on."""

    start: date
    version: int | None


class Phase(NamedTuple):
    """The days, both included, on which a version is in effect, or (``version`` None) none is; ``act`` is its act."""

    first: date
    last: date
    version: int | None
    act: int


@dataclass(frozen=True, slots=True)
class Life:
    """All acts on one policy in the order in which people did them, and the phases that follow from them."""

    acts: tuple[Act, ...]
    phases: tuple[Phase, ...]

    @classmethod
    def of(cls, acts: Iterable[Act]) -> Life:
        """The life that these acts make."""
        known = tuple(acts)
        return cls(known, tuple(reversed([*_backwards(known)])))

    @classmethod
    def stored(cls, body: Mapping[str, Any]) -> Life:
        """That of a stored policy; an earlier release stored no acts, and what it published last had replaced all."""
        if "acts" in body:
            return cls.of(Act(_day(each["from"]), each["version"]) for each in body["acts"])
        if body["document"] is None:
            return cls.of(())
        return cls.of([Act(_day(body["document"]["valid"]["from"]), body["version"])])

    def on(self, day: date) -> Phase | None:
        """The phase that a day is in; None before anything began."""
        return next((each for each in self.phases if each.first <= day <= each.last), None)

    def version_on(self, day: date) -> int | None:
        """The version that is in effect on a day."""
        phase = self.on(day)
        return None if phase is None else phase.version

    def told_on(self, day: date) -> int | None:
        """The version to tell of: the one in effect, or else the last that was, the first to come, the last at all."""
        phase = self.on(day)
        if phase is not None and phase.version is not None:
            return phase.version
        real = [each for each in self.phases if each.version is not None]
        known = [each.version for each in real if each.last < day][-1:] or [each.version for each in real][:1]
        return next(iter(known or [act.version for act in reversed(self.acts) if act.version is not None]), None)

    def next_after(self, day: date) -> Phase | None:
        """The phase that comes next."""
        return next((each for each in self.phases if each.first > day), None)

    def phase_of(self, version: int) -> Phase | None:
        """When a version is in effect; None where others took its place before it began."""
        return next((each for each in self.phases if each.version == version), None)

    def became(self, version: int, day: date) -> Literal["scheduled", "published", "superseded", "withdrawn"]:
        """What has become of a version by a day, whatever its own term."""
        phase = self.phase_of(version)
        if phase is not None and day <= phase.last:
            return "scheduled" if day < phase.first else "published"
        number = next(at for at, act in enumerate(self.acts) if act.version == version)
        after = phase.last + _ONE_DAY if phase is not None else max(day, self.acts[number].start)
        cause = self.on(after)
        return "withdrawn" if cause is not None and cause.version is None else "superseded"


def in_effect(life: Life, day: date, text_of: Callable[[int], Policy]) -> list[Policy]:
    """The version of a day, and after it those before that go on beside it for who came earlier."""
    found: list[Policy] = []
    phase = life.on(day)
    while phase is not None and phase.version is not None:
        found.append(text_of(phase.version))
        goes_on = found[-1].transition is not None and phase.first > date.min
        phase = life.on(phase.first - _ONE_DAY) if goes_on else None
    return found


def side_by_side(versions: Iterable[Policy]) -> list[Policy]:
    """Versions of many policies as a catalogue holds them: of each the latest, the others for who came earlier."""
    by_id: dict[str, list[Policy]] = {}
    for each in versions:
        by_id.setdefault(each.id, []).append(each)
    latest_first = (sorted(each, key=lambda policy: -policy.version) for each in by_id.values())
    return [policy for each in latest_first for policy in chained(each)]


def _backwards(acts: Sequence[Act]) -> Iterable[Phase]:
    """The phases, the latest first: each ends the day before any later act begins."""
    last = date.max
    for number in range(len(acts) - 1, -1, -1):
        start, version = acts[number]
        if start <= last:
            yield Phase(start, last, version, number)
            if start == date.min:
                return
            last = start - _ONE_DAY


def _day(written: str | None) -> date:
    """A policy whose beginning nobody knows has always begun."""
    return date.min if written is None else date.fromisoformat(written)


def state_of(policy: Policy, day: date, life: Life | None = None) -> State:
    """What has become of a version by a day; without a life, of one that was never replaced nor withdrawn."""
    became = "published" if life is None else life.became(policy.version, day)
    if became != "published" or not policy.valid.known or policy.holds(day):
        return became
    return "scheduled" if policy.valid.from_ is not None and day < policy.valid.from_ else "expired"


def hidden_on(policy: Policy, day: date, life: Life | None = None) -> Hidden | None:
    """Why companies may not see a version that is asked for as of a day; None where they may."""
    state = state_of(policy, day, life)
    if state != "published":
        return state
    barred: Barred | None = barred_on(policy, day)
    return barred or (None if policy.valid.known else "undated")


def visible(policy: Policy, day: date, *, staff: bool, life: Life | None = None) -> bool:
    """Whether a reader may see a version as of a day: the office everything, companies only what holds then.

    The one rule for lists, pages, counts and answers; what it hides is also in no total.
    """
    return staff or hidden_on(policy, day, life) is None

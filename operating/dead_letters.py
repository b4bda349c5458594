"""Dead letters: what people see of events that failed, and what they decide: start again, all at once, or leave out.

The parked record is the aggregate: a decision, the receipt of its request and what the log of acts is told
are one save. Starting many again is an aggregate of its own, which a repeated request resumes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from contracts.audit import Audited
from kit.auth import Principal
from kit.clock import to_text
from kit.errors import AlreadyExists, Stale
from kit.events import Event, envelop
from kit.ports import Ports
from kit.store.port import Clause, Collection, Eq, In, Page, Range, Record, Scope, Sort
from operating.auditing import told
from operating.consumer import Consumer
from operating.errors import LetterNotDead, LetterNotFound, LettersChanged, LetterUnreadable
from operating.idempotency import RequestKey, remember, replay
from operating.ids import derive_id
from operating.masking import HIDDEN, identifier
from operating.parking import (
    BLOCKING,
    DEAD,
    DISCARDED,
    FOR_PEOPLE,
    OPERATORS,
    PARKED,
    UNDECIDED,
    UNKNOWN,
    UNREADABLE,
    WAITING,
)

ACTS = Collection("dead_letter_acts")
AT_ONCE = 1000
REPLAYABLE = In("state", (DEAD, UNKNOWN))
OFFICE = "city"
"""Dead letters are of the whole installation."""
_OPERATORS = Scope.of({OPERATORS})


@dataclass(frozen=True, slots=True)
class Count:
    """What starting all again would touch: keys with a dead first event, and all events that wait in them."""

    letters: tuple[str, ...]
    events: int
    groups: dict[str, int]


class DeadLetters:
    """The dead letters of one service, for the people who run it."""

    def __init__(self, ports: Ports, consumers: Callable[[], Sequence[Consumer]], audited: type[Audited]):
        self.ports, self.consumers, self._audited = ports, consumers, audited

    async def page(self, state: str | None, group: str | None, limit: int, cursor: str | None) -> Page:
        """The first events of their keys and what is no event, the last failed first; what is undecided, or a state."""
        where: list[Clause] = [Eq("state", state)] if state else [UNDECIDED]
        where += [Range("failed_at", low="")] + ([Eq("group", group)] if group else [])
        return await self.ports.store.find(
            PARKED.name, _OPERATORS, where, sort=Sort("failed_at", True), limit=limit, cursor=cursor
        )

    async def letter(self, id: str) -> Record:
        """One of them.

        Raises:
            LetterNotFound: there is none.
        """
        record = await self.ports.store.get(PARKED.name, _OPERATORS, id)
        if record is None:
            raise LetterNotFound("没有这条死信，可能已经处理完；请回到死信列表查看。")
        return record

    async def behind(self, letter: Record, limit: int) -> tuple[Record, ...]:
        """What waits behind it, in order."""
        page = await self.ports.store.find(PARKED.name, _OPERATORS, _lane(letter), sort=Sort("place"), limit=limit + 1)
        return tuple(each for each in page.records if each.id != letter.id)[:limit]

    async def waiting(self, letter: Record) -> int:
        """How many events wait behind it."""
        if letter.body["state"] not in BLOCKING.values:
            return 0
        return sum(each.count for each in await self.ports.store.tally(PARKED.name, _OPERATORS, _lane(letter))) - 1

    async def start_again(self, principal: Principal, id: str, revision: int, key: str) -> dict[str, Any]:
        """Handle it again, now, and then what waits behind it; handlers know what they have already done.

        Raises:
            LetterNotFound: there is none.
            LetterNotDead: it is not dead.
            LetterUnreadable: it is no event.
            Stale: it has changed meanwhile.
        """
        request = RequestKey.of(key, {}, "replay", id)
        return await self._decide(principal, id, revision, request, "dead_letter.replayed", None)

    async def discard(self, principal: Principal, id: str, revision: int, why: str, key: str) -> dict[str, Any]:
        """Leave it out for good, so that what waits behind it goes on; the record of it stays.

        Raises:
            LetterNotFound: there is none.
            LetterNotDead: it is not dead.
            Stale: it has changed meanwhile.
        """
        request = RequestKey.of(key, {"why": why}, "discard", id)
        return await self._decide(principal, id, revision, request, "dead_letter.discarded", why)

    async def count(self, group: str | None) -> Count:
        """What starting all again would do now."""
        letters: list[str] = []
        groups, events = Counter[str](), 0
        where: list[Clause] = [REPLAYABLE, *([Eq("group", group)] if group else [])]
        async for letter in self.ports.store.scan(PARKED.name, _OPERATORS, where):
            if len(letters) == AT_ONCE:
                break
            letters.append(letter.id)
            groups[letter.body["group"]] += 1
            events += 1 + await self.waiting(letter)
        return Count(tuple(letters), events, dict(groups))

    async def start_all_again(self, principal: Principal, group: str | None, expected: int, key: str) -> dict[str, Any]:
        """Start again every letter that the dry run counted; a repeated request ends what an earlier one began.

        Raises:
            LettersChanged: there are more or fewer than ``expected``.
        """
        request = RequestKey.of(key, {"group": group, "expected": expected}, "replay-all")
        id = derive_id(self.ports.secret, "dead-letters", self.ports.service, principal.account, key)
        act = await self.ports.store.get(ACTS.name, _OPERATORS, id) or await self._begin(
            principal, id, group, expected, request
        )
        receipt = replay(act, request)
        assert receipt is not None  # noqa: S101 - the act was saved with it
        for letter in act.body["letters"]:
            await self._revive(letter, id, principal)
        self._nudge()
        return receipt

    async def _begin(
        self, principal: Principal, id: str, group: str | None, expected: int, request: RequestKey
    ) -> Record:
        counted = await self.count(group)
        if len(counted.letters) != expected:
            raise LettersChanged(f"现在是 {len(counted.letters)} 条，试算时是 {expected} 条；请重新试算后再确认。")
        receipt = {"lanes": len(counted.letters), "events": counted.events, "groups": counted.groups}
        record = Record(id, {"group": group, "letters": list(counted.letters)}, frozenset({OPERATORS}))
        label = f"{len(counted.letters)} · {group or '*'}"
        said = self._told(principal, record, "dead_letters.replayed", label, None)
        try:
            return await self.ports.store.save(ACTS.name, remember(record, request, receipt), said)
        except AlreadyExists:
            return await self.ports.store.get(ACTS.name, _OPERATORS, id) or record

    async def _revive(self, id: str, act: str, principal: Principal) -> None:
        letter = await self.ports.store.get(PARKED.name, _OPERATORS, id)
        if letter is None or letter.body["state"] not in REPLAYABLE.values or letter.body.get("act") == act:
            return
        body = letter.body | self._decided(principal, None) | {"state": WAITING, "attempts": 0, "act": act}
        try:
            await self.ports.store.save(PARKED.name, letter.with_body(body))
        except Stale:
            return

    async def _decide(
        self, principal: Principal, id: str, revision: int, request: RequestKey, what: str, why: str | None
    ) -> dict[str, Any]:
        letter = await self.letter(id)
        known = replay(letter, request)
        if known is not None:
            return known
        if letter.revision != revision:
            raise Stale("这条消息的状态刚刚变了，请刷新后再决定。")
        if letter.body["state"] not in FOR_PEOPLE.values:
            raise LetterNotDead("只有停在死信里的消息才能重放或放弃；还在自动重试的，请等它恢复或进入死信。")
        if letter.body["state"] == UNREADABLE and why is None:
            raise LetterUnreadable("这条消息无法识别，不能重放。请记下主题、分区和位置，写明理由放弃它。")
        state = WAITING if why is None else DISCARDED
        body = letter.body | self._decided(principal, why) | {"state": state, "attempts": 0}
        receipt = {"id": id, "state": state, "revision": revision + 1}
        event = event_of(letter)
        said = self._told(principal, letter, what, identifier(event.type) if event else HIDDEN, why)
        await self.ports.store.save(PARKED.name, remember(letter.with_body(body), request, receipt), said)
        self._nudge()
        return receipt

    def _decided(self, principal: Principal, why: str | None) -> dict[str, Any]:
        return {"decided": {"by": principal.account, "at": to_text(self.ports.clock.now()), "why": why}}

    def _told(self, principal: Principal, record: Record, what: str, label: str, why: str | None) -> list[Event]:
        subject = f"dead_letter:{record.id}"
        said = told(self._audited, self.ports, principal, what, subject, office=OFFICE, label=label, why=why)
        return envelop(
            [said], source=self.ports.service, aggregate=record.id, revision=record.revision + 1,
            time=self.ports.clock.now(),
        )  # fmt: skip

    def _nudge(self) -> None:
        for consumer in self.consumers():
            consumer.nudge()


def event_of(letter: Record) -> Event | None:
    """The event that could not be handled; None where it is none."""
    try:
        return Event.decode(bytes.fromhex(letter.body["value"]))
    except ValidationError:
        return None


def _lane(letter: Record) -> list[Clause]:
    return [Eq("group", letter.body["group"]), Eq("lane", letter.body["lane"]), BLOCKING]

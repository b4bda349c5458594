"""The store port: documents with readers, revisions and an outbox; typed queries instead of a query language.

Every read takes a :class:`Scope`, so that a query that forgets whose data it touches cannot be written.
One save is one atomic step: the body, its readers and the events it causes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, Self, TypedDict, Unpack

from kit.errors import AlreadyExists, Stale
from kit.events import Event

Value = str | int | bool | None
Kind = Literal["text", "integer", "chinese"]
WakeUp = Callable[[], None]
Position = Any
"""The place of an event in an outbox, as its store knows it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who is reading: the readers a person may act as, or the system with a reason that is logged."""

    readers: frozenset[str]
    reason: str | None = None

    @classmethod
    def of(cls, readers: Iterable[str]) -> Self:
        """The scope of a person."""
        return cls(frozenset(readers))

    @classmethod
    def system(cls, reason: str) -> Self:
        """Every record, for consumers and jobs only."""
        return cls(frozenset(), reason)

    def sees(self, readers: frozenset[str]) -> bool:
        """Whether a record with these readers is visible."""
        return self.reason is not None or not self.readers.isdisjoint(readers)


@dataclass(frozen=True, slots=True)
class Index:
    """A field of the body that queries may use.

    ``field`` may be dotted. Kind ``chinese`` sorts by pinyin; ``text`` and instants by code point. Without
    ``tree`` queries may filter and group by the field, at the price of looking at each candidate: right for
    fields of a few values, which a search tree would not narrow.
    """

    field: str
    kind: Kind = "text"
    tree: bool = True


@dataclass(frozen=True, slots=True)
class Collection:
    """A kind of document: its name, the fields queries use, those that search covers, those that lists show.

    ``brief`` fields are kept a second time, so that a list costs the same however large documents grow.
    """

    name: str
    indexes: tuple[Index, ...] = ()
    search: tuple[str, ...] = ()
    brief: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """A stored document. Revision 0 means not yet saved; ``requests`` remembers answered request keys."""

    id: str
    body: dict[str, Any]
    readers: frozenset[str]
    revision: int = 0
    requests: tuple[Mapping[str, Any], ...] = ()

    def with_body(self, body: dict[str, Any], readers: frozenset[str] | None = None) -> Record:
        """The same record with another body, still at the revision it was read at."""
        return replace(self, body=body, readers=self.readers if readers is None else readers)


@dataclass(frozen=True, slots=True)
class Eq:
    """The field has this value; None asks for null."""

    field: str
    value: Value


@dataclass(frozen=True, slots=True)
class In:
    """The field has one of these values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """Half-open: ``low <= field < high``; None leaves that end open. Nulls never match."""

    field: str
    low: str | int | None = None
    high: str | int | None = None


@dataclass(frozen=True, slots=True)
class Prefix:
    """The text begins so."""

    field: str
    prefix: str


@dataclass(frozen=True, slots=True)
class Matches:
    """Every word of ``text`` occurs: Chinese by its characters, or by the initials of their pinyin."""

    text: str


Clause = Eq | In | Range | Prefix | Matches


@dataclass(frozen=True, slots=True)
class Sort:
    """An order; nulls come last either way and ids break ties."""

    field: str
    descending: bool = False


class Paged(TypedDict, total=False):
    """Which page: in the order of ``sort`` (of the ids where None), ``limit`` records (50), after ``cursor``."""

    sort: Sort | None
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some records and the cursor of those that follow, if any."""

    records: tuple[Record, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Brief:
    """What a list shows of a record: the collection's brief fields, as the text of a JSON object."""

    id: str
    revision: int
    fields: bytes


@dataclass(frozen=True, slots=True)
class BriefPage:
    """As :class:`Page`, of briefs."""

    briefs: tuple[Brief, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """One group: how many records and the exact sum of a field over them."""

    group: Value
    count: int
    sum: int = 0


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event saved but not yet published, as the bytes to be sent; ``position`` is its place in the outbox."""

    position: Position
    value: bytes

    @property
    def event(self) -> Event:
        """What the bytes say."""
        return Event.decode(self.value)


@dataclass(frozen=True, slots=True)
class Write:
    """One document to save with the events that its save causes."""

    collection: str
    record: Record
    events: tuple[Event, ...] = field(default=())


class Store(Protocol):
    """Documents of one service."""

    async def ensure(self, *collections: Collection) -> None:
        """Create what is missing for these collections; needed before any other call names them."""
        ...

    async def get(self, collection: str, scope: Scope, id: str) -> Record | None:
        """One record, or None where there is none that ``scope`` sees."""
        ...

    async def find(self, collection: str, scope: Scope, where: Sequence[Clause] = (), **paged: Unpack[Paged]) -> Page:
        """A page of what matches every clause, by ``sort`` (by id where None).

        Raises:
            kit.errors.BadRequest: the cursor is not one of this query's.
        """
        ...

    async def find_briefs(
        self, collection: str, scope: Scope, where: Sequence[Clause] = (), **paged: Unpack[Paged]
    ) -> BriefPage:
        """The same page as ``find``, its documents neither whole nor decoded: what lists are made of."""
        ...

    def scan(self, collection: str, scope: Scope, where: Sequence[Clause] = ()) -> AsyncIterator[Record]:
        """Everything that matches, by id, read in pages as it is consumed."""
        ...

    async def tally(
        self,
        collection: str,
        scope: Scope,
        where: Sequence[Clause] = (),
        *,
        group_by: str | None = None,
        sum_of: str | None = None,
    ) -> list[Tally]:
        """Counts and exact sums (beyond 2⁶³) by group; one group None where ``group_by`` is None."""
        ...

    async def save(self, collection: str, record: Record, events: Sequence[Event] = ()) -> Record:
        """Insert (revision 0) or replace at the revision read; gives the record at its new revision.

        Raises:
            AlreadyExists: revision 0 and the id is taken.
            Stale: the stored revision is another.
            kit.errors.TooLarge: the body is longer than a record may be, or too much of it waits to be published.
            kit.errors.StoreFull: the disk is full.
        """
        ...

    async def save_many(
        self, writes: Sequence[Write], *, stop_at_failure: bool = False
    ) -> list[Record | AlreadyExists | Stale]:
        """Save each document atomically by itself, in order, under as few syncs as possible.

        With ``stop_at_failure`` the writes after the first failure are not tried and not in the answer.
        """
        ...

    async def erase(self, collection: str, id: str) -> None:
        """Remove a record and its search tokens; removing what is not there is no error."""
        ...

    async def scrub(self) -> None:
        """Leave no byte in any file of what was replaced or erased before; erase and save alone may.

        Raises:
            kit.errors.Problem: the files are in use; to be called again.
        """
        ...

    async def pending(self, limit: int) -> list[PendingEvent]:
        """The oldest unpublished events, in the order of their saves."""
        ...

    async def settle(self, positions: Sequence[Position]) -> None:
        """Forget published events: the first of those that ``pending`` gave."""
        ...

    def on_pending(self, wake: WakeUp) -> None:
        """Call ``wake`` on the loop whenever a save left events pending."""
        ...

    async def close(self) -> None:
        """Finish writes under way and let the file go."""
        ...

"""Where accounts, sessions, bearer tokens and sign-in attempts are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from gateway.auditing import to_save
from gateway.model import Account, BearerToken, SignedIn, own_reader
from gateway.settings import IDENTITY, SIGN_IN_FORGOTTEN, TOKEN_DAYS_MOST
from kit.clock import to_text
from kit.errors import AlreadyExists, Stale
from kit.events import Event, Payload
from kit.ports import Ports
from kit.store.port import Clause, Collection, Eq, Index, Page, Range, Record, Scope, Sort

_FILTERS = (Index("active", tree=False), Index("invited_by"))
ACCOUNTS = Collection(
    "accounts", (Index("sign_in"), Index("name", "chinese"), Index("role"), *_FILTERS), ("name", "sign_in")
)
SESSIONS = Collection("sessions", (Index("account"), Index("expires_at")))
TOKENS = Collection("tokens", (Index("account"), Index("revoked_at"), Index("created_at"), Index("expires_at")))
USES = Collection("token_uses", (Index("at"),))
"""When a token was last used: apart from the token, so that using one does not change its revision."""
ATTEMPTS = Collection("attempts", (Index("latest"),))
MARKS = Collection("marks")
COLLECTIONS = (ACCOUNTS, SESSIONS, TOKENS, USES, ATTEMPTS, MARKS)

IDENTIFYING = Scope.of({IDENTITY})
_KEPT_AFTER_END = timedelta(days=30)
_LONGEST_UNUSED = timedelta(days=TOKEN_DAYS_MOST) + _KEPT_AFTER_END


class Repository:
    """Documents of the edge."""

    def __init__(self, ports: Ports) -> None:
        self._ports, self._store, self._clock = ports, ports.store, ports.clock

    async def account(self, id: str) -> Account | None:
        """An account, for the edge itself."""
        record = await self._store.get(ACCOUNTS.name, IDENTIFYING, id)
        return None if record is None else Account.read(id, record.body)

    async def account_record(self, id: str, scope: Scope = IDENTIFYING) -> Record | None:
        """An account with its revision and the requests it answered."""
        return await self._store.get(ACCOUNTS.name, scope, id)

    async def accounts(self, scope: Scope, where: Sequence[Clause], limit: int, cursor: str | None) -> Page:
        """Accounts that ``scope`` sees, by name."""
        return await self._store.find(ACCOUNTS.name, scope, where, sort=Sort("name"), limit=limit, cursor=cursor)

    async def partners(self) -> AsyncIterator[Account]:
        """Everybody who works for a partner."""
        async for record in self._store.scan(ACCOUNTS.name, IDENTIFYING, [Eq("role", "partner")]):
            yield Account.read(record.id, record.body)

    async def has_administrator(self) -> bool:
        """Whether anybody administers this installation."""
        where = [Eq("role", "administrator"), Eq("active", value=True)]
        return bool((await self._store.find(ACCOUNTS.name, IDENTIFYING, where, limit=1)).records)

    async def others_administer(self, id: str) -> bool:
        """Whether somebody who can sign in administers this installation beside this account."""
        where = [Eq("role", "administrator"), Eq("active", value=True)]
        found = [each async for each in self._store.scan(ACCOUNTS.name, IDENTIFYING, where) if each.id != id]
        return any(Account.read(each.id, each.body).state == "active" for each in found)

    async def save_account(self, record: Record, account: Account, *told: Payload) -> Record:
        """Save it and tell of it."""
        events = to_save(self._ports, account.id, record.revision + 1, account.changed(), *told)
        return await self._store.save(ACCOUNTS.name, record.with_body(account.body(), account.readers), events)

    async def session(self, id: str) -> tuple[SignedIn, Record] | None:
        """A session by the digest of its token."""
        record = await self._store.get(SESSIONS.name, IDENTIFYING, id)
        return None if record is None else (SignedIn.read(id, record.body), record)

    async def sessions(self, account: str) -> list[SignedIn]:
        """The sessions of a person, the latest first."""
        scope = Scope.of({own_reader(account)})
        found = [SignedIn.read(each.id, each.body) async for each in self._store.scan(SESSIONS.name, scope)]
        return sorted(found, key=lambda each: each.created_at, reverse=True)

    async def begin_session(self, session: SignedIn, told: Payload) -> None:
        """Keep a new session and tell of it."""
        record = Record(session.id, session.body(), frozenset({IDENTITY, own_reader(session.account)}))
        await self._store.save(SESSIONS.name, record, to_save(self._ports, session.id, 1, told))

    async def touch_session(self, session: SignedIn, record: Record) -> None:
        """Keep the instant of its last use; another request may have done so meanwhile."""
        with suppress(Stale):
            await self._store.save(SESSIONS.name, record.with_body(session.body()))

    async def end_session(self, id: str, *told: Payload) -> None:
        """Forget it, once what is told of it is kept: nothing where it merely ran out."""
        while told and (record := await self._store.get(SESSIONS.name, IDENTIFYING, id)) is not None:
            try:
                await self._store.save(SESSIONS.name, record, to_save(self._ports, id, record.revision + 1, *told))
            except Stale:
                continue
            break
        await self._store.erase(SESSIONS.name, id)

    async def token(self, id: str, scope: Scope = IDENTIFYING) -> tuple[BearerToken, Record] | None:
        """A bearer token by its id."""
        record = await self._store.get(TOKENS.name, scope, id)
        return None if record is None else (BearerToken.read(id, record.body), record)

    async def tokens(self, scope: Scope, limit: int, cursor: str | None) -> Page:
        """Tokens that were not withdrawn, newest first."""
        newest = Sort("created_at", descending=True)
        where = [Eq("revoked_at", None)]
        return await self._store.find(TOKENS.name, scope, where, sort=newest, limit=limit, cursor=cursor)

    async def save_token(self, token: BearerToken, record: Record, told: Payload) -> Record:
        """Keep a token and tell of what was done to it."""
        events = to_save(self._ports, token.id, record.revision + 1, told)
        return await self._store.save(TOKENS.name, record.with_body(token.body()), events)

    async def used(self, token: str) -> str | None:
        """When a token was last used, to the hour or so."""
        record = await self._store.get(USES.name, IDENTIFYING, token)
        return None if record is None else str(record.body["at"])

    async def use(self, token: str) -> None:
        """A token is used now; another request may say so at the same time."""
        record = await self._store.get(USES.name, IDENTIFYING, token) or Record(token, {}, frozenset({IDENTITY}))
        with suppress(Stale, AlreadyExists):
            await self._store.save(USES.name, record.with_body({"at": to_text(self._clock.now())}))

    async def attempts(self, id: str) -> Record:
        """The failed sign-ins at one door."""
        found = await self._store.get(ATTEMPTS.name, IDENTIFYING, id)
        return found or Record(id, {"failed": 0, "latest": None, "told": False}, frozenset({IDENTITY}))

    async def save_attempts(self, record: Record, events: Sequence[Event] = ()) -> None:
        """Keep them."""
        await self._store.save(ATTEMPTS.name, record, events)

    async def forget_attempts(self, id: str) -> None:
        """Start afresh, after a success."""
        await self._store.erase(ATTEMPTS.name, id)

    async def marked(self, name: str) -> bool:
        """Whether a mark was set: something that is done once an installation."""
        return await self._store.get(MARKS.name, IDENTIFYING, name) is not None

    async def mark(self, name: str) -> None:
        """Set a mark."""
        await self._store.save(MARKS.name, Record(name, {"at": to_text(self._clock.now())}, frozenset({IDENTITY})))

    async def purge(self, now: datetime) -> None:
        """Erase what ended: sessions at once, tokens after a month, attempts after a day."""
        ends = (
            (SESSIONS, "expires_at", now),
            (TOKENS, "expires_at", now - _KEPT_AFTER_END),
            (USES, "at", now - _LONGEST_UNUSED),
            (ATTEMPTS, "latest", now - SIGN_IN_FORGOTTEN),
        )
        for collection, field, until in ends:
            where = [Range(field, high=to_text(until))]
            async for record in self._store.scan(collection.name, IDENTIFYING, where):
                await self._store.erase(collection.name, record.id)


def fresh_token(token: BearerToken) -> Record:
    """The record of a token not yet kept: the edge and its owner see it."""
    return Record(token.id, {}, frozenset({IDENTITY, own_reader(token.account)}))

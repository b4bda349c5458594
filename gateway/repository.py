"""Where accounts, sessions, bearer tokens and sign-in attempts are kept."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from gateway.model import Account, BearerToken, SignedIn, own_reader
from gateway.settings import IDENTITY, SERVICE
from kit.clock import to_text
from kit.errors import Stale
from kit.events import envelop
from kit.ports import Ports
from kit.store.port import Collection, Eq, Index, Page, Range, Record, Scope, Sort
from kit.telemetry import traceparent

ACCOUNTS = Collection("accounts", (Index("sign_in"), Index("name", "chinese"), Index("role")), ("name", "sign_in"))
SESSIONS = Collection("sessions", (Index("account"), Index("expires_at")))
TOKENS = Collection("tokens", (Index("account"), Index("revoked_at"), Index("created_at"), Index("expires_at")))
ATTEMPTS = Collection("attempts", (Index("latest"),))
MARKS = Collection("marks")
COLLECTIONS = (ACCOUNTS, SESSIONS, TOKENS, ATTEMPTS, MARKS)

IDENTIFYING = Scope.of({IDENTITY})
_KEPT_AFTER_END = timedelta(days=30)


class Repository:
    """Documents of the edge."""

    def __init__(self, ports: Ports) -> None:
        self._store, self._clock = ports.store, ports.clock

    async def account(self, id: str, scope: Scope = IDENTIFYING) -> Account | None:
        """An account that ``scope`` sees."""
        record = await self._store.get(ACCOUNTS.name, scope, id)
        return None if record is None else Account.read(id, record.body)

    async def account_record(self, id: str, scope: Scope = IDENTIFYING) -> Record | None:
        """An account with its revision and the requests it answered."""
        return await self._store.get(ACCOUNTS.name, scope, id)

    async def accounts(self, scope: Scope, role: str | None, limit: int, cursor: str | None) -> Page:
        """Accounts that ``scope`` sees, by name."""
        where = [] if role is None else [Eq("role", role)]
        return await self._store.find(ACCOUNTS.name, scope, where, sort=Sort("name"), limit=limit, cursor=cursor)

    async def save_account(self, record: Record, account: Account) -> Record:
        """Save it and tell of it."""
        told = envelop(
            [account.changed()],
            source=SERVICE,
            aggregate=account.id,
            revision=record.revision + 1,
            time=self._clock.now(),
            traceparent=traceparent() or None,
        )
        return await self._store.save(ACCOUNTS.name, record.with_body(account.body(), account.readers), told)

    async def session(self, id: str) -> tuple[SignedIn, Record] | None:
        """A session by the digest of its token."""
        record = await self._store.get(SESSIONS.name, IDENTIFYING, id)
        return None if record is None else (SignedIn.read(id, record.body), record)

    async def begin_session(self, session: SignedIn) -> None:
        """Keep a new session."""
        record = Record(session.id, session.body(), frozenset({IDENTITY, own_reader(session.account)}))
        await self._store.save(SESSIONS.name, record)

    async def touch_session(self, session: SignedIn, record: Record) -> None:
        """Keep the instant of its last use; another request may have done so meanwhile."""
        with suppress(Stale):
            await self._store.save(SESSIONS.name, record.with_body(session.body()))

    async def end_session(self, id: str) -> None:
        """Forget it."""
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

    async def save_token(self, token: BearerToken, record: Record) -> Record:
        """Keep a token."""
        return await self._store.save(TOKENS.name, record.with_body(token.body()))

    async def attempts(self, id: str) -> Record:
        """The failed sign-ins of one name."""
        found = await self._store.get(ATTEMPTS.name, IDENTIFYING, id)
        return found or Record(id, {"failed": [], "latest": None}, frozenset({IDENTITY}))

    async def save_attempts(self, record: Record) -> None:
        """Keep them."""
        await self._store.save(ATTEMPTS.name, record)

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
            (ATTEMPTS, "latest", now - timedelta(days=1)),
        )
        for collection, field, until in ends:
            where = [Range(field, high=to_text(until))]
            async for record in self._store.scan(collection.name, IDENTIFYING, where):
                await self._store.erase(collection.name, record.id)


def fresh_token(token: BearerToken) -> Record:
    """The record of a token not yet kept: the edge and its owner see it."""
    return Record(token.id, {}, frozenset({IDENTITY, own_reader(token.account)}))

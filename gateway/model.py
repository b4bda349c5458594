"""Accounts, sessions and bearer tokens: who somebody is, what they may read as, how long it holds. Pure."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Self

from contracts.gateway import AccountChanged, Role
from gateway.settings import ADMINISTRATORS, IDENTITY, INVITATION_LIFE, SESSION_IDLE, SESSION_LONGEST
from kit.auth import PUBLIC, Principal
from kit.clock import from_text, to_text
from operating.ids import derive_id

Locale = Literal["zh-CN", "en"]
TokenScope = Literal["read", "read_write"]
CITY = "city"
ROLE_NAMES: Mapping[str, str] = {
    "officer": "招商专员",
    "bureau_officer": "市级招商专员",
    "manager": "分管领导",
    "policy_editor": "政策编辑",
    "reviewer": "审查员",
    "partner": "合作伙伴",
    "administrator": "管理员",
}
ORGANISATION_KINDS: Mapping[str, str] = {"investor": "投资企业", "introducer": "引荐机构"}
OFFICE_ROLES = ("officer", "bureau_officer", "manager", "policy_editor", "reviewer")


@dataclass(frozen=True, slots=True)
class Organisation:
    """The company behind a partner: an investor (投资企业) or an introducer (引荐机构)."""

    id: str
    name: str
    kind: Literal["investor", "introducer"]


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that lets somebody choose their first password. Only the digest of its code is kept."""

    digest: str
    expires_at: str

    @classmethod
    def begin(cls, code: str, now: datetime) -> Self:
        """The invitation that this code opens from now on."""
        return cls(digest(code), to_text(now + INVITATION_LIFE))

    def opens(self, code: str, now: datetime) -> bool:
        """Whether this code opens it, now."""
        return hmac.compare_digest(self.digest, digest(code)) and to_text(now) < self.expires_at


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in. ``epoch`` grows when every session of theirs must end.

    Who was invited and has not come yet has no password: ``password_hash`` is empty and fits none.
    """

    id: str
    sign_in: str
    name: str
    role: Role
    zones: tuple[str, ...]
    organisation: Organisation | None
    active: bool
    locale: Locale
    password_hash: str
    epoch: int
    created_at: str
    updated_at: str
    must_change: bool = False
    invited_by: str | None = None
    hosts: tuple[str, ...] = ()
    """The desks that brought a partner in, to which alone the organisation is offered; none means every desk."""
    invitation: Invitation | None = None

    @classmethod
    def read(cls, id: str, body: dict[str, Any]) -> Self:
        """An account as it was stored, by this release or an earlier one."""
        organisation = Organisation(**body["organisation"]) if body["organisation"] else None
        kept = body.get("invitation")
        typed = {"zones": tuple(body["zones"]), "hosts": tuple(body.get("hosts", ())), "organisation": organisation}
        return cls(id=id, **(body | typed | {"invitation": Invitation(**kept) if kept else None}))

    def body(self) -> dict[str, Any]:
        """What is stored."""
        kept: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__ if name != "id"}
        kept["zones"], kept["hosts"] = list(self.zones), list(self.hosts)
        if self.organisation is not None:
            each = self.organisation
            kept["organisation"] = {"id": each.id, "name": each.name, "kind": each.kind}
        if self.invitation is not None:
            kept["invitation"] = {"digest": self.invitation.digest, "expires_at": self.invitation.expires_at}
        return kept

    @property
    def state(self) -> Literal["active", "invited", "disabled"]:
        """Whether they may sign in, and why not."""
        if not self.active:
            return "disabled"
        return "active" if self.password_hash else "invited"

    @property
    def administers(self) -> bool:
        """Whether they administer the installation."""
        return self.active and self.role == "administrator"

    @property
    def office(self) -> str:
        """The desk in whose log stands what is done to this account."""
        return self.zones[0] if len(self.zones) == 1 else CITY

    @property
    def reads_as(self) -> frozenset[str]:
        """The readers this person acts as."""
        return frozenset({PUBLIC, *self._offices()})

    @property
    def readers(self) -> frozenset[str]:
        """Who may see this account: administrators, the person, a partner's host, for staff the desks they work at."""
        desks = self._offices() if self.role in OFFICE_ROLES else ()
        city = (CITY,) if self.role == "officer" else ()
        host = (own_reader(self.invited_by),) if self.invited_by and self.guest_of(self.invited_by) else ()
        return frozenset({IDENTITY, ADMINISTRATORS, own_reader(self.id), *host, *desks, *city})

    def guest_of(self, account: str) -> bool:
        """Whether it is a partner whom this account brought in: a colleague is nobody's guest, or no longer."""
        return self.role == "partner" and self.invited_by == account

    def offered_to(self, principal: Principal) -> bool:
        """Whether an officer may be told of this partner: zones do not learn whom another one is courting."""
        return not self.hosts or bool(principal.readers & set(self.hosts))

    def principal(self) -> Principal:
        """This person, as services know them."""
        organisation = self.organisation.id if self.organisation else None
        return Principal(self.id, self.role, self.zones, organisation, self.reads_as, self.name, self.locale)

    def changed(self) -> AccountChanged:
        """The event of any change of it."""
        return AccountChanged(
            account=self.id,
            role=self.role,
            zones=list(self.zones),
            org=self.organisation.id if self.organisation else None,
            active=self.active,
            locale=self.locale,
        )

    def _offices(self) -> tuple[str, ...]:
        if self.role == "bureau_officer" or (self.role == "manager" and not self.zones):
            return (CITY,)
        if self.role in ("officer", "manager"):
            return tuple(f"zone:{zone}" for zone in self.zones)
        if self.role == "partner" and self.organisation is not None:
            return (f"org:{self.organisation.id}",)
        return ()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session as stored; its id is the digest of the cookie's token."""

    id: str
    account: str
    csrf: str
    epoch: int
    created_at: str
    seen_at: str
    expires_at: str
    browser: str = ""
    network: str = ""

    @classmethod
    def begin(cls, token: str, csrf: str, account: Account, now: datetime, browser: str, network: str) -> Self:
        """The session of a person who has just signed in."""
        text, ends = to_text(now), to_text(now + SESSION_LONGEST)
        return cls(digest(token), account.id, csrf, account.epoch, text, text, ends, browser, network)

    @classmethod
    def read(cls, id: str, body: dict[str, Any]) -> Self:
        """A session as it was stored."""
        return cls(id=id, **body)

    def body(self) -> dict[str, Any]:
        """What is stored."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "id"}

    def holds(self, account: Account, now: datetime) -> bool:
        """Whether it still lets the person in."""
        fresh = to_text(now) < self.expires_at and to_text(now - SESSION_IDLE) < self.seen_at
        return fresh and account.active and account.epoch == self.epoch

    def seen(self, now: datetime) -> SignedIn:
        """The session, used just now."""
        return replace(self, seen_at=to_text(now))


@dataclass(frozen=True, slots=True)
class BearerToken:
    """Lets a program act as an account. Only the digest of the secret is kept."""

    id: str
    account: str
    name: str
    digest: str
    created_at: str
    expires_at: str
    revoked_at: str | None = None
    scope: TokenScope = "read_write"

    @classmethod
    def read(cls, id: str, body: dict[str, Any]) -> Self:
        """A token as it was stored."""
        return cls(id=id, **body)

    def body(self) -> dict[str, Any]:
        """What is stored."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "id"}

    def holds(self, now: datetime) -> bool:
        """Whether it is neither withdrawn nor expired."""
        return self.revoked_at is None and now < from_text(self.expires_at)


def account_id(secret: bytes, sign_in: str) -> str:
    """The id of the account with this sign-in name: names are unique because ids are."""
    return derive_id(secret, "account", normal_name(sign_in))


def normal_name(sign_in: str) -> str:
    """A sign-in name as it is compared: half-width, lower case, without blanks around it."""
    return unicodedata.normalize("NFKC", sign_in).strip().casefold()


def desks_of(principal: Principal) -> frozenset[str]:
    """The offices at whose desks somebody works."""
    return frozenset(reader for reader in principal.readers if reader == CITY or reader.startswith("zone:"))


def own_reader(account: str) -> str:
    """The reader under which what is a person's own is kept."""
    return f"account:{account}"


def digest(secret: str) -> str:
    """What is kept of a random secret; 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def bearer_text(id: str, secret: str) -> str:
    """A token as its holder carries it: the id inside makes looking it up one read."""
    return f"quce_{id.replace('-', '')}{secret}"


def bearer_id(text: str) -> str | None:
    """The id inside a token; None where it is no token of ours."""
    return plain_id(text.removeprefix("quce_")[:32]) if text.startswith("quce_") else None


def plain_id(raw: str) -> str | None:
    """An id that was written without hyphens; None where it is none."""
    if len(raw) != 32 or not set(raw) <= set("0123456789abcdef"):
        return None
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))

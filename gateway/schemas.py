"""What the edge's own routes take and give. A password goes in and never comes out."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.gateway import Role
from contracts.vocabulary.form import EMAIL, Form
from contracts.vocabulary.zones import ZoneId
from gateway.model import Account, BearerToken, SignedIn, TokenScope
from gateway.settings import TOKEN_DAYS, TOKEN_DAYS_MOST
from kit.store.port import Record
from kit.web import Answer, StrictModel

PLAIN = Form(
    r"^[^\x00-\x1f\x7f<>]*[^\s\x00-\x1f\x7f<>][^\x00-\x1f\x7f<>]*$", "请填写文字，不能只有空格，不能有 < > 或换行"
)
SIGN_IN = Form(r"^[a-z0-9][a-z0-9._-]*$", "只用小写字母、数字和 . _ -，以字母或数字开头")
SLUG = Form(r"^[a-z0-9][a-z0-9-]*$", "只用小写字母、数字和 -，以字母或数字开头")

SignInName = Annotated[str, SIGN_IN, Field(min_length=2, max_length=32, description="登录名，不能更改")]
DisplayName = Annotated[str, PLAIN, Field(min_length=1, max_length=50, description="姓名")]
Password = Annotated[str, Field(min_length=10, max_length=128, description="至少 10 个字符")]
Email = Annotated[str, EMAIL, Field(max_length=254, description="接收通知的邮箱，只存在通知服务里")]
Zones = Annotated[list[ZoneId], Field(max_length=14, description="所在办公室的区域")]
Locale = Literal["zh-CN", "en"]


class OrganisationInput(StrictModel):
    """The company of a partner."""

    id: Annotated[str, SLUG, Field(min_length=1, max_length=60)] | None = Field(
        None, description="不填则由名称得出：同一办公室写的同名即同一机构"
    )
    name: Annotated[str, PLAIN, Field(min_length=1, max_length=100)]
    kind: Literal["investor", "introducer"] = Field(description="投资企业或引荐机构")


class PersonInput(StrictModel):
    """Somebody who is to have an account."""

    sign_in: SignInName
    name: DisplayName
    role: Role
    zones: Zones = Field(default_factory=list)
    organisation: OrganisationInput | None = None
    email: Email | None = None
    locale: Locale = "zh-CN"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        check_office(self.role, [zone.value for zone in self.zones], self.organisation is not None)
        return self


class NewAccount(PersonInput):
    """An account to be made; without a password it gets a one-time one, which its owner must change."""

    password: Password | None = None


class NewInvitation(PersonInput):
    """Somebody to be invited; with an address, the link is mailed as well."""


class AcceptInput(StrictModel):
    """The code of the link, and the password that its reader chooses."""

    code: Annotated[str, Field(min_length=40, max_length=100, pattern=r"^[A-Za-z0-9_-]+$")]
    password: Password


class SetUpInput(StrictModel):
    """The first administrator; without a password they get a one-time one."""

    code: str = Field("", max_length=100, description="启动时在控制台打印的初始化代码")
    sign_in: SignInName
    name: DisplayName
    password: Password | None = None
    email: Email | None = None


class OwnPassword(StrictModel):
    """Another password of one's own."""

    current: str = Field(min_length=1, max_length=128, description="当前密码")
    new: Password


class AccountChange(StrictModel):
    """What may change of an account; what is absent stays. Passwords are reset, or changed by their owner."""

    name: DisplayName | None = None
    role: Role | None = None
    zones: Zones | None = None
    organisation: OrganisationInput | None = None
    email: Email | None = None
    locale: Locale | None = None
    active: bool | None = None


class AccountFilter(StrictModel):
    """Which accounts to list."""

    role: Role | None = None
    zone: ZoneId | None = None
    active: bool | None = None
    q: str = Field("", max_length=100, description="姓名或登录名")
    invited: bool = Field(False, description="只看自己邀请的")
    limit: int = Field(50, ge=1, le=200, description="本页条数")
    cursor: str | None = Field(None, max_length=2000, description="上一页的 next")


class OrganisationAnswer(Answer):
    """The company of a partner."""

    id: str
    name: str
    kind: Literal["investor", "introducer"]


class DirectoryEntry(Answer):
    """What colleagues see of an account."""

    id: str
    name: str
    role: Role

    @classmethod
    def of(cls, account: Account) -> DirectoryEntry:
        """The entry of an account."""
        return cls(id=account.id, name=account.name, role=account.role)


class AccountAnswer(Answer):
    """What administrators, and the person, see of an account."""

    id: str
    revision: int
    sign_in: str
    name: str
    role: Role
    zones: list[str]
    organisation: OrganisationAnswer | None
    active: bool
    state: Literal["active", "invited", "disabled"]
    must_change: bool = Field(description="密码是一次性的，下次登录要先更改")
    invited_by: str | None
    invited_until: str | None
    locale: Locale
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, account: Account, revision: int) -> AccountAnswer:
        """The answer about an account."""
        body = account.body()
        shown = {name: body[name] for name in cls.model_fields if name in body}
        until = account.invitation.expires_at if account.invitation else None
        return cls(id=account.id, revision=revision, state=account.state, invited_until=until, **shown)


class Receipt(Answer):
    """The answer of a change: read the rest."""

    id: str
    revision: int


class PasswordReceipt(Receipt):
    """``password`` is there once, and only where a one-time one was made: a repeated request gets null."""

    password: str | None


class InvitationReceipt(Receipt):
    """``link`` is there once: a repeated request gets null; ``mailed`` says whether it was sent to an address, too."""

    link: str | None
    mailed: bool
    expires_at: str | None


class Accepted(Answer):
    """The sign-in name that goes with the chosen password."""

    sign_in: str


class SessionListed(Answer):
    """Where somebody is signed in."""

    id: str
    created_at: str
    seen_at: str
    expires_at: str
    browser: str
    network: str
    current: bool

    @classmethod
    def of(cls, session: SignedIn, current: str) -> SessionListed:
        """The answer about a session."""
        shown = {name: value for name, value in session.body().items() if name in cls.model_fields}
        return cls(id=session.id, current=session.id == current, **shown)


class Sessions(Answer):
    """Where somebody is signed in, the latest first."""

    items: list[SessionListed]


class Ended(Answer):
    """How many sessions ended."""

    ended: int


class SignIn(StrictModel):
    """Name and password."""

    account: str = Field(min_length=1, max_length=100, description="登录名")
    password: str = Field(min_length=1, max_length=128)


class SessionAnswer(Answer):
    """Who is signed in; ``csrf`` goes into the header X-CSRF-Token of changes made with the cookie."""

    account: str
    name: str
    role: Role
    zones: list[str]
    org: str | None
    csrf: str
    must_change: bool = Field(description="密码是一次性的，更改之前不能使用其他功能")


class NewToken(StrictModel):
    """A bearer token to be made."""

    name: Annotated[str, PLAIN, Field(min_length=1, max_length=60, description="用途")]
    scope: TokenScope = Field("read_write", description="read 只能读取；read_write 可以更改")
    expires_days: int = Field(TOKEN_DAYS, ge=1, le=TOKEN_DAYS_MOST)


class TokenAnswer(Answer):
    """A token, without its secret; ``used_at`` is written once an hour at most."""

    id: str
    revision: int
    name: str
    scope: TokenScope
    created_at: str
    expires_at: str
    used_at: str | None

    @classmethod
    def of(cls, record: Record, used_at: str | None) -> TokenAnswer:
        """The answer about a stored token."""
        token = BearerToken.read(record.id, record.body)
        shown = {name: value for name, value in token.body().items() if name in cls.model_fields}
        return cls(id=token.id, revision=record.revision, used_at=used_at, **shown)


class TokenReceipt(Receipt):
    """``token`` is there once: a repeated request gets null, and makes another token if the first was lost."""

    token: str | None
    expires_at: str


def check_office(role: str, zones: list[str], has_organisation: bool) -> None:
    """Whether role, zones and organisation go together.

    Raises:
        ValueError: they do not; the message says what to change.
    """
    if role == "officer" and not zones:
        raise ValueError("招商专员要填所在区域 zones")
    if role not in ("officer", "manager") and zones:
        raise ValueError("只有招商专员和分管领导可以填区域 zones")
    if role == "partner" and not has_organisation:
        raise ValueError("合作伙伴要填所属机构 organisation")
    if role != "partner" and has_organisation:
        raise ValueError("只有合作伙伴可以填所属机构 organisation")

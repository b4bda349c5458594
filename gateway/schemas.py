"""What the edge's own routes take and give. A password goes in and never comes out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from contracts.gateway import Role
from contracts.vocabulary.form import EMAIL, Form
from contracts.vocabulary.zones import ZoneId
from gateway.model import Account, BearerToken
from gateway.settings import TOKEN_DAYS, TOKEN_DAYS_MOST
from kit.store.port import Record
from kit.web import Answer, StrictModel

PLAIN = Form(
    r"^[^\x00-\x1f\x7f<>]*[^\s\x00-\x1f\x7f<>][^\x00-\x1f\x7f<>]*$", "请填写文字，不能只有空格，不能有 < > 或换行"
)
SIGN_IN = Form(r"^[a-z0-9][a-z0-9._-]*$", "只用小写字母、数字和 . _ -，以字母或数字开头")
SLUG = Form(r"^[a-z0-9][a-z0-9-]*$", "只用小写字母、数字和 -，以字母或数字开头")

DisplayName = Annotated[str, PLAIN, Field(min_length=1, max_length=50, description="姓名")]
Password = Annotated[str, Field(min_length=10, max_length=128, description="至少 10 个字符")]
Email = Annotated[str, EMAIL, Field(max_length=254, description="接收通知的邮箱，只存在通知服务里")]
Zones = Annotated[list[ZoneId], Field(max_length=14, description="所在办公室的区域")]
Locale = Literal["zh-CN", "en"]


class OrganisationInput(StrictModel):
    """The company of a partner."""

    id: Annotated[str, SLUG, Field(min_length=1, max_length=60)]
    name: Annotated[str, PLAIN, Field(min_length=1, max_length=100)]
    kind: Literal["investor", "introducer"] = Field(description="投资企业或引荐机构")


class NewAccount(StrictModel):
    """An account to be made."""

    sign_in: Annotated[str, SIGN_IN, Field(min_length=2, max_length=32, description="登录名，不能更改")]
    name: DisplayName
    role: Role
    password: Password
    zones: Zones = Field(default_factory=list)
    organisation: OrganisationInput | None = None
    email: Email | None = None
    locale: Locale = "zh-CN"

    @model_validator(mode="after")
    def _fits(self) -> NewAccount:
        check_office(self.role, [zone.value for zone in self.zones], self.organisation is not None)
        return self


class AccountChange(StrictModel):
    """What may change of an account; what is absent stays."""

    name: DisplayName | None = None
    role: Role | None = None
    zones: Zones | None = None
    organisation: OrganisationInput | None = None
    email: Email | None = None
    locale: Locale | None = None
    password: Password | None = None
    active: bool | None = None


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
    locale: Locale
    created_at: str
    updated_at: str

    @classmethod
    def of(cls, account: Account, revision: int) -> AccountAnswer:
        """The answer about an account."""
        body = account.body()
        shown = {name: body[name] for name in cls.model_fields if name in body}
        return cls(id=account.id, revision=revision, **shown)


class Receipt(Answer):
    """The answer of a change: read the rest."""

    id: str
    revision: int


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


class NewToken(StrictModel):
    """A bearer token to be made."""

    name: Annotated[str, PLAIN, Field(min_length=1, max_length=60, description="用途")]
    expires_days: int = Field(TOKEN_DAYS, ge=1, le=TOKEN_DAYS_MOST)


class TokenAnswer(Answer):
    """A token, without its secret."""

    id: str
    revision: int
    name: str
    created_at: str
    expires_at: str

    @classmethod
    def of(cls, record: Record) -> TokenAnswer:
        """The answer about a stored token."""
        token = BearerToken.read(record.id, record.body)
        return cls(
            id=token.id,
            revision=record.revision,
            name=token.name,
            created_at=token.created_at,
            expires_at=token.expires_at,
        )


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
        raise ValueError("合作方要填所属机构 organisation")
    if role != "partner" and has_organisation:
        raise ValueError("只有合作方可以填所属机构 organisation")

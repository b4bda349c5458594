"""What the routes of recipients take and give: addresses live here only."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from contracts.gateway import Role
from contracts.vocabulary.form import EMAIL, Form
from contracts.vocabulary.zones import ZoneId
from kit.web import Answer, StrictModel

PLAIN = Form(r"^[^\x00-\x1f\x7f]+$", "不能有换行等控制字符")


class RecipientInput(StrictModel):
    """Where somebody is reached. An empty address is allowed, and shows as a failed delivery when it is needed."""

    name: Annotated[str, PLAIN, Field(min_length=1, max_length=100)]
    email: Annotated[str, EMAIL, Field(max_length=254)] | None = None
    locale: Literal["zh-CN", "en"] = "zh-CN"
    zones: list[ZoneId] = Field(default_factory=list, max_length=14)
    role: Role


class InvitationInput(StrictModel):
    """The link that lets somebody choose a password."""

    link: Annotated[str, Field(max_length=200, pattern=r"^/invitation\?code=[A-Za-z0-9_-]+$")]


class Recipient(Answer):
    """Where somebody is reached."""

    account: str
    name: str
    email: str | None
    locale: str
    zones: list[str]
    role: str
    updated_at: str

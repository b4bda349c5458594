"""Events of the gateway: accounts, without names or addresses."""

from __future__ import annotations

from typing import ClassVar, Literal

from contracts.audit import Audited
from contracts.event import EventData
from contracts.letters import EventDied

Role = Literal["officer", "bureau_officer", "manager", "policy_editor", "reviewer", "partner", "administrator"]


class AccountChanged(EventData):
    """An account was made, altered or disabled."""

    event_type: ClassVar[str] = "quce.account.changed.v1"

    account: str
    role: Role
    zones: list[str]
    org: str | None
    active: bool
    locale: str


class GatewayEventDied(EventDied):
    """An event could not be handled in the gateway."""

    event_type: ClassVar[str] = "quce.gateway.event_died.v1"


class GatewayAudited(Audited):
    """Something was done in the gateway service."""

    event_type: ClassVar[str] = "quce.gateway.audited.v1"

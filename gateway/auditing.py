"""What the audit log is told of acts at the edge: who, what and why."""

from __future__ import annotations

from functools import partial

from contracts.gateway import GatewayAudited
from gateway.model import CITY
from gateway.settings import SERVICE
from kit.events import Event, Payload, envelop
from kit.ports import Ports
from operating import auditing

audited = partial(auditing.told, GatewayAudited, office=CITY)
"""Somebody did something at the edge; to an account, in the log of its desk."""


def to_save(ports: Ports, aggregate: str, revision: int, *told: Payload) -> list[Event]:
    """The events of one save, after which ``aggregate`` is at ``revision``."""
    return envelop(
        told,
        source=SERVICE,
        aggregate=aggregate,
        revision=revision,
        time=ports.clock.now(),
    )

"""A person who may be told: role and zones from their account, the address from their recipient record."""

from __future__ import annotations

from dataclasses import dataclass

CITY = "city"
ADMINISTRATORS = "administrators"


def own_reader(account: str) -> str:
    """The reader under which a person's own notifications, deliveries and digests are kept."""
    return f"account:{account}"


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is to notify. ``since`` is when notify first heard of them, ISO text."""

    account: str
    name: str
    email: str | None
    locale: str
    role: str
    zones: tuple[str, ...]
    active: bool
    since: str

    @property
    def is_manager(self) -> bool:
        """Whether a digest is written for them."""
        return self.role == "manager" and self.active

    @property
    def readers(self) -> frozenset[str]:
        """What a manager's digest may count: the city's leads, or those of their zones."""
        return manager_readers(self.zones)


def manager_readers(zones: tuple[str, ...]) -> frozenset[str]:
    """The readers of a manager with these zones; the whole city where there are none."""
    return frozenset(f"zone:{zone}" for zone in zones) if zones else frozenset({CITY})

"""What a move asks of each of its two ends."""

from __future__ import annotations

from typing import Protocol

from deploy.migration.documents import Documents
from deploy.migration.files import Files
from deploy.migration.journal import EndName, Journal
from deploy.migration.log import Log
from kit.settings import Settings


class End(Protocol):
    """Where an installation is, or is to be."""

    @property
    def name(self) -> EndName:
        """Which of the two."""
        ...

    @property
    def settings(self) -> Settings:
        """As services at this end read them."""
        ...

    def documents(self, service: str) -> Documents:
        """The documents of a service."""
        ...

    def files(self, service: str, secret: bytes) -> Files:
        """The files of a service."""
        ...

    def log(self) -> Log:
        """The log of events, for the thread that asks."""
        ...

    async def check_source(self) -> None:
        """See that there is an installation, whole and at rest.

        Raises:
            MoveRefused: there is not.
        """
        ...

    async def check_target(self, journal: Journal | None) -> None:
        """See that this end is empty, or was filled by the move of this journal.

        Raises:
            MoveRefused: it is neither.
        """
        ...

    async def begin(self, journal: Journal) -> None:
        """Note, where this end is the target, whose it is from now on."""
        ...

    async def settle_source(self, journal: Journal) -> str:
        """See that nobody used it meanwhile, and put it out of use; says where it is."""
        ...

    async def settle_target(self, journal: Journal) -> None:
        """Put it to use."""
        ...

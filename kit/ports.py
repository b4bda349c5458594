"""What a service stands on: its ports, opened by ``operating.opening``."""

from __future__ import annotations

from dataclasses import dataclass

from kit.auth import KeyFile, TokenVerifier
from kit.blobs.port import Blobs
from kit.bus.port import Bus
from kit.clock import Clock
from kit.leases import StoreLeases
from kit.secrets import Vault
from kit.settings import Settings
from kit.store.port import Store


@dataclass(slots=True)
class Ports:
    """What a service stands on."""

    service: str
    settings: Settings
    clock: Clock
    store: Store
    bus: Bus
    blobs: Blobs
    leases: StoreLeases
    vault: Vault
    secret: bytes
    keys: KeyFile
    verifier: TokenVerifier

    async def close(self) -> None:
        """Let store and files go; the bus is closed by who opened it."""
        await self.blobs.close()
        await self.store.close()

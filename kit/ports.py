"""The ports of one service, opened by the schemes of their addresses; nothing else knows which adapters there are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.auth import KeyFile, TokenVerifier
from kit.blobs.folder import FolderBlobs
from kit.blobs.port import Blobs
from kit.bus.port import Bus
from kit.bus.sqlite import SqliteBus
from kit.clock import Clock, SystemClock
from kit.leases import Leases, StoreLeases
from kit.secrets import Vault, read_secret
from kit.settings import Settings
from kit.store.port import Store
from kit.store.sqlite import SqliteStore


class UnknownScheme(ValueError):
    """An address names an adapter that does not exist."""


@dataclass(slots=True)
class Ports:
    """What a service stands on."""

    service: str
    settings: Settings
    clock: Clock
    store: Store
    bus: Bus
    blobs: Blobs
    leases: Leases
    vault: Vault
    secret: bytes
    keys: KeyFile
    verifier: TokenVerifier

    async def close(self) -> None:
        """Let the store go; the bus is closed by who opened it."""
        await self.store.close()


def open_clock(settings: Settings) -> Clock:
    """The machine's clock, or one that starts where a rehearsal wants it."""
    return SystemClock(settings.now)


def open_bus(settings: Settings) -> Bus:
    """The bus of the installation.

    Raises:
        UnknownScheme: no adapter has this scheme.
    """
    if _scheme(settings.bus_url) == "sqlite":
        return SqliteBus(settings.data / "bus.db", settings.partitions)
    raise UnknownScheme(f"QUCE_BUS_URL={settings.bus_url}：目前支持 sqlite:")


async def open_ports(service: str, settings: Settings, bus: Bus, clock: Clock) -> Ports:
    """The ports of ``service``.

    Raises:
        UnknownScheme: no adapter has the scheme of an address.
    """
    secret = read_secret(settings.data / "keys" / "installation.key")
    store = open_store(service, settings)
    vault = Vault(store, read_secret(settings.data / "keys" / f"{service}-vault.key"))
    await vault.ensure()
    leases = StoreLeases(store, clock)
    await leases.ensure()
    keys = KeyFile(settings.data / "keys" / "tokens.json")
    verifier = TokenVerifier(keys, service, clock)
    blobs = _open_blobs(service, settings, secret)
    return Ports(service, settings, clock, store, bus, blobs, leases, vault, secret, keys, verifier)


def open_store(service: str, settings: Settings) -> Store:
    """The documents of ``service``.

    Raises:
        UnknownScheme: no adapter has this scheme.
    """
    if _scheme(settings.store_url) == "sqlite":
        return SqliteStore(settings.data / f"{service}.db")
    raise UnknownScheme(f"QUCE_STORE_URL={settings.store_url}：目前支持 sqlite:")


def _open_blobs(service: str, settings: Settings, secret: bytes) -> Blobs:
    if _scheme(settings.blob_url) == "folder":
        folder: Path = settings.data / "blobs" / service
        return FolderBlobs(folder, secret)
    raise UnknownScheme(f"QUCE_BLOB_URL={settings.blob_url}：目前支持 folder:")


def _scheme(url: str) -> str:
    return url.partition(":")[0]

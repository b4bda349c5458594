"""Opens the ports of one service by the schemes of their addresses; nothing else knows which adapters there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from kit.auth import KeyFile, TokenVerifier
from kit.blobs.folder import FolderBlobs
from kit.blobs.port import Blobs
from kit.bus.port import Bus
from kit.bus.sqlite import SqliteBus
from kit.clock import Clock, SystemClock
from kit.leases import StoreLeases
from kit.ports import Ports
from kit.secrets import Vault, read_secret
from kit.settings import Settings
from kit.store.port import Store
from kit.store.sqlite import SqliteStore

BROKER = re.compile(r"[^\s:/]+:\d{1,5}|\[[0-9A-Fa-f:.]+\]:\d{1,5}")


class UnknownScheme(ValueError):
    """An address names an adapter that does not exist, or cannot be read."""


def open_clock(settings: Settings) -> Clock:
    """The machine's clock, or one that starts where a rehearsal wants it."""
    return SystemClock(settings.now)


def open_bus(settings: Settings) -> Bus:
    """The bus of the installation.

    Raises:
        UnknownScheme: no adapter has this scheme.
    """
    match _scheme(settings.bus_url):
        case "sqlite":
            return SqliteBus(settings.data / "bus.db", settings.partitions)
        case "kafka" | "kafka+ssl":
            return _open_kafka(settings)
    raise UnknownScheme("QUCE_BUS_URL：支持 sqlite:、kafka://主机:端口,主机:端口 和 kafka+ssl://…")


def _open_kafka(settings: Settings) -> Bus:
    session = settings.kafka_session_seconds * 1000
    bus: Bus = cluster_adapter("kit.bus.kafka").KafkaBus(
        brokers_of(settings.bus_url),
        settings.partitions,
        session_timeout_ms=session,
        heartbeat_interval_ms=session // 4,
    )
    return bus


async def open_ports(service: str, settings: Settings, bus: Bus, clock: Clock) -> Ports:
    """The ports of ``service``; nothing stays open where one cannot be opened, so that it may be tried again.

    Raises:
        UnknownScheme: no adapter has the scheme of an address.
    """
    secret = read_secret(settings.data / "keys" / "installation.key")
    vault_key = read_secret(settings.data / "keys" / f"{service}-vault.key")
    keys = KeyFile(settings.data / "keys" / "tokens.json")
    async with AsyncExitStack() as unfinished:
        store = open_store(service, settings)
        unfinished.push_async_callback(store.close)
        blobs = _open_blobs(service, settings, secret)
        unfinished.push_async_callback(blobs.close)
        vault, leases = Vault(store, vault_key), StoreLeases(store, clock)
        await vault.ensure()
        await leases.ensure()
        unfinished.pop_all()
    verifier = TokenVerifier(keys, service, clock)
    return Ports(service, settings, clock, store, bus, blobs, leases, vault, secret, keys, verifier)


def open_store(service: str, settings: Settings) -> Store:
    """The documents of ``service``.

    Raises:
        UnknownScheme: no adapter has this scheme.
    """
    match _scheme(settings.store_url):
        case "sqlite":
            return SqliteStore(settings.data / f"{service}.db")
        case "mongodb" | "mongodb+srv":
            with _reading("QUCE_STORE_URL"):
                name = database_of(settings.store_url, service)
                store: Store = cluster_adapter("kit.store.mongo").MongoStore(settings.store_url, name)
            return store
    raise UnknownScheme("QUCE_STORE_URL：支持 sqlite: 和 mongodb://…")


def kept_here(settings: Settings) -> bool:
    """Whether the documents are files in the data folder."""
    return _scheme(settings.store_url) == "sqlite"


def _open_blobs(service: str, settings: Settings, secret: bytes) -> Blobs:
    match _scheme(settings.blob_url):
        case "folder":
            folder: Path = settings.data / "blobs" / service
            return FolderBlobs(folder, secret)
        case "mongodb" | "mongodb+srv":
            with _reading("QUCE_BLOB_URL"):
                name = database_of(settings.blob_url, service)
                blobs: Blobs = cluster_adapter("kit.blobs.mongo").MongoBlobs(settings.blob_url, name, secret)
            return blobs
    raise UnknownScheme("QUCE_BLOB_URL：支持 folder: 和 mongodb://…")


@contextmanager
def _reading(setting: str) -> Iterator[None]:
    """Make a client inside, which only takes its address apart; the error's text may hold part of a password."""
    try:
        yield
    except UnknownScheme:
        raise
    except Exception as error:
        words = "地址写得不对，应为 mongodb://主机:端口/库名，用户名和密码里的特殊字符要转义"
        raise UnknownScheme(f"{setting}：{words}（{type(error).__name__}）。") from error


def database_of(url: str, service: str) -> str:
    """The database of a service: ``quce_leads``, or ``wuhan_leads`` at ``mongodb://host/wuhan``."""
    return f"{urlsplit(url).path.strip('/') or 'quce'}_{service}"


def brokers_of(url: str) -> dict[str, Any]:
    """What every client is built with to reach ``kafka://[account:password@]host:port,…``, as kafka-python calls it.

    ``kafka+ssl://`` encrypts; ``?ca=`` names the file of an authority of one's own, ``?mechanism=`` another way to log
    in than SCRAM-SHA-512.

    Raises:
        UnknownScheme: it names no broker, or other options.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    account, _, servers = parts.netloc.rpartition("@")
    named = servers.split(",")
    if not all(BROKER.fullmatch(each) for each in named):
        raise UnknownScheme("QUCE_BUS_URL：Kafka 地址写得不对，应为 kafka://主机:端口，多个之间用逗号隔开")
    settings: dict[str, Any] = {"bootstrap_servers": named}
    protocol = "SSL" if parts.scheme == "kafka+ssl" else "PLAINTEXT"
    if account:
        name, _, password = account.partition(":")
        settings["sasl_mechanism"] = options.pop("mechanism", "SCRAM-SHA-512")
        settings |= {"sasl_plain_username": unquote(name), "sasl_plain_password": unquote(password)}
    if protocol == "SSL" and (authority := options.pop("ca", "")):
        if not Path(authority).is_file():
            raise UnknownScheme(f"QUCE_BUS_URL：ca 所指的文件 {authority} 读不到")
        settings["ssl_cafile"] = authority
    if options:
        raise UnknownScheme(f"QUCE_BUS_URL：{'、'.join(options)} 不能用在这样的地址里，写法见 docs/operations.md")
    return settings | {"security_protocol": f"SASL_{protocol}" if account else protocol}


def _scheme(url: str) -> str:
    return url.partition(":")[0]


def cluster_adapter(module: str) -> ModuleType:
    """An adapter whose driver only clusters have installed.

    Raises:
        UnknownScheme: the driver is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise UnknownScheme(
            f"缺少 {error.name}。集群方式还要安装：pip install --require-hashes -r requirements-cluster.lock"
        ) from error

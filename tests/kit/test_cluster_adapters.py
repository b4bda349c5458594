"""Servers that are away: said in words, in time, and never an unexpected error."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kit.blobs.mongo import MongoBlobs
from kit.bus import kafka_producer
from kit.bus.kafka import KafkaBus
from kit.bus.port import BusAway, Message
from kit.mongo import StoreAway
from kit.settings import Settings
from kit.store.mongo import MongoStore
from kit.store.port import Collection, Record, Scope
from operating import opening
from operating.opening import UnknownScheme, brokers_of, database_of, open_bus, open_store

NOBODY = "mongodb://127.0.0.1:9"
SOON = 6.0
"""Seconds: what waits for a database gives up before the gateway does."""


async def test_a_database_that_is_away_is_unavailable_soon() -> None:
    store, blobs, started = MongoStore(NOBODY, "x"), MongoBlobs(NOBODY, "x", b"secret"), time.monotonic()
    with pytest.raises(StoreAway) as away:
        await store.get("things", Scope.system("tests"), "a")
    assert time.monotonic() - started < SOON
    assert (away.value.status, away.value.headers) == (503, {"Retry-After": "5"})
    with pytest.raises(StoreAway):
        await store.ensure(Collection("things"))
    with pytest.raises(StoreAway):
        await store.save("things", Record("a", {}, frozenset()))
    with pytest.raises(StoreAway):
        await blobs.put(b"content")
    await blobs.close()
    await store.close()


async def test_a_broker_that_is_away_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_producer, "PATIENCE", 0.5)
    bus = KafkaBus(brokers_of("kafka://127.0.0.1:9"), 4)
    for asking in (bus.publish([Message("t", "k", b"x")]), bus.positions("g", ["t"])):
        with pytest.raises(BusAway) as away:
            await asking
        assert away.value.status == 503
    await bus.close()


@pytest.mark.parametrize("url", ["redis://127.0.0.1", "postgres:", ""])
def test_an_address_of_no_adapter_names_its_setting(tmp_path: Path, url: str) -> None:
    with pytest.raises(UnknownScheme, match="QUCE_STORE_URL"):
        open_store("leads", Settings(data=tmp_path, store_url=url))
    with pytest.raises(UnknownScheme, match="QUCE_BUS_URL"):
        open_bus(Settings(data=tmp_path, bus_url=url))


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name, name="motor")

    monkeypatch.setattr(opening, "import_module", missing)
    with pytest.raises(UnknownScheme, match=r"motor.*requirements-cluster\.lock"):
        opening.cluster_adapter("kit.store.mongo")


def test_addresses() -> None:
    assert brokers_of("kafka://a:1,b:2") == {"bootstrap_servers": ["a:1", "b:2"], "security_protocol": "PLAINTEXT"}
    assert brokers_of("kafka+ssl://a:1")["security_protocol"] == "SSL"
    with pytest.raises(UnknownScheme, match=r"QUCE_BUS_URL.*tls"):
        brokers_of("kafka://a:1?tls=yes")
    with pytest.raises(UnknownScheme, match=r"QUCE_BUS_URL.*ca"):
        brokers_of("kafka://a:1?ca=/etc/ca.pem")
    assert database_of("mongodb://a,b/?replicaSet=r", "leads") == "quce_leads"
    assert database_of("mongodb://a/wuhan", "leads") == "wuhan_leads"

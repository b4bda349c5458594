"""A process of a cluster that starts before its database, without it, or under a name that it does not know."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from deploy import cluster
from deploy.brokers.servers import free_port
from deploy.cli import app
from kit.errors import LogInRefused, Unavailable
from kit.mongo import StoreAway
from kit.settings import Settings
from operating.opening import UnknownScheme, open_bus, open_ports
from tests.clocks import ManualClock

CLOCK = ManualClock(datetime(2026, 11, 28, tzinfo=UTC))
PORTS: Any = SimpleNamespace()
AWAY = StoreAway("数据库暂时连不上。")


class Database:
    """Answers with what it was told to, one after another, the last for ever."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers, self.asked = list(answers), 0

    async def open_ports(self, *_: object) -> Any:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is not None:
            raise answer
        return PORTS


async def reached(database: Database, monkeypatch: pytest.MonkeyPatch, patience: float) -> Any:
    monkeypatch.setattr(cluster, "open_ports", database.open_ports)
    monkeypatch.setattr(cluster, "PATIENCE", patience)
    monkeypatch.setattr(cluster, "PAUSE", 0.001)
    bus: Any = None
    return await cluster._reached("leads", Settings(data=Path("unused")), bus, CLOCK)


async def test_one_that_comes_later_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(AWAY, AWAY, None)
    with caplog.at_level(logging.WARNING):
        assert await reached(database, monkeypatch, 60.0) is PORTS
    assert database.asked == 3
    assert caplog.text.count("leads waits for its database (QUCE_STORE_URL)") == 2


async def test_one_that_never_comes_ends_the_start_and_names_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(AWAY)
    with pytest.raises(Unavailable, match="leads 没有启动：请核对 QUCE_STORE_URL"):
        await reached(database, monkeypatch, 0.02)
    assert database.asked > 1


async def test_one_that_refuses_the_log_in_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    database = Database(LogInRefused("数据库拒绝了登录，请核对 QUCE_STORE_URL。"))
    with pytest.raises(LogInRefused, match="QUCE_STORE_URL"):
        await reached(database, monkeypatch, 60.0)
    assert database.asked == 1


async def opened(settings: Settings) -> None:
    async with AsyncExitStack() as stack:
        bus = open_bus(settings)
        stack.push_async_callback(bus.close)
        await open_ports("leads", settings, bus, CLOCK)


@pytest.mark.parametrize(
    ("setting", "address"),
    [
        ("store_url", "mongodb://"),
        ("store_url", "mongodb://db:port"),
        ("store_url", "mongodb://quce%zz@db/wuhan"),
        ("store_url", "mongodb://db/a b"),
        ("blob_url", "mongodb://"),
        ("bus_url", "kafka:broker:9092"),
        ("bus_url", "kafka://broker"),
        ("bus_url", "kafka://one:9092,"),
    ],
)
async def test_an_address_that_cannot_be_read_names_its_setting(setting: str, address: str, tmp_path: Path) -> None:
    given: dict[str, Any] = {"data": tmp_path, setting: address}
    settings = Settings(**given)
    with pytest.raises(UnknownScheme, match=f"QUCE_{setting.upper()}：.*地址写得不对"):
        await opened(settings)


def test_it_ends_the_start_with_a_line_for_the_operator(tmp_path: Path) -> None:
    given = {"QUCE_DATA": str(tmp_path), "QUCE_STORE_URL": "mongodb://127.0.0.1:9", "QUCE_BUS_URL": "kafka://"}
    done = CliRunner(env={**given, "QUCE_PORT": str(free_port())}).invoke(app, ["serve", "leads"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "QUCE_BUS_URL：Kafka 地址写得不对，应为 kafka://主机:端口，多个之间用逗号隔开\n"

"""Spans whose collector is away, silent or refusing: nobody waits, nothing piles up, and it is said once."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from deploy import otlp
from deploy.brokers.servers import free_port
from deploy.otlp import BATCH, QUEUE
from deploy.tracing import tracing
from kit.settings import Settings, SettingsRefused
from kit.telemetry import collected, span
from tests.collector import Collector, collector

MANY = 3 * QUEUE
SLOWEST = 0.001
"""Seconds that each of very many spans may take on a busy machine: it is made, and not waited for."""
PATIENCE, ENDING = 0.3, 0.5


@contextmanager
def nobody() -> Iterator[Collector]:
    """An address at which nobody listens."""
    yield Collector(url=f"http://127.0.0.1:{free_port()}")


TROUBLES: dict[str, Callable[[], AbstractContextManager[Collector]]] = {
    "away": nobody,
    "silent": lambda: collector(0),
    "overloaded": lambda: collector(503),
    "another program": lambda: collector(404),
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(otlp, "PATIENCE", PATIENCE)
    monkeypatch.setattr(otlp, "ENDING", ENDING)
    monkeypatch.setattr(otlp, "EVERY", 50)
    caplog.set_level(logging.INFO)


def make(count: int) -> None:
    """So many spans."""
    for _ in range(count):
        with span("leads", "work"):
            pass


async def said(caplog: pytest.LogCaptureFixture, lines: int) -> None:
    """Wait until so many lines were logged."""
    async with asyncio.timeout(10):
        while len(caplog.records) < lines:  # noqa: ASYNC110 - a thread logs them
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_nobody_waits_for_a_collector_and_its_absence_is_said_once(
    trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    with TROUBLES[trouble]() as one:
        async with tracing(Settings(otlp_endpoint=one.url)):
            begun = time.perf_counter()
            make(MANY)
            assert time.perf_counter() - begun < MANY * SLOWEST
            await said(caplog, 1)
            make(MANY)
            await asyncio.sleep(3 * PATIENCE)
            begun = time.perf_counter()
        assert time.perf_counter() - begun < ENDING + 1
    assert [each.levelname for each in caplog.records] == ["ERROR"]
    assert not collected()


async def test_a_collector_that_is_back_gets_what_there_was_room_for(caplog: pytest.LogCaptureFixture) -> None:
    with collector(503) as one:
        async with tracing(Settings(otlp_endpoint=one.url)):
            make(MANY)
            await said(caplog, 1)
            make(MANY)
            one.status = 200
            await said(caplog, 2)
        assert 0 < len(one.spans) <= QUEUE + BATCH
    assert "takes spans again" in caplog.records[-1].message


async def test_what_waits_is_sent_before_the_end() -> None:
    with collector() as one:
        async with tracing(Settings(otlp_endpoint=one.url + "/")):
            make(3)
        assert [each.name for each in one.spans] == ["work"] * 3
        assert {path for path, _ in one.bodies} == {"/v1/traces"}


@pytest.mark.parametrize(
    "address",
    ["collector:4318", "ftp://collector", "http://a:b@collector", "http://collector?x=1", "http://[", "http://"],
)
async def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(SettingsRefused, match="QUCE_OTLP_ENDPOINT") as refused:
        async with tracing(Settings(otlp_endpoint=address)):
            pass
    assert "a:b" not in str(refused.value)


LOADED = """
import sys
import deploy.cli, deploy.embedded, deploy.tracing
print([name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter", "requests"))])
"""


def test_without_a_collector_nothing_that_sends_is_loaded(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


async def test_a_collector_without_what_sends_to_it_is_refused_in_words_that_help(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "deploy.otlp")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(
        SettingsRefused, match=r"QUCE_OTLP_ENDPOINT：缺少 opentelemetry\.sdk.*requirements-cluster\.lock"
    ):
        async with tracing(Settings(otlp_endpoint="http://127.0.0.1:4318")):
            pass

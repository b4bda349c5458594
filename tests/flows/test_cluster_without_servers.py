"""Processes that start before their broker and database, and outlive both: they wait, say so, and end in time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from bench.processes import START_PATIENCE, Replica
from bench.suite import environment
from deploy.brokers.installation import apply_topics
from deploy.brokers.servers import free_port, kafka, mongo

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(300)]

SERVICES = ("notify", "leads")
"""The one with most consumers, and the one people change things in."""
SETTLING, WATCHED, POLL = 2.0, 5.0, 0.1
BUSY, LINES, GROWTH = 0.25, 6.0, 16 * 1024
"""A share of a processor, lines a second, kilobytes: far above what waiting takes, far below what a spin does."""
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Life:
    """What was seen of one process."""

    replica: Replica
    waited: str = ""
    answers: dict[str, httpx.Response] = field(default_factory=dict)
    busy: float = 0.0
    lines: float = 0.0
    grown: int = 0
    ending: float = 0.0
    code: int | None = None

    @property
    def place(self) -> Path:
        assert self.replica.process is not None
        return Path("/proc") / str(self.replica.process.pid)

    def seconds(self) -> float:
        """Of a processor, so far."""
        used = (self.place / "stat").read_text().rpartition(")")[2].split()
        return (int(used[11]) + int(used[12])) / TICK

    def memory(self) -> int:
        """Kilobytes."""
        status = (self.place / "status").read_text().partition("VmRSS:")[2]
        return int(status.split()[0])

    def logged(self) -> int:
        return self.replica.log.read_bytes().count(b"\n")

    def watch(self, before: tuple[float, int, int], seconds: float) -> None:
        busy, lines, memory = before
        self.busy, self.lines = (self.seconds() - busy) / seconds, (self.logged() - lines) / seconds
        self.grown = self.memory() - memory

    def ask(self, path: str) -> None:
        self.answers[path] = httpx.get(self.replica.url + path, timeout=20)

    def ended(self, since: float) -> None:
        assert self.replica.process is not None
        self.code, self.ending = self.replica.process.wait(60), time.monotonic() - since


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Life]]:
    """Started with nothing there; both servers come, and go for good; then each process is told to end."""
    folder = tmp_path_factory.mktemp("without")
    ports = free_port(), free_port()
    bus, store = f"kafka://127.0.0.1:{ports[0]}", f"mongodb://127.0.0.1:{ports[1]}"
    own = {"QUCE_BUS_URL": bus, "QUCE_STORE_URL": store, "QUCE_BLOB_URL": store}
    env = {**environment(folder / "data", 0), **own}
    found = {name: Life(Replica(name, env, folder / f"{name}.log")) for name in SERVICES}
    with ExitStack() as stack:
        for each in found.values():
            each.replica.start()
            stack.callback(_killed, each.replica)
        for each in found.values():
            each.waited = _said(each.replica, "QUCE_BUS_URL")
        with kafka(folder / "kafka", ports[0]), mongo(folder / "mongo", ports[1]):
            apply_topics(bus)
            until = time.monotonic() + START_PATIENCE
            for each in found.values():
                assert each.replica.ready(until), each.replica.tail()
        _without(list(found.values()))
        yield found


def _said(replica: Replica, words: str) -> str:
    """What it logged, once that says this: a broker that came sooner would be asked for topics that nobody made."""
    until = time.monotonic() + START_PATIENCE
    while words not in (said := replica.log.read_text("utf-8")) and time.monotonic() < until:
        time.sleep(POLL)
    return said


def _without(lives: list[Life]) -> None:
    time.sleep(SETTLING)
    before = [(each.seconds(), each.logged(), each.memory()) for each in lives]
    time.sleep(WATCHED)
    for each, seen in zip(lives, before, strict=True):
        each.watch(seen, WATCHED)
    for each in lives:
        for path in ("/healthz", "/readyz", "/metrics"):
            each.ask(path)
    told = time.monotonic()
    for each in lives:
        assert each.replica.process is not None
        each.replica.process.terminate()
    for each in lives:
        each.ended(told)


def _killed(replica: Replica) -> None:
    if replica.running and replica.process is not None:
        replica.process.kill()
        replica.process.wait()


@pytest.mark.parametrize("name", SERVICES)
class TestWithout:
    """Nothing is restarted."""

    def test_one_that_starts_first_says_which_settings_it_waits_for(self, lives: dict[str, Life], name: str) -> None:
        assert "QUCE_BUS_URL" in lives[name].waited
        assert "Traceback" not in lives[name].waited
        assert f"{name} waits for its database (QUCE_STORE_URL)" in lives[name].replica.log.read_text("utf-8")

    def test_it_lives_and_is_not_ready(self, lives: dict[str, Life], name: str) -> None:
        answers = lives[name].answers
        assert answers["/healthz"].status_code == 200
        assert answers["/metrics"].status_code == 200
        assert answers["/readyz"].status_code == 503
        assert answers["/readyz"].headers["retry-after"] == "5"
        assert "数据库" in answers["/readyz"].json()["detail"]

    def test_waiting_costs_little(self, lives: dict[str, Life], name: str) -> None:
        life = lives[name]
        assert (life.busy < BUSY, life.lines < LINES, life.grown < GROWTH) == (True, True, True), life

    def test_it_ends_in_time(self, lives: dict[str, Life], name: str) -> None:
        assert lives[name].code == 0, lives[name].replica.tail()
        assert lives[name].ending <= 25

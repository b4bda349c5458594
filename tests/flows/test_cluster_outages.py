"""A cluster whose broker, then whose database, is away for a while: nobody is refused for the one, nothing is lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.processes import Cluster
from bench.suite import environment
from deploy.brokers.installation import apply_topics
from deploy.brokers.servers import free_port, kafka, mongo
from kit.clock import from_text, to_text
from kit.settings import Settings
from tests.conftest import Effort
from tests.flows.crash.acknowledgements import AcknowledgementLog
from tests.flows.crash.cluster_evidence import ClusterEvidence
from tests.flows.crash.killing import Deaths, Places, come_to_rest, working_at
from tests.flows.crash.officers import Officer, hired
from tests.flows.crash.promises import Afterwards, Promises, Record
from tests.flows.opening import seeded, token_of

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(1200)]

BROKER_AWAY = {"ci": 10.0, "full": 60.0}
DATABASE_AWAY = {"ci": 5.0, "full": 30.0}
REPLICAS = {"ci": 1, "full": 2}
EVERY = 0.1
"""Seconds between two changes of one officer: for three of them some 27 changes a second, each of two events."""
STEADY = 5.0
PATIENCE = 120.0
POLL = 0.1


class Servers:
    """A broker and a database, either of which can be away for a while; stopped as a machine that shuts down."""

    def __init__(self, folder: Path) -> None:
        self._starts = {
            "broker": (kafka, folder / "kafka", free_port()),
            "database": (mongo, folder / "mongo", free_port()),
        }
        self._running = {name: ExitStack() for name in self._starts}

    def start(self, name: str) -> str:
        """Start one; gives its address, the same each time."""
        begin, folder, port = self._starts[name]
        return self._running[name].enter_context(begin(folder, port))

    @contextmanager
    def away(self, name: str) -> Iterator[None]:
        """Stop one while inside."""
        self._running[name].close()
        try:
            yield
        finally:
            self.start(name)

    def stop(self) -> None:
        """Stop both."""
        for each in self._running.values():
            each.close()


@dataclass
class Weathered(Afterwards):
    """What was seen in both outages, beside what was left."""

    refused_without_broker: Counter[tuple[int, bool]]
    refused_without_database: Counter[tuple[int, bool]]
    broker_away: tuple[str, str]
    drain: float
    restarted: list[str]

    def events_a_second(self) -> float:
        """How many were caused while the broker was away."""
        gone, returned = self.broker_away
        caused = {each.event["id"] for each in self.log if gone <= each.event["time"] < returned}
        return len(caused) / (from_text(returned) - from_text(gone)).total_seconds()


@pytest.fixture(scope="module")
def afterwards(tmp_path_factory: pytest.TempPathFactory, effort: Effort, seed: int) -> Iterator[Weathered]:
    """Both outages, then peace."""
    folder = tmp_path_factory.mktemp("outages")
    servers = Servers(folder)
    with ExitStack() as stack:
        stack.callback(servers.stop)
        bus, store = servers.start("broker"), servers.start("database")
        apply_topics(bus)
        own = {"QUCE_LOG_LEVEL": "INFO", "QUCE_BUS_URL": bus, "QUCE_STORE_URL": store, "QUCE_BLOB_URL": store}
        env = {**environment(folder / "data", free_port()), **own}
        log = AcknowledgementLog(folder / "acknowledged.jsonl")
        passwords, cluster = seeded(env), Cluster(folder, env, REPLICAS[effort])
        stack.callback(cluster.stop)
        cluster.start()
        officers = hired(lambda who: token_of(cluster.urls[0], who, passwords[who]), seed, log, EVERY)
        evidence = ClusterEvidence(Settings(data=folder / "data", store_url=store, bus_url=bus))
        places = [(each, cluster.urls[number % len(cluster.urls)]) for number, each in enumerate(officers)]
        broker_away, drain = _without_broker(servers, places, evidence, BROKER_AWAY[effort])
        without_broker = _refused(officers)
        _without_database(servers, places, DATABASE_AWAY[effort])
        without_database = _refused(officers) - without_broker
        restarted = [each.service for each in cluster.processes if not each.running]
        seconds, backlog = come_to_rest(places, evidence, PATIENCE)
        cluster.stop()
        yield Weathered(
            Deaths(), officers, log.read(), evidence, seconds, backlog,
            without_broker, without_database, broker_away, drain, restarted, warnings=cluster.warnings(),
        )  # fmt: skip
        for officer in officers:
            officer.close()


def _without_broker(
    servers: Servers, places: Places, evidence: ClusterEvidence, away: float
) -> tuple[tuple[str, str], float]:
    """Work while the broker is away; from when to when that was, and how long what had waited then took to get out."""
    with working_at(places):
        with servers.away("broker"):
            gone = to_text(datetime.now(UTC))
            time.sleep(away)
        returned, began = to_text(datetime.now(UTC)), time.monotonic()
        while evidence.unpublished(since_before=returned) and time.monotonic() < began + PATIENCE:
            time.sleep(POLL)
        drain = time.monotonic() - began
    return (gone, returned), drain


def _without_database(servers: Servers, places: Places, away: float) -> None:
    with working_at(places):
        time.sleep(STEADY)
        with servers.away("database"):
            time.sleep(away)
        time.sleep(STEADY)


def _refused(officers: Sequence[Officer]) -> Counter[tuple[int, bool]]:
    return sum((each.refused for each in officers), Counter[tuple[int, bool]]())


class TestOutages(Promises):
    """Nothing is restarted in either."""

    prefix = "outage"

    def test_nobody_is_refused_while_the_broker_is_away(
        self, afterwards: Weathered, effort: Effort, record_figure: Record
    ) -> None:
        record_figure("cluster.outage_events_per_s", round(afterwards.events_a_second(), 1))
        record_figure(f"cluster.outage_{BROKER_AWAY[effort]:.0f}s_drain_s", round(afterwards.drain, 2))
        assert afterwards.refused_without_broker == Counter()
        assert afterwards.drain <= 10

    def test_changes_are_put_off_while_the_database_is_away(self, afterwards: Weathered) -> None:
        refused = afterwards.refused_without_database
        assert refused.total() > 0
        assert set(refused) == {(503, True)}

    def test_no_process_has_to_be_restarted(self, afterwards: Weathered) -> None:
        assert afterwards.restarted == []

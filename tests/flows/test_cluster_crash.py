"""``kill -9`` of any process of a cluster, at any moment: nothing acknowledged is lost, nobody is told twice."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from bench.processes import Cluster, Replica
from bench.suite import environment
from deploy.brokers.installation import installation
from deploy.brokers.servers import free_port
from kit.settings import Settings
from tests.conftest import Effort
from tests.flows.crash.acknowledgements import AcknowledgementLog
from tests.flows.crash.cluster_evidence import ClusterEvidence
from tests.flows.crash.killing import RANDOM, WINDOWS, Deaths, come_to_rest, working_at
from tests.flows.crash.officers import Officer, hired
from tests.flows.crash.promises import Afterwards, Promises, Record
from tests.flows.opening import seeded, token_of

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(2400)]

KILLS = {"ci": 6, "full": 30}
DYING = {"leads": ("save", "publish"), "incentives": ("match", "publish"), "notify": ("claim_to_sent",)}
"""In which windows a replica of each service may die by itself."""
LONGEST_DELAY = 3.0
PATIENCE = 90.0


@pytest.fixture(scope="module")
def afterwards(tmp_path_factory: pytest.TempPathFactory, effort: Effort, seed: int) -> Iterator[Afterwards]:
    """All deaths, then peace."""
    folder, rng = tmp_path_factory.mktemp("cluster-crash"), random.Random(seed)  # noqa: S311 - to be repeated
    with ExitStack() as stack:
        servers = stack.enter_context(installation(folder / "servers"))
        env = {**environment(folder / "data", free_port()), **servers, "QUCE_KAFKA_SESSION_SECONDS": "6"}
        log = AcknowledgementLog(folder / "acknowledged.jsonl")
        passwords, cluster = seeded(env), Cluster(folder, env)
        stack.callback(cluster.stop)
        cluster.start()
        officers = hired(lambda who: token_of(cluster.urls[0], who, passwords[who]), seed, log)
        deaths = _kill(cluster, officers, rng, KILLS[effort])
        evidence = ClusterEvidence(
            Settings(data=folder / "data", store_url=env["QUCE_STORE_URL"], bus_url=env["QUCE_BUS_URL"])
        )
        seconds, backlog = _come_to_rest(cluster, officers, evidence)
        cluster.stop()
        yield Afterwards(deaths, officers, log.read(), evidence, seconds, backlog, warnings=cluster.warnings())
        for officer in officers:
            officer.close()


def _kill(cluster: Cluster, officers: list[Officer], rng: random.Random, kills: int) -> Deaths:
    """One death after another, each replica back in its place before the next."""
    deaths = Deaths()
    with working_at([(each, cluster.urls[number % 2]) for number, each in enumerate(officers)]):
        for _ in range(kills):
            _die(rng.choice(cluster.processes), rng, deaths)
    return deaths


def _die(replica: Replica, rng: random.Random, deaths: Deaths) -> None:
    """Kill it within some seconds, or wait until it dies of what it was last started with."""
    until = time.monotonic() + rng.uniform(0, LONGEST_DELAY)
    while replica.running and time.monotonic() < until:
        time.sleep(0.01)
    window = replica.window if replica.kill() else RANDOM
    deaths.windows[window] += 1
    began = time.monotonic()
    replica.window = rng.choice((RANDOM, *DYING.get(replica.service, ())))
    names, latest = WINDOWS.get(replica.window, ((), 0))
    replica.start(f"{rng.choice(names)}:{rng.randint(1, latest)}" if names else "")
    if replica.ready(began + 60) or replica.window != RANDOM:
        deaths.starts.append(time.monotonic() - began)
        return
    raise AssertionError(f"{replica.service} does not start any more\n{replica.tail()}")


def _come_to_rest(cluster: Cluster, officers: list[Officer], evidence: ClusterEvidence) -> tuple[float, dict[str, int]]:
    """Serve without killing until every request is answered and every backlog empty, or patience ends."""
    for each in cluster.processes:
        if each.window != RANDOM:
            each.kill()
            each.window = RANDOM
            each.start()
    cluster.await_ready(PATIENCE)
    return come_to_rest([(each, cluster.urls[0]) for each in officers], evidence, PATIENCE)


class TestKilledCluster(Promises):
    """Two replicas of each service."""

    prefix = "cluster"

    def test_the_processes_died_often_enough(
        self, afterwards: Afterwards, effort: Effort, seed: int, record_figure: Record
    ) -> None:
        deaths, kinds = afterwards.deaths, Counter(each.kind for each in afterwards.acknowledged)
        record_figure("cluster.seed", seed)
        record_figure("cluster.kills", deaths.windows.total())
        record_figure("cluster.kills_by_window", dict(sorted(deaths.windows.items())))
        record_figure("cluster.acknowledged", dict(sorted(kinds.items())))
        record_figure("cluster.requests_repeated", sum(officer.repeated for officer in afterwards.officers))
        record_figure("cluster.seconds_to_rest", round(afterwards.seconds_to_rest, 2))
        assert deaths.windows.total() >= KILLS[effort]
        assert {kind for kind, count in kinds.items() if count} == {"register", "follow_up", "change", "stage"}

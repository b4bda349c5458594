"""``kill -9`` at any moment: nothing acknowledged is lost, nobody is told twice."""

from __future__ import annotations

import random
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bench.suite import environment, token
from deploy.brokers.servers import free_port
from tests.conftest import Effort
from tests.flows.crash.acknowledgements import AcknowledgementLog
from tests.flows.crash.evidence import Evidence
from tests.flows.crash.killing import RANDOM, START_PATIENCE, STARTING, WINDOWS, Killing, come_to_rest, suite_on
from tests.flows.crash.officers import Officer, hired
from tests.flows.crash.promises import Afterwards, Promises, Record
from tests.flows.opening import seeded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

FEWEST = {"ci": 4, "full": 20}
IN_EACH = {"ci": 4, "full": 32}
KILLS = {"ci": 20, "full": 200}
STARTS = {"ci": 1, "full": 15}
AGAIN = 20
"""How often what did not die where it should is tried once more.

A start makes two dozen saves before it serves, so a third of the saves meant to be cut off under work are not.
"""
PATIENCE = 60.0


@pytest.fixture(scope="module")
def afterwards(tmp_path_factory: pytest.TempPathFactory, effort: Effort, seed: int) -> Iterator[Afterwards]:
    """All deaths, then peace."""
    folder = tmp_path_factory.mktemp("crash")
    log = AcknowledgementLog(folder / "acknowledged.jsonl")
    env = environment(folder / "data", free_port())
    seeded(env)
    officers = hired(partial(token, env=env), seed, log)
    killing = Killing(folder, random.Random(seed), officers)  # noqa: S311 - to be repeated
    killing.run(_plan(effort, seed))
    for _ in range(AGAIN):
        killing.run([window for window in WINDOWS if killing.deaths.windows[window] < FEWEST[effort]])
    seconds, backlog = _come_to_rest(folder, officers)
    yield Afterwards(killing.deaths, officers, log.read(), Evidence(folder / "data"), seconds, backlog)
    for officer in officers:
        officer.close()


def _plan(effort: Effort, seed: int) -> list[str]:
    windows = [window for window in WINDOWS for _ in range(IN_EACH[effort])] + [STARTING] * STARTS[effort]
    windows += [RANDOM] * (KILLS[effort] - len(windows))
    random.Random(seed).shuffle(windows)  # noqa: S311 - to be repeated
    return windows


def _come_to_rest(folder: Path, officers: list[Officer]) -> tuple[float, dict[str, int]]:
    """Serve without killing until all is at rest, or patience ends."""
    suite = suite_on(folder)
    assert suite.ready(time.monotonic() + START_PATIENCE)
    rested = come_to_rest([(each, suite.url) for each in officers], Evidence(folder / "data"), PATIENCE)
    suite.stop()
    return rested


class TestKilledSuite(Promises):
    """The embedded suite, one process."""

    def test_the_suite_died_often_enough(
        self, afterwards: Afterwards, effort: Effort, seed: int, record_figure: Record
    ) -> None:
        deaths, kinds = afterwards.deaths, Counter(each.kind for each in afterwards.acknowledged)
        record_figure("crash.seed", seed)
        record_figure("crash.kills", deaths.windows.total())
        record_figure("crash.kills_by_window", dict(sorted(deaths.windows.items())))
        record_figure("crash.kills_by_failpoint", dict(sorted(deaths.points.items())))
        record_figure("crash.acknowledged", dict(sorted(kinds.items())))
        record_figure("crash.requests_repeated", sum(officer.repeated for officer in afterwards.officers))
        record_figure("crash.start_median_s", round(statistics.median(deaths.starts), 2))
        record_figure("crash.start_longest_s", round(max(deaths.starts), 2))
        record_figure("crash.seconds_to_rest", round(afterwards.seconds_to_rest, 2))
        assert {window: deaths.windows[window] for window in WINDOWS if deaths.windows[window] < FEWEST[effort]} == {}
        assert deaths.windows.total() >= KILLS[effort]
        assert {kind for kind, count in kinds.items() if count} == {"register", "follow_up", "change", "stage"}

    def test_every_file_is_whole(self, afterwards: Afterwards) -> None:
        damage = afterwards.evidence.damage()
        assert set(damage) == {"bus.db", "gateway.db", "incentives.db", "leads.db", "notify.db"}
        assert set(damage.values()) == {"ok"}

"""A suite that is killed again and again, each time in a chosen window, and started anew on the same folder."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.processes import Replica
from bench.suite import environment
from deploy.brokers.servers import free_port
from tests.flows.crash.evidence import Evidence
from tests.flows.crash.officers import Officer

WINDOWS: Final[Mapping[str, tuple[tuple[str, ...], int]]] = {
    "save": (("save.before_commit.leads", "save.after_commit.leads"), 80),
    "publish": (("publish.after_commit", "publish.before_settle"), 30),
    "match": (("match.before_save", "match.after_save"), 25),
    "claim_to_sent": (("notify.claim_to_sent", "notify.sent_to_record"), 20),
}
"""Each window's failpoints, and at the latest at which pass one of them ends the process."""
RANDOM, STARTING = "random", "starting"

START_PATIENCE = 60.0
ROUND_SECONDS = 10.0
LONGEST_DELAY = 2.0
POLL, REST_POLL = 0.01, 0.2

Places = Sequence[tuple[Officer, str]]
"""Officers, each with the address at which it asks."""


@dataclass(slots=True)
class Deaths:
    """How the suite died: by window, by failpoint, and how long its starts took."""

    windows: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    starts: list[float] = field(default_factory=list)


def suite_on(folder: Path, failpoint: str = "") -> Replica:
    """The whole suite on a folder, as one process that has just been started."""
    suite = Replica("", environment(folder / "data", free_port()), folder / "suite.log")
    suite.start(failpoint)
    return suite


class Killing:
    """Starts, lets officers work, kills, notes."""

    def __init__(self, folder: Path, rng: random.Random, officers: Sequence[Officer]) -> None:
        self._folder, self._rng, self._officers = folder, rng, officers
        self.deaths = Deaths()

    def run(self, windows: Iterable[str]) -> None:
        """One death in each of these."""
        for window in windows:
            if window == STARTING:
                self._die_starting()
            else:
                self._die(window)

    def _die_starting(self) -> None:
        suite = suite_on(self._folder)
        usual = min(self.deaths.starts, default=LONGEST_DELAY)
        suite.ready(time.monotonic() + self._rng.uniform(0, usual))
        suite.kill()
        self.deaths.windows[STARTING] += 1

    def _die(self, window: str) -> None:
        point, failpoint, seconds = "", "", self._rng.uniform(0, LONGEST_DELAY)
        if window != RANDOM:
            names, latest = WINDOWS[window]
            point, seconds = self._rng.choice(names), ROUND_SECONDS
            failpoint = f"{point}:{self._rng.randint(1, latest)}"
        suite = suite_on(self._folder, failpoint)
        began = time.monotonic()
        serving = suite.ready(began + START_PATIENCE)
        if serving:
            self.deaths.starts.append(time.monotonic() - began)
            with working(self._officers, suite.url):
                self._wait(suite, seconds)
        by_itself = suite.kill()
        assert serving or by_itself, "the suite does not start any more"
        self._note(window, point if by_itself else "", serving)

    def _note(self, window: str, point: str, serving: bool) -> None:
        """A save that was cut off counts only if officers had begun to work."""
        if window in WINDOWS and not point:
            window = RANDOM
        elif window == "save" and not serving:
            window = STARTING
        self.deaths.windows[window] += 1
        self.deaths.points[point or "none"] += 1

    def _wait(self, suite: Replica, seconds: float) -> None:
        until = time.monotonic() + seconds
        while suite.running and time.monotonic() < until:
            time.sleep(POLL)


@contextmanager
def working(officers: Sequence[Officer], url: str) -> Iterator[None]:
    """Officers at work on this suite while inside."""
    with working_at([(officer, url) for officer in officers]):
        yield


@contextmanager
def working_at(places: Places) -> Iterator[None]:
    """Officers at work while inside, each at an address."""
    stop = threading.Event()
    with ThreadPoolExecutor(len(places)) as pool:
        shifts = [pool.submit(officer.work, url, stop) for officer, url in places]
        try:
            yield
        finally:
            stop.set()
    for shift in shifts:
        shift.result()


def come_to_rest(places: Places, evidence: Evidence, longest: float) -> tuple[float, dict[str, int]]:
    """Wait until every request is answered and every backlog empty; how long it took, and what is left after all."""
    began, patience = time.monotonic(), threading.Event()
    timer = threading.Timer(longest, patience.set)
    timer.start()
    for officer, url in places:
        officer.finish(url, patience)
    while (backlog := evidence.backlog()) and not patience.is_set():
        time.sleep(REST_POLL)
    timer.cancel()
    return time.monotonic() - began, backlog

"""A suite that is killed again and again, each time in a chosen window, and started anew on the same folder."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Final

from bench.suite import QUCE, ROOT, environment, free_port
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
POLL = 0.01


@dataclass(slots=True)
class Deaths:
    """How the suite died: by window, by failpoint, and how long its starts took."""

    windows: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    starts: list[float] = field(default_factory=list)


class Suite:
    """One process of the suite on a folder."""

    def __init__(self, folder: Path, failpoint: str = "") -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        env = environment(folder / "data", self._port)
        if failpoint:
            env["QUCE_FAILPOINT"] = failpoint
        with (folder / "suite.log").open("ab") as log:
            self.process = subprocess.Popen([*QUCE, "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)

    def ready(self, until: float) -> bool:
        """Wait until it serves; False where it died, or ``until`` came, before."""
        while self.process.poll() is None and time.monotonic() < until:
            if self._answers():
                return True
            time.sleep(POLL)
        return False

    def _answers(self) -> bool:
        with (
            closing(HTTPConnection("127.0.0.1", self._port, timeout=5)) as connection,
            suppress(OSError, HTTPException),
        ):
            connection.request("GET", "/readyz")
            with connection.getresponse() as answer:
                return answer.status == 200
        return False

    def kill(self) -> bool:
        """End it with SIGKILL; whether it had already died of a failpoint."""
        died = self.process.poll()
        self.process.kill()
        self.process.wait()
        assert died in (None, -signal.SIGKILL), f"the suite ended by itself: {died}"
        return died is not None

    def stop(self) -> None:
        """End it as an operator would."""
        os.kill(self.process.pid, signal.SIGTERM)
        assert self.process.wait(30) == 0


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
        suite = Suite(self._folder)
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
        suite = Suite(self._folder, failpoint)
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

    def _wait(self, suite: Suite, seconds: float) -> None:
        until = time.monotonic() + seconds
        while suite.process.poll() is None and time.monotonic() < until:
            time.sleep(POLL)


@contextmanager
def working(officers: Sequence[Officer], url: str) -> Iterator[None]:
    """Officers at work on this suite while inside."""
    with working_at([(officer, url) for officer in officers]):
        yield


@contextmanager
def working_at(places: Sequence[tuple[Officer, str]]) -> Iterator[None]:
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

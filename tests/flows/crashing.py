"""A suite that is killed again and again while an officer works, and what was acknowledged, kept outside of it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.suite import QUCE, ROOT, environment, free_port
from tests.flows.world import API, registration

WINDOWS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "save": (("save.before_commit", "save.after_commit"), 120),
    "publish": (("publish.after_commit", "publish.before_settle"), 40),
    "match": (("match.before_save",), 20),
    "claim_to_sent": (("notify.claim_to_sent", "notify.sent_to_record"), 20),
}
"""Each window's failpoints, and up to which pass one of them ends the process."""
START_PATIENCE = 60.0
ROUND_SECONDS = 8.0
LONGEST_DELAY = 2.0
POLL = 0.02


@dataclass
class Acknowledged:
    """What the suite said it had done: the revisions of each lead."""

    revisions: dict[str, int] = field(default_factory=dict)
    follow_ups: Counter[str] = field(default_factory=Counter)
    waiting: dict[str, int] = field(default_factory=dict)


class Crashing:
    """Starts the suite, works on it until it dies, starts it again."""

    def __init__(self, folder: Path, rng: random.Random, token: str) -> None:
        self.folder, self.rng = folder, rng
        self.headers = {"Authorization": f"Bearer {token}"}
        self.kills: Counter[str] = Counter()
        self.acknowledged = Acknowledged()
        self._number = 0

    def die(self, window: str) -> None:
        """One start, some work, one kill within this window; ``random`` is at any moment."""
        if window == "random":
            failpoint = ""
        else:
            names, most = WINDOWS[window]
            failpoint = f"{self.rng.choice(names)}:{self.rng.randint(1, most)}"
        process, port = self.start(failpoint)
        delay = self.rng.uniform(0, LONGEST_DELAY) if window == "random" else ROUND_SECONDS
        try:
            self._work(process, port, time.monotonic() + delay)
        finally:
            died = process.poll()
            process.kill()
            process.wait()
        self.kills[window if died == -signal.SIGKILL else "random"] += 1

    def start(self, failpoint: str = "") -> tuple[subprocess.Popen[bytes], int]:
        """Start serving; returns once it answers or is dead."""
        port = free_port()
        env = environment(self.folder / "data", port)
        if failpoint:
            env["QUCE_FAILPOINT"] = failpoint
        with (self.folder / "suite.log").open("ab") as log:
            process = subprocess.Popen([*QUCE, "serve"], cwd=ROOT, env=env, stdout=log, stderr=log)
        deadline = time.monotonic() + START_PATIENCE
        while process.poll() is None:
            try:
                httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5)
            except httpx.HTTPError:
                assert time.monotonic() < deadline, "the suite does not start any more"
                time.sleep(POLL)
            else:
                break
        return process, port

    def _work(self, process: subprocess.Popen[bytes], port: int, until: float) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}{API}", headers=self.headers, timeout=10) as client:
            while process.poll() is None and time.monotonic() < until:
                try:
                    self._step(client)
                except httpx.HTTPError:
                    time.sleep(POLL)

    def _step(self, client: httpx.Client) -> None:
        """Repeat what nobody acknowledged, else register a lead, else follow one up."""
        known = self.acknowledged
        key = next(iter(known.waiting), None)
        if key is None and known.revisions and self.rng.random() < 0.4:
            self._change(client, self.rng.choice(list(known.revisions)))
            return
        if key is None:
            self._number += 1
            key = f"crash-{self._number}"
            known.waiting[key] = self._number
        answer = client.post("/leads", json=registration(known.waiting[key]), headers={"Idempotency-Key": key})
        if answer.status_code == 201:
            receipt = answer.json()
            known.revisions[receipt["id"]] = max(receipt["revision"], known.revisions.get(receipt["id"], 0))
            del known.waiting[key]
        else:
            assert answer.status_code in (429, 503, 504), answer.text

    def _change(self, client: httpx.Client, lead: str) -> None:
        page = client.get(f"/leads/{lead}")
        assert page.status_code == 200, f"an acknowledged lead is gone: {page.text}"
        self._number += 1
        headers = {"If-Match": page.headers["etag"], "Idempotency-Key": f"crash-{self._number}"}
        body = {"facts": {"jobs": self.rng.randint(1, 900)}}
        answer = client.patch(f"/leads/{lead}", json=body, headers=headers)
        if answer.status_code == 200:
            self.acknowledged.revisions[lead] = answer.json()["revision"]
        else:
            assert answer.status_code in (412, 429, 503, 504), answer.text


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it as an operator would."""
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) in (0, -signal.SIGTERM)

"""The cluster's figures: two gateways and two of each service, one process each, on real Kafka and a database server.

The servers share the machine with everything else, and the database is the stand-in unless ``MONGO_URL`` names
another: the figures are ratios within one run, or times on a machine that does it all.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.figures import Figure, show
from bench.probes import API, LIST, OFFICER, flow, posting, registering
from bench.processes import Cluster
from bench.relay import relaying
from bench.rematch import rematching
from bench.suite import QUCE, ROOT, NotServing, environment
from bench.wire import Wire
from deploy.brokers.installation import installation
from deploy.brokers.servers import free_port

MEMORY = "4g"
"""For the stand-in at most, which is slow at what it does not hold in memory."""
POSTING_SECONDS, PEOPLE = 20.0, 8
SETTLE_SECONDS, BLOCKS = 0.5, 15
"""A lead's story takes longer here, through three relays that sweep."""


def cluster(folder: Path, flows: int, events: int, matches: int) -> list[Figure]:
    """Every figure of the section."""
    figures = []
    with installation(folder / "servers", MEMORY) as settings:
        with asked(folder, settings) as (suite, running):
            name = "cluster.register.ratio_to_empty_post"
            figures.append(show(registering(suite, name, 3, settle=SETTLE_SECONDS, blocks=BLOCKS)))
            figures.append(show(flow(suite, flows, "cluster.lead_to_notification_p99_ms", 1500)))
            figures += map(show, [_posted(suite, running), *_memory(running)])
        store = settings["QUCE_STORE_URL"]
        figures.append(show(relaying(settings["QUCE_BUS_URL"], store, events)))
        figures.append(show(rematching(store, folder / "rematch", matches)))
    return figures


@contextmanager
def asked(folder: Path, settings: Mapping[str, str]) -> Iterator[tuple[Wire, Cluster]]:
    """A connection of the officer to one of the gateways of a running cluster, and the cluster."""
    env = {**environment(folder / "cluster", free_port()), **settings, "QUCE_LOG_LEVEL": "WARNING"}
    seeded = subprocess.run([*QUCE, "seed", "--json"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if seeded.returncode:
        raise NotServing(f"no accounts: {seeded.stderr}")
    passwords = {each["account"]: each["password"] for each in json.loads(seeded.stdout)["sign_ins"]}
    running = Cluster(folder, env)
    try:
        running.start()
        bearer = _token(running.urls[0], passwords[OFFICER])
        with Wire(running.gateways[0].port, {"Authorization": f"Bearer {bearer}"}) as wire:
            yield wire, running
    finally:
        running.stop()


def _posted(suite: Wire, running: Cluster) -> Figure:
    """Leads a second, posted by several people at both gateways, while what they set off goes on beside."""

    def post(number: int) -> list[float]:
        gateway = running.gateways[number % len(running.gateways)]
        with Wire(gateway.port, suite.headers) as wire:
            until, samples = time.perf_counter() + POSTING_SECONDS, []
            while time.perf_counter() < until:
                samples.append(posting(wire, LIST))
            return samples

    with ThreadPoolExecutor(PEOPLE) as people:
        samples = [each for one in people.map(post, range(PEOPLE)) for each in one]
    return Figure.reported("cluster.leads_posted_per_s", "1/s", [len(samples) / POSTING_SECONDS], samples)


def _memory(running: Cluster) -> Iterator[Figure]:
    """What the first replica of each kind holds by now, of its own and shared."""
    for kind in ("gateway", "leads", "incentives", "notify"):
        first = next(each for each in running.processes if each.service == kind)
        status = Path(f"/proc/{first.pid}/status").read_text("ascii")
        kilobytes = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))
        yield Figure.reported(f"cluster.{kind}.memory_mb", "MB", [kilobytes / 1024], [0])


def _token(url: str, password: str) -> str:
    with httpx.Client(base_url=url, timeout=60) as client:
        session = client.post(f"{API}/sessions", json={"account": OFFICER, "password": password}).raise_for_status()
        headers = {"X-CSRF-Token": session.json()["csrf"], "Idempotency-Key": "bench-token"}
        body = {"name": "bench", "expires_days": 1}
        made: str = client.post(f"{API}/tokens", json=body, headers=headers).raise_for_status().json()["token"]
        return made

"""``kill -9`` at any moment: nothing acknowledged is lost, nobody is told twice."""

from __future__ import annotations

import json
import random
import sqlite3
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.suite import QUCE, ROOT, environment, free_port, token
from tests.conftest import Effort
from tests.flows.crashing import WINDOWS, Crashing, stop
from tests.flows.world import API

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

FEWEST = {"ci": 4, "full": 20}
ROUNDS = {"ci": 20, "full": 200}
SETTLED = {"sent", "failed", "in_doubt"}
PATIENCE = 60.0
POLL = 0.2


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory, effort: Effort, seed: int) -> Crashing:
    """A data folder after all its crashes."""
    folder = tmp_path_factory.mktemp("crash")
    env = environment(folder / "data", free_port())
    subprocess.run([*QUCE, "seed", "--json"], cwd=ROOT, env=env, capture_output=True, check=True)
    crashing = Crashing(folder, random.Random(seed), token("donghu", env))  # noqa: S311 - to be repeated
    windows = [window for window in WINDOWS for _ in range(FEWEST[effort])]
    windows += ["random"] * (ROUNDS[effort] - len(windows))
    crashing.rng.shuffle(windows)
    for window in windows:
        crashing.die(window)
    for window in WINDOWS:
        while crashing.kills[window] < FEWEST[effort]:
            crashing.die(window)
    return crashing


@pytest.fixture(scope="module")
def afterwards(crashed: Crashing) -> dict[str, Any]:
    """What the suite shows once everything has come to rest."""
    process, port = crashed.start()
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}{API}", headers=crashed.headers, timeout=60) as client:
            _rest(client, crashed)
            leads = {lead: client.get(f"/leads/{lead}").json() for lead in crashed.acknowledged.revisions}
            matches = {lead: client.get(f"/leads/{lead}/matches") for lead in crashed.acknowledged.revisions}
            seen = {
                "leads": leads,
                "matches": {lead: answer.json() for lead, answer in matches.items() if answer.status_code == 200},
                "notifications": _all(client, "/notifications"),
                "deliveries": _all(client, "/deliveries"),
            }
    finally:
        stop(process)
    return seen


def _rest(client: httpx.Client, crashed: Crashing) -> None:
    """Wait until every lead is matched and told, and nothing is being sent."""
    wanted = set(crashed.acknowledged.revisions)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = {item["lead_id"] for item in _all(client, "/notifications")}
        moving = [item for item in _all(client, "/deliveries") if item["state"] not in SETTLED]
        if wanted <= told and not moving:
            return
        time.sleep(POLL)


def _all(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = client.get(path, params={"limit": 200, **({"cursor": cursor} if cursor else {})}).json()
        items += page["items"]
        cursor = page["next"]
        if cursor is None:
            return items


def published(data: Path) -> list[dict[str, Any]]:
    """Every event on the bus, in the order of its partition."""
    with closing(sqlite3.connect(data / "bus.db")) as connection:
        found = connection.execute("SELECT value FROM log ORDER BY topic, partition, offset").fetchall()
    return [json.loads(value) for (value,) in found]


def test_every_window_was_hit(crashed: Crashing, effort: Effort, record_figure: Callable[[str, Any], None]) -> None:
    record_figure("crash.kills", dict(crashed.kills))
    record_figure("crash.acknowledged_leads", len(crashed.acknowledged.revisions))
    assert all(crashed.kills[window] >= FEWEST[effort] for window in WINDOWS)
    assert crashed.kills.total() >= ROUNDS[effort]
    assert crashed.acknowledged.revisions


def test_no_acknowledged_change_is_lost(crashed: Crashing, afterwards: dict[str, Any]) -> None:
    acknowledged = crashed.acknowledged.revisions
    lost = {lead: page for lead, page in afterwards["leads"].items() if page.get("revision", 0) < acknowledged[lead]}
    assert lost == {}


def test_no_event_is_lost(crashed: Crashing, afterwards: dict[str, Any]) -> None:
    matched = {lead: match["lead_revision"] for lead, match in afterwards["matches"].items()}
    acknowledged = crashed.acknowledged.revisions
    assert {lead for lead, revision in acknowledged.items() if matched.get(lead, 0) < revision} == set()
    events = published(crashed.folder / "data")
    said = {(event["subject"], event["sequence"] // 100) for event in events if event["type"].startswith("quce.lead.")}
    registered = {event["subject"] for event in events if event["type"] == "quce.lead.registered.v1"}
    assert set(crashed.acknowledged.revisions) <= registered
    assert {(lead, revision) for lead, revision in crashed.acknowledged.revisions.items()} <= said


def test_order_is_kept_within_a_lead(crashed: Crashing, afterwards: dict[str, Any]) -> None:
    assert afterwards
    first: dict[str, list[int]] = defaultdict(list)
    for event in published(crashed.folder / "data"):
        if event["type"].startswith("quce.lead.") and event["sequence"] not in first[event["subject"]]:
            first[event["subject"]].append(event["sequence"])
    assert [lead for lead, sequences in first.items() if sequences != sorted(sequences)] == []


def test_nobody_is_told_twice(crashed: Crashing, afterwards: dict[str, Any]) -> None:
    told = Counter((item["lead_id"], item["kind"], item["title"]) for item in afterwards["notifications"])
    assert set(crashed.acknowledged.revisions) <= {lead for lead, _, _ in told}
    causes = Counter((item["event"], item["channel"]) for item in afterwards["deliveries"])
    assert {cause: count for cause, count in causes.items() if count > 1} == {}


def test_every_delivery_has_an_end(afterwards: dict[str, Any]) -> None:
    moving = [item for item in afterwards["deliveries"] if item["state"] not in SETTLED]
    unexplained = [item for item in afterwards["deliveries"] if item["state"] == "failed" and not item["reason"]]
    assert (moving, unexplained) == ([], [])


def test_every_file_is_whole(crashed: Crashing, afterwards: dict[str, Any]) -> None:
    assert afterwards
    files = sorted((crashed.folder / "data").glob("*.db"))
    assert len(files) >= 5
    for path in files:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",), path.name

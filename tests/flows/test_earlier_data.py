"""Data that earlier releases left behind: this release upgrades, opens, lists, changes and rebuilds it."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from kit.sqlite import connect
from services.notify.repository.collections import PROJECTIONS
from services.notify.settings import PROJECTIONS_GROUP
from tests.flows.crash.evidence import Evidence
from tests.flows.opening import served_world
from tests.flows.test_backup import quce
from tests.flows.world import API, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

LEFT_BEHIND = sorted((Path(__file__).resolve().parent.parent / "data").glob("*/data.zip"))
NOW = {"QUCE_NOW": "2026-11-24T09:00:00+08:00"}
"""The day after the first of them was made, whenever this runs."""
LARGEST = 2 * 1024 * 1024


@pytest.fixture(params=LEFT_BEHIND, ids=lambda path: path.parent.name)
def left(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, Any]:
    """What one release left, unpacked; gives what it said is in it."""
    packed: Path = request.param
    assert packed.stat().st_size < LARGEST
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(tmp_path / "data")
    facts: dict[str, Any] = json.loads((packed.parent / "facts.json").read_text("utf-8"))
    return facts


def test_it_is_upgraded_opened_listed_changed_and_rebuilt(left: dict[str, Any], tmp_path: Path) -> None:
    data = tmp_path / "data"
    upgraded = quce(data, "upgrade", "--json")
    assert upgraded.returncode == 0, upgraded.stderr
    report = json.loads(upgraded.stdout)
    assert Path(report["backup"]).exists()
    assert report["doctor"]["ok"]
    with served_world(tmp_path, left["passwords"], NOW) as world:
        _lists(world, left)
        _changes(world, left["moved"])
        world.wait(lambda: not Evidence(data).backlog())
        before = _reports(world)
    known = set(Evidence(data).documents("notify", "leads"))
    assert set(left["leads"]) < known
    _forget_projections(data)
    assert not Evidence(data).documents("notify", "leads")
    with served_world(tmp_path, left["passwords"], NOW) as world:
        world.wait(lambda: not Evidence(data).backlog())
        assert _reports(world) == before
    assert set(Evidence(data).documents("notify", "leads")) == known


def _lists(world: World, left: dict[str, Any]) -> None:
    page = world.get("donghu", "/leads?limit=200")["items"]
    assert {each["id"]: each["title"] for each in page} == left["leads"]
    assert world.get("donghu", f"/leads/{left['moved']}")["stage"] == "assessing"
    assert world.get("donghu", f"/imports/{left['import']}")["counts"]["created"] == 1
    assert world.get("manager", f"/digests/{left['digest_week']}")["week"] == left["digest_week"]
    assert world.get("donghu", f"/leads/{left['moved']}/matches")["zones"]


def _changes(world: World, lead: str) -> None:
    etag = world.etag(f"/leads/{lead}")
    answer = world.ask("donghu", "PATCH", f"{API}/leads/{lead}", json={"title": "升级后改名"}, headers=etag)
    assert answer.is_success, answer.text
    world.post("donghu", f"/leads/{lead}/follow-ups", json={"text": "升级后跟进"})
    assert world.get("donghu", f"/leads/{lead}")["title"] == "升级后改名"
    world.new_lead()


def _reports(world: World) -> Any:
    report = world.get("donghu", "/reports/funnel")
    del report["as_of"]
    return report


def _forget_projections(data: Path) -> None:
    """Projections are made from the log again: empty them, and have their group read it from its beginning."""
    notify = connect(data / "notify.db")
    for collection in PROJECTIONS:
        notify.execute(f"DELETE FROM c_{collection.name}")  # noqa: S608 - names of ours
        notify.execute(f"DELETE FROM r_{collection.name}")  # noqa: S608 - names of ours
    notify.close()
    bus = connect(data / "bus.db")
    bus.execute("UPDATE positions SET next = 0 WHERE consumers = ?", (PROJECTIONS_GROUP,))
    bus.close()

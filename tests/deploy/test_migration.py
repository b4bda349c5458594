"""An installation moves to a cluster and back: everything is there, nothing is told twice, a kill costs nothing."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.brokers.servers import free_port, kafka, mongo
from deploy.migration.collections import COLLECTIONS
from kit.store.mongo import MongoStore
from kit.store.port import Record, Store
from kit.store.sqlite import SqliteStore
from operating.announcing import ANNOUNCEMENTS
from operating.opening import database_of
from tests.conftest import Effort
from tests.deploy.many_leads import multiply
from tests.deploy.moves import (
    DOWN,
    KILLED,
    UP,
    Servers,
    come_to_peace,
    content_of,
    event_ids,
    leads_of,
    migrate,
    moved,
    tables,
    told,
)
from tests.flows.conftest import PLANTING
from tests.flows.opening import open_world, served_world
from tests.flows.samples import registration
from tests.flows.world import API, ELSEWHERE, World
from tests.ports.things import event

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(600)]

LEADS = 200
MANY = {"ci": 5_000, "full": 100_000}
MEMORY = {"ci": "3g", "full": "8g"}
"""The stand-in for MongoDB answers many questions out of all of a collection."""
KILLS = ("migrate.placed:5", "migrate.records:20", "migrate.files:2", "migrate.appended:3", "migrate.renamed:3")


@dataclass(frozen=True)
class Seen:
    """What people see: how many leads, and whatever they were told."""

    leads: int
    told: dict[str, Any]

    @classmethod
    def of(cls, world: World) -> Seen:
        """What they see now."""
        return cls(leads_of(world), told(world))


class Office:
    """A data folder of a suite at rest, and what its people saw last."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        with open_world(folder) as world:
            for planted in PLANTING:
                assert getattr(world, planted)
            for number in range(LEADS):
                world.post("donghu", "/leads", json=registration(10_000 + number))
            plain = {name: said for name, said in registration(9_999).items() if name != "contact"}
            self.plain: str = world.post("donghu", "/leads", json=plain)["id"]
            self.lead, self.export = world.lead_page, world.exported()
            come_to_peace(world)
            self.content, self.seen = content_of(world, self.export), Seen.of(world)
            self.passwords = {who: word for who, word in world.passwords.items() if who != ELSEWHERE}

    def copy(self, folder: Path) -> Path:
        """Its data once more."""
        shutil.copytree(self.data, folder / "data")
        return folder / "data"

    def works(self, folder: Path, before: Seen, **env: str) -> Seen:
        """A suite on the copy shows what was seen, tells nobody anything again, and takes a new lead in."""
        with served_world(folder, self.passwords, env) as world:
            come_to_peace(world)
            assert world.get("donghu", f"/leads/{self.lead['id']}") == self.lead
            assert content_of(world, self.export) == self.content
            assert self.lead["id"] in {found["id"] for found in world.get("donghu", "/leads?q=金丝雀")["items"]}
            assert Seen.of(world) == before
            fresh = world.post("donghu", "/leads", json=registration(20_000 + before.leads))["id"]
            world.wait(lambda: world.ask("donghu", "GET", f"{API}/leads/{fresh}/matches").is_success)
            come_to_peace(world)
            return Seen.of(world)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, effort: Effort) -> Iterator[Servers]:
    """A broker and a database server of these tests alone."""
    folder = tmp_path_factory.mktemp("servers")
    with kafka(folder / "kafka", free_port()) as bus, mongo(folder / "mongo", free_port(), MEMORY[effort]) as store:
        yield Servers(bus, store)


@pytest.fixture
def cluster(servers: Servers) -> Iterator[dict[str, str]]:
    """Settings of an empty cluster."""
    with servers.fresh() as settings:
        yield settings


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Some hundreds of leads, made through the API."""
    return Office(tmp_path_factory.mktemp("office"))


def test_there_and_back(office: Office, cluster: dict[str, str], tmp_path: Path) -> None:
    data = office.copy(tmp_path)
    before, events = tables(data), event_ids(data)
    up = moved(data, UP, **cluster)
    copied = {f"{service}/{name}": count for service, counts in before.items() for name, count in counts.items()}
    assert {name: figure["count"] for name, figure in up["records"].items()} == copied
    assert set(copied) == {f"{service}/{each.name}" for service, own in COLLECTIONS.items() for each in own}
    assert sum(each["count"] for each in up["files"].values()) > 0
    assert up["counts"]["events"] == len(events)
    assert set(up["unread"].values()) == {0}
    assert list(data.glob("*.db")) == []
    seen = office.works(tmp_path, office.seen, **cluster)
    assert set(moved(data, DOWN, **cluster)["unread"].values()) == {0}
    office.works(tmp_path, seen)
    held, there = Counter(events), Counter(event_ids(data))
    assert {id: there[id] for id in held} == held
    assert len(there) > len(held)


def test_killed_at_any_point_it_goes_on(
    office: Office, cluster: dict[str, str], tmp_path: Path, effort: Effort, rng: random.Random
) -> None:
    data = office.copy(tmp_path)
    before = tables(data), event_ids(data)
    ways, left_out = [], set(rng.sample(KILLS, 0 if effort == "full" else 3))
    for way in (UP, DOWN):
        for point in (each for each in KILLS if each not in left_out):
            killed = migrate(data, way, QUCE_FAILPOINT=point, **cluster)
            assert killed.returncode == KILLED, (point, killed.stderr)
        ways.append(moved(data, way, **cluster))
    up, down = ways
    for kind in ("records", "files", "events", "positions"):
        assert up[kind] == down[kind]
    assert (tables(data), event_ids(data)) == before
    assert not (data / "migration.json").exists()
    assert not (data / "arriving").exists()


def test_what_waits_in_an_outbox_goes_through_the_log(office: Office, cluster: dict[str, str], tmp_path: Path) -> None:
    data, where = office.copy(tmp_path), cluster["QUCE_STORE_URL"]
    readers = ("incentives", "notify-projections", "notify-deliveries", "audit")
    asyncio.run(save_unpublished(lambda: SqliteStore(data / "leads.db"), "waiting-1"))
    up = moved(data, UP, **cluster)
    assert up["published_before"] == 1
    assert up["unread"] == {"leads": 0, **dict.fromkeys(readers, 1)}
    asyncio.run(save_unpublished(lambda: MongoStore(where, database_of(where, "leads")), "waiting-2"))
    down = moved(data, DOWN, **cluster)
    assert down["published_before"] == 1
    assert down["unread"] == {"leads": 0, **dict.fromkeys(readers, 2)}
    assert Counter(event_ids(data))["waiting-1:1:0"] == Counter(event_ids(data))["waiting-2:1:0"] == 1


async def save_unpublished(open_store: Callable[[], Store], id: str) -> None:
    """A document whose event no relay has published."""
    store = open_store()
    await store.ensure(ANNOUNCEMENTS)
    await store.save(ANNOUNCEMENTS.name, Record(id, {}, frozenset()), [event(f"{id}:1:0", id)])
    await store.close()


@pytest.mark.timeout(7200)
def test_many_leads(
    office: Office,
    cluster: dict[str, str],
    tmp_path: Path,
    effort: Effort,
    record_figure: Callable[[str, Any], None],
) -> None:
    data = office.copy(tmp_path)
    multiply(data, office.plain, MANY[effort])
    before, events = tables(data), event_ids(data)
    assert before["leads"]["leads"] > MANY[effort]
    up = moved(data, UP, **cluster)
    down = moved(data, DOWN, **cluster)
    for kind in ("records", "files", "events", "positions", "unread"):
        assert up[kind] == down[kind]
    assert set(up["unread"].values()) == {0}
    assert tables(data) == before
    assert event_ids(data) == events
    for name, figures in (("up", up), ("down", down)):
        for what in ("records", "events"):
            for step in ("copying", "comparing"):
                rate = figures["counts"][what] / figures["seconds"][f"{what}.{step}"]
                record_figure(f"migration.{name}.{what}.{step}_per_s", round(rate))
    with served_world(tmp_path, office.passwords) as world:
        come_to_peace(world)
        assert leads_of(world) == office.seen.leads + MANY[effort]
        assert told(world)["mails"] == office.seen.told["mails"]
    for name in ("deliveries", "notifications", "told"):
        assert tables(data)["notify"][name] == before["notify"][name]

"""The whole suite on Kafka and the MongoDB-wire server: what an office does in a day, and what a restart finds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import topics
from deploy.brokers.servers import free_port, kafka, mongo
from kit.settings import Settings
from tests.flows.opening import open_world, served_world
from tests.flows.world import API, ELSEWHERE, World

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(300)]

SERVICES = ("leads", "incentives", "notify", "gateway")


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A broker with its topics and a database, both empty, as settings of the suite."""
    folder = tmp_path_factory.mktemp("servers")
    with kafka(folder / "kafka", free_port()) as bus, mongo(folder / "mongo", free_port()) as store:
        asyncio.run(topics.apply(Settings(bus_url=bus)))
        yield {"QUCE_LOG_LEVEL": "INFO", "QUCE_BUS_URL": bus, "QUCE_STORE_URL": store, "QUCE_BLOB_URL": store}


def test_a_day_and_a_restart(servers: dict[str, str], tmp_path: Path) -> None:
    with open_world(tmp_path, servers) as world:
        assert all((world.notification, world.figure, world.imported, world.visit, world.audited))
        lead, file = world.lead_page, world.exported()
        content = content_of(world, file)
        settle(world)
        passwords = {who: word for who, word in world.passwords.items() if who != ELSEWHERE}
    with served_world(tmp_path, passwords, servers) as again:
        assert again.get("donghu", f"/leads/{lead['id']}") == lead
        assert content_of(again, file) == content
        assert lead["id"] in {found["id"] for found in again.get("donghu", "/leads?q=金丝雀")["items"]}
        fresh = again.new_lead()
        again.wait(lambda: again.ask("donghu", "GET", f"{API}/leads/{fresh}/matches").is_success)
        settle(again)
    assert list((tmp_path / "data").rglob("*.db")) == []


def content_of(world: World, export: str) -> bytes:
    """The file of an export."""
    return world.ask("donghu", "GET", f"{API}/exports/{export}/file").content


def settle(world: World) -> None:
    """Wait until every group of every service has heard all that was said, with nothing set aside."""

    def rests() -> bool:
        answers = [world.get("admin", f"/system/{service}") for service in SERVICES]
        return not any(group["lag"] or group["parked"] for each in answers for group in each["groups"])

    world.wait(rests)

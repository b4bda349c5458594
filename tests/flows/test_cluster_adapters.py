"""The suite on Kafka and the MongoDB-wire server, as one process and as a cluster: a day, and what a restart finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import installation
from tests.flows.opening import Run, one_process, open_world, served_world
from tests.flows.processes import processes
from tests.flows.world import API, ELSEWHERE, World

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(300)]

SERVICES = ("leads", "incentives", "notify", "gateway")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Servers of this test's own."""
    with installation(tmp_path / "servers") as settings:
        yield settings


@pytest.mark.parametrize("run", [one_process, processes])
def test_a_day_and_a_restart(servers: dict[str, str], tmp_path: Path, run: Run) -> None:
    with open_world(tmp_path, servers, run) as world:
        assert all((world.notification, world.figure, world.imported, world.visit, world.audited))
        lead, file = world.lead_page, world.exported()
        content = content_of(world, file)
        settle(world)
        passwords = {who: word for who, word in world.passwords.items() if who != ELSEWHERE}
    with served_world(tmp_path, passwords, servers, run) as again:
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

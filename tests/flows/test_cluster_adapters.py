"""The suite on Kafka and the MongoDB-wire server, two processes of each service: a day, and what a restart finds."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.processes import processes
from bench.suite import QUCE, ROOT, environment
from deploy.brokers.installation import installation
from deploy.brokers.servers import free_port
from tests.collector import Received, collector
from tests.flows.opening import open_world, served_world
from tests.flows.settling import come_to_peace
from tests.flows.world import API, ELSEWHERE, World

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(300)]

SERVICES = ("leads", "incentives", "notify", "gateway")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Servers of this test's own."""
    with installation(tmp_path / "servers") as settings:
        yield settings


def test_a_day_and_a_restart(servers: dict[str, str], tmp_path: Path) -> None:
    with collector() as spans, open_world(tmp_path, {**servers, "QUCE_OTLP_ENDPOINT": spans.url}, processes) as world:
        assert all((world.notification, world.figure, world.imported, world.visit, world.audited))
        lead, file = world.lead_page, world.exported()
        content = content_of(world, file)
        come_to_peace(world)
        verified = verify_audit_log(tmp_path, servers)
        assert verified["ok"]
        assert verified["entries"] > 0
        assert reaches_every_service(spans.spans)
        passwords = {who: word for who, word in world.passwords.items() if who != ELSEWHERE}
    with served_world(tmp_path, passwords, servers, processes) as again:
        assert again.get("donghu", f"/leads/{lead['id']}") == lead
        assert content_of(again, file) == content
        assert lead["id"] in {found["id"] for found in again.get("donghu", "/leads?q=金丝雀")["items"]}
        fresh = again.new_lead()
        again.wait(lambda: again.ask("donghu", "GET", f"{API}/leads/{fresh}/matches").is_success)
        come_to_peace(again)
    assert list((tmp_path / "data").rglob("*.db")) == []


def verify_audit_log(folder: Path, servers: dict[str, str]) -> dict[str, Any]:
    """What ``quce audit verify`` says beside the running cluster."""
    env = {**environment(folder / "data", free_port()), **servers}
    command = [*QUCE, "audit", "verify", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def reaches_every_service(spans: list[Received]) -> bool:
    """Whether one request's trace leads through a process of each service, and is linked where events carried it."""
    traces: dict[str, list[Received]] = {}
    for each in spans:
        traces.setdefault(each.trace, []).append(each)
    whole = [trace for trace in traces.values() if {each.service for each in trace} == {f"quce-{s}" for s in SERVICES}]
    heard = [each for trace in whole for each in trace if each.name.startswith("process ")]
    assert {each.attributes["messaging.system"] for each in heard} == {"kafka"}
    assert all(each.links == {(each.trace, each.parent)} for each in heard)
    return all(len({each.replica for each in trace}) >= len(SERVICES) for trace in whole)


def content_of(world: World, export: str) -> bytes:
    """The file of an export."""
    return world.ask("donghu", "GET", f"{API}/exports/{export}/file").content

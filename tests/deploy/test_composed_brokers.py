"""The brokers of the compose file, with its very settings, as real ones on this machine: three, then two."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.suite import QUCE, environment
from deploy.brokers.jars import jars
from deploy.brokers.servers import HOST, broker, free_port
from deploy.topics import names
from tests.deploy.composed import ROOT, Composed, variables_of

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(240)]

HA = Composed(variables_of("ha.env.example"))
COPIES = """
import sys
from kafka import KafkaAdminClient

admin = KafkaAdminClient(bootstrap_servers=sys.argv[1].split(","))
described = admin.describe_topics(sys.argv[2:])
print(len(described), {len(each["replica_nodes"]) for topic in described for each in topic["partitions"]})
admin.close()
"""
PUBLISHED = """
import asyncio, sys
from kit.bus.kafka import KafkaBus
from kit.bus.port import Message

async def main():
    bus = KafkaBus({"bootstrap_servers": sys.argv[1].split(",")}, 8)
    await bus.publish([Message("quce.leads", f"lead-{number}", b"{}") for number in range(100)])
    print(sum(each.end for each in await bus.positions("nobody", ["quce.leads"])))
    await bus.close()

asyncio.run(main())
"""


def properties_of(settings: Mapping[str, Any], places: Mapping[str, str], folder: Path) -> str:
    """What the image makes of its environment, at the places that stand for the names of the network."""
    own = {name: str(value) for name, value in settings.items() if name.startswith("KAFKA_")}
    heap = own.pop("KAFKA_HEAP_OPTS")
    assert heap.startswith("-Xm")
    own["KAFKA_LOG_DIRS"] = str(folder / "log")
    text = "".join(f"{name.removeprefix('KAFKA_').lower().replace('_', '.')}={own[name]}\n" for name in own)
    for name, place in places.items():
        text = text.replace(name, place)
    return text


@pytest.fixture(scope="module")
def brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, ExitStack]]:
    """The three, each to be stopped by itself, by port."""
    folder = tmp_path_factory.mktemp("brokers")
    jars("kafka")  # fetched once, before three ask for them
    ports = {name: (free_port(), free_port()) for name in HA.named("kafka")}
    outside = {
        f"{name}:{inner}": f"{HOST}:{port}"
        for name, both in ports.items()
        for inner, port in zip((9092, 9093), both, strict=True)
    }
    running = {port: ExitStack() for port, _ in ports.values()}
    with ThreadPoolExecutor(len(ports)) as pool:
        starts = []
        for name, (port, controller) in ports.items():
            settings = HA.services[name]["environment"]
            own = {":9092": f"{HOST}:{port}", ":9093": f"{HOST}:{controller}"}
            listening = {f"://{inner}": f"://{place}" for inner, place in own.items()}
            text = properties_of(settings, {**outside, **listening}, folder / name)
            node = broker(folder / name, port, text, settings["CLUSTER_ID"])
            starts.append(pool.submit(running[port].enter_context, node))
        try:
            for start in starts:
                start.result()
            yield running
        finally:
            list(pool.map(ExitStack.close, running.values()))


def test_topics_are_kept_three_times_and_two_are_enough(brokers: dict[int, ExitStack], tmp_path: Path) -> None:
    servers = ",".join(f"{HOST}:{port}" for port in brokers)
    settings = {"QUCE_BUS_URL": f"kafka://{servers}", "QUCE_KAFKA_REPLICATION": HA.variables["QUCE_KAFKA_REPLICATION"]}
    env = environment(tmp_path, free_port()) | settings
    for _ in range(2):
        done = subprocess.run(
            [*QUCE, "topics", "apply"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    assert said(COPIES, servers, *names()) == f"{len(names())} {{3}}"
    brokers[next(reversed(brokers))].close()
    assert said(PUBLISHED, servers) == "100"


def said(script: str, *arguments: str) -> str:
    """What a script prints, in a process of its own: the library drops sockets of brokers that are away."""
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

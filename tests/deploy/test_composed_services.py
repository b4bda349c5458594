"""The four services of the compose file, by its commands and settings, as processes: well, and ended in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.suite import QUCE
from deploy.brokers.servers import HOST, free_port, kafka, mongo
from tests.deploy.composed import ROOT, SERVICES, Composed

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(300)]

PLAIN = Composed()
IN_ORDER = ("leads", "incentives", "notify", "gateway")
WELL_WITHIN = 120.0


class Machine:
    """What the network and the mounts of the compose file are, on this machine."""

    def __init__(self, folder: Path, bus: str, store: str) -> None:
        self.folder, self.bus = folder, bus
        self.ports = {name: free_port() for name in SERVICES}
        (folder / "store_url").write_text(f"{store}/quce\n", "utf-8")

    def settings(self, name: str) -> dict[str, str]:
        """The environment of a service's container."""
        given = {key: str(value) for key, value in PLAIN.services[name]["environment"].items() if value is not None}
        own = {key: value for key, value in given.items() if key.startswith("QUCE_")}
        for key, value in own.items():
            for service, port in self.ports.items():
                value = value.replace(f"http://{service}:8000", f"http://{HOST}:{port}")
            own[key] = value.replace("/run/secrets", str(self.folder)).replace("kafka://kafka1:9092", self.bus)
        here = {"QUCE_HOST": HOST, "QUCE_DATA": str(self.folder / "data"), "QUCE_PORT": str(self.ports.get(name, 1))}
        kept = {key: value for key, value in os.environ.items() if not key.startswith("QUCE_")}
        return {**kept, **own, **here}

    def command(self, name: str) -> list[str]:
        """What its container runs."""
        program, *words = PLAIN.services[name]["command"]
        assert program == "quce"
        return [*QUCE, *words]

    def is_well(self, name: str) -> bool:
        """What its health check says."""
        kind, _python, *words = PLAIN.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        check = [sys.executable, *(word.replace(":8000/", f":{self.ports[name]}/") for word in words)]
        return subprocess.run(check, capture_output=True, check=False).returncode == 0


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with kafka(tmp_path / "kafka", free_port()) as bus, mongo(tmp_path / "mongo", free_port()) as store:
        yield Machine(tmp_path, bus, store)


def run(machine: Machine, name: str) -> subprocess.Popen[Any]:
    with (machine.folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen(machine.command(name), cwd=ROOT, env=machine.settings(name), stdout=log, stderr=log)


def test_they_come_up_are_well_and_end_in_time(machine: Machine) -> None:
    assert run(machine, "topics").wait(60) == 0
    with ExitStack() as stack:
        running = {name: stack.enter_context(run(machine, name)) for name in IN_ORDER}
        for process in running.values():
            stack.callback(process.kill)
        deadline = time.monotonic() + WELL_WITHIN
        for name, process in running.items():
            while not machine.is_well(name):
                assert process.poll() is None, (machine.folder / f"{name}.log").read_text("utf-8")
                assert time.monotonic() < deadline, name
                time.sleep(0.2)
        ports = machine.ports
        assert httpx.get(f"http://{HOST}:{ports['gateway']}/api/v1/zones", timeout=30).status_code == 200
        assert {httpx.get(f"http://{HOST}:{port}/readyz", timeout=30).status_code for port in ports.values()} == {200}
        for name, process in running.items():
            process.send_signal(signal.SIGTERM)
            grace = int(PLAIN.services[name]["stop_grace_period"].removesuffix("s"))
            assert process.wait(grace) == 0

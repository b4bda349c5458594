"""``quce topics apply``: every topic of the catalogue on a real broker, once."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bench.suite import QUCE, ROOT, environment
from contracts.catalogue import ROUTES
from deploy.brokers.servers import free_port
from deploy.topics import names
from tests.brokers import kafka_url

__all__ = ["kafka_url"]


def run(folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [*QUCE, "topics", "apply", "--json"]
    settings = {**environment(folder, free_port()), **env}
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False)


def test_every_topic_that_is_spoken_on_is_made() -> None:
    topics = {route.topic for route in ROUTES}
    assert set(names()) == topics | {f"{topic}.dead" for topic in topics}


def test_the_embedded_bus_needs_none(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert "QUCE_BUS_URL" in done.stderr


def test_a_broker_that_is_away_is_named_with_its_setting(tmp_path: Path) -> None:
    done = run(tmp_path, QUCE_BUS_URL="kafka://127.0.0.1:9")
    assert done.returncode == 1
    assert "QUCE_BUS_URL" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.cluster
def test_topics_are_made_once_and_another_width_is_told(tmp_path: Path, kafka_url: str) -> None:
    first = run(tmp_path, QUCE_BUS_URL=kafka_url)
    assert first.returncode == 0, first.stderr
    again = run(tmp_path, QUCE_BUS_URL=kafka_url)
    assert json.loads(again.stdout) == {"made": [], "there": dict.fromkeys(names(), 8)}
    wider = run(tmp_path, QUCE_BUS_URL=kafka_url, QUCE_PARTITIONS="16")
    assert wider.returncode == 1
    assert json.loads(wider.stdout)["made"] == []

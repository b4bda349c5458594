"""The log of a process: JSON lines, as many of one text as a reader needs, and how many there were."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from operating.logs import AT_ONCE, EVERY, TEXTS, JsonFormatter, Sparing


def line(text: str, level: int = logging.WARNING, name: str = "kit.mongo") -> logging.LogRecord:
    return logging.LogRecord(name, level, "", 1, text, (), None)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The instant it is, as a test sets it."""
    instant = [1000.0]
    monkeypatch.setattr("operating.logs.time.monotonic", lambda: instant[0])
    return instant


def test_a_flood_becomes_a_few_lines_and_a_count(now: list[float]) -> None:
    sparing = Sparing()
    assert sum(sparing.filter(line("away")) for _ in range(5000)) == AT_ONCE
    assert sparing.filter(line("another"))
    assert sparing.filter(line("away", name="kit.bus"))
    now[0] += EVERY
    later = line("away")
    assert sparing.filter(later)
    assert json.loads(JsonFormatter().format(later))["not_written"] == 5000 - AT_ONCE
    assert sum(sparing.filter(line("away")) for _ in range(100)) == AT_ONCE - 1


def test_what_is_no_trouble_is_written_each_time() -> None:
    sparing = Sparing()
    assert all(sparing.filter(line("GET /leads 200", logging.INFO)) for _ in range(100))


def test_texts_without_end_take_no_memory_without_end() -> None:
    sparing = Sparing()
    assert all(sparing.filter(line(f"lead {number}")) for number in range(TEXTS * 3))
    assert len(sparing._seen) == TEXTS


def test_a_library_that_calls_each_try_an_error_is_heard_of_its_own_faults_alone() -> None:
    """In a process of its own: it sets up the log of the whole process."""
    program = (
        "import logging; from operating.logs import configure_logging; configure_logging('WARNING');"
        "logging.getLogger('kafka.net.manager').error('Connection failed');"
        "logging.getLogger('kafka.net.selector').error('Unhandled exception');"
        "[logging.getLogger('kit.bus').error('away') for _ in range(100)]"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert [json.loads(each)["message"] for each in done.stderr.splitlines()] == ["Unhandled exception"] + [
        "away"
    ] * AT_ONCE

"""Every place that hands on somebody's scope matters: opened to everything, the matrices fail.

All of them in full effort, where a run that broke off goes on; in CI a few, other ones after every commit.
"""

from __future__ import annotations

import hashlib
import subprocess
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Effort
from tests.flows.mutants import ROOT, Site, Workshop, sites, unknown_reads

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

FEW = 5
COPIES = 2


def digest(*parts: str) -> str:
    """A short name of these texts, that also puts them into an order nobody chose."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def git(*arguments: str) -> str:
    """What git says of this tree."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def chosen(effort: Effort) -> Sequence[Site]:
    """All places, or a few that the commit chooses."""
    commit = git("rev-parse", "HEAD")
    ordered = sorted(sites(), key=lambda site: digest(commit, str(site)))
    return ordered if effort == "full" else ordered[:FEW]


def test_every_read_hands_on_a_scope_that_is_known() -> None:
    assert unknown_reads() == []


def test_every_open_scope_is_caught(
    tmp_path: Path, effort: Effort, pytestconfig: pytest.Config, record_figure: Callable[[str, Any], None]
) -> None:
    wanted, started = chosen(effort), time.perf_counter()
    notes = Notes(pytestconfig, len(wanted))
    todo = deque(site for site in wanted if str(site) not in notes.known)

    def work(number: int) -> None:
        workshop = Workshop(tmp_path / str(number))
        assert number or effort == "ci" or workshop.passes(), "what fails anyway catches nothing"
        while todo:
            site = todo.popleft()
            notes.keep(site, workshop.catches(site))

    with ThreadPoolExecutor(COPIES) as pool:
        list(pool.map(work, range(COPIES)))
    missed = [str(site) for site in wanted if not notes.known[str(site)]]
    record_figure("mutants.sites", len(wanted))
    record_figure("mutants.caught", len(wanted) - len(missed))
    record_figure("mutants.seconds", round(time.perf_counter() - started, 1))
    assert missed == []


class Notes:
    """What is known of this very tree, so that a long run may break off."""

    def __init__(self, config: pytest.Config, total: int) -> None:
        self._config, self._total = config, total
        self._key = f"mutants/{digest(git('rev-parse', 'HEAD'), git('diff', 'HEAD'))}"
        self.known: dict[str, bool] = config.cache.get(self._key, {})

    def keep(self, site: Site, caught: bool) -> None:
        """Note one, and show how far the run is."""
        self.known[str(site)] = caught
        self._config.cache.set(self._key, dict(self.known))
        print(f"{len(self.known)}/{self._total} {site} {'caught' if caught else 'MISSED'}", flush=True)  # noqa: T201

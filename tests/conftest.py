"""What every test shares: loopback only, how much effort, a seed that is printed, and the browser.

Effort is ``QUCE_EFFORT``: ``ci`` (about a tenth) or ``full`` (the counts that are claimed).
"""

from __future__ import annotations

import gc
import json
import os
import random
import secrets
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import hypothesis
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from deploy.brokers.installation import missing_programs
from kit.telemetry import NOWHERE, trace_to

pytest.register_assert_rewrite("tests.flows", "tests.pages")

Effort = Literal["ci", "full"]

ROOT = Path(__file__).resolve().parent.parent
LOOPBACK = "127.0.0.1,::1,localhost"
KEPT_SETTINGS = {"QUCE_EFFORT", "QUCE_CHROMIUM", "QUCE_CLUSTER", "QUCE_FIGURES"}

hypothesis.settings.register_profile("ci", max_examples=50, deadline=timedelta(seconds=2), print_blob=True)
hypothesis.settings.register_profile("full", max_examples=1000, deadline=timedelta(seconds=5), print_blob=True)

chosen_seed = pytest.StashKey[int]()
left_out = pytest.StashKey[list[str]]()


def find_chromium() -> str | None:
    """The browser of this machine; ``QUCE_CHROMIUM`` names another."""
    names = (os.environ.get("QUCE_CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


def effort_of_run() -> Effort:
    """The effort asked for."""
    return "full" if os.environ.get("QUCE_EFFORT") == "full" else "ci"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the world of tests that ask a running suite stands."""
    parser.addoption("--on-cluster", action="store_true", help="ask a cluster: two processes of each service")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Close the network, drop settings of the person's own shell, and choose profile and seed."""
    config.option.allow_hosts = config.option.allow_hosts or LOOPBACK
    config.option.allow_unix_socket = True
    for name in [name for name in os.environ if name.startswith("QUCE_") and name not in KEPT_SETTINGS]:
        del os.environ[name]
    hypothesis.settings.load_profile(effort_of_run())
    given = config.getoption("--hypothesis-seed")
    seed = int(given) if given is not None else secrets.randbelow(2**32)
    config.option.hypothesis_seed = str(seed)
    config.stash[chosen_seed] = seed
    config.stash[left_out] = []


def pytest_report_header(config: pytest.Config) -> str:
    """Say what it takes to repeat this run."""
    return f"effort: {effort_of_run()}; seed: {config.stash[chosen_seed]} (--hypothesis-seed=… repeats it)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this machine cannot run, and say so; in CI a missing browser is a failure."""
    without_browser = find_chromium() is None
    if without_browser and any(item.get_closest_marker("browser") for item in items):
        if os.environ.get("CI") == "true":
            raise pytest.UsageError("Chromium is missing, and CI=true runs the browser tests: apt install chromium")
        _leave_out(config, items, "browser", "找不到 Chromium，浏览器测试未运行（apt install chromium）")
    if config.getoption("--on-cluster"):
        _keep_some(config, items)
    elif not os.environ.get("QUCE_CLUSTER"):
        _leave_out(config, items, "cluster", "需要 Kafka 和 MongoDB 的测试未运行（make test-cluster）")
    elif lacking := missing_programs():
        raise pytest.UsageError(f"缺少 {'、'.join(lacking)}（apt install openjdk-17-jdk-headless maven）")


def _keep_some(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of the cells of a table a tenth, but in full effort: the other nine run on the embedded suite."""
    draw = random.Random(config.stash[chosen_seed])  # noqa: S311 - to be repeated
    if effort_of_run() == "ci":
        items[:] = [each for each in items if "[" not in each.name or draw.random() < 0.1]


def _leave_out(config: pytest.Config, items: list[pytest.Item], marker: str, *messages: str) -> None:
    dropped = [item for item in items if item.get_closest_marker(marker)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if not item.get_closest_marker(marker)]
        config.stash[left_out].extend(messages)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """One line for what was left out."""
    for message in config.stash[left_out]:
        terminalreporter.write_line(message, yellow=True)


@pytest.fixture(scope="module", autouse=True)
def own_garbage() -> None:
    """Set apart what earlier modules left: collected, it would stall this one's services, as nothing does in life."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def effort() -> Effort:
    """How much this run should do."""
    return effort_of_run()


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The printed seed of this run."""
    return pytestconfig.stash[chosen_seed]


@pytest.fixture
def rng(seed: int, request: pytest.FixtureRequest) -> random.Random:
    """Random choices that the printed seed repeats, other ones in each test."""
    return random.Random(f"{seed}:{request.node.nodeid}")  # noqa: S311 - test data, to be repeated


@pytest.fixture(scope="session")
def record_figure() -> Callable[[str, Any], None]:
    """Keep a figure of this run for ``bench/soak.json``, and print it."""
    target = os.environ.get("QUCE_FIGURES")

    def record(name: str, value: Any) -> None:
        print(f"{name} = {value}")  # noqa: T201 - shown with -s and on failure
        if target:
            with Path(target).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"name": name, "value": value}, ensure_ascii=False) + "\n")

    return record


@pytest.fixture
def kept() -> Iterator[InMemorySpanExporter]:
    """The spans of this process, as they end."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(ALWAYS_ON, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace_to(provider)
    yield exporter
    trace_to(NOWHERE)


@pytest.fixture(scope="session")
def cluster_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The world that everything asks under ``--on-cluster``: a cluster takes long to start."""
    from tests.flows.opening import open_cluster_world  # noqa: PLC0415 - its asserts are rewritten only from here on

    with open_cluster_world(tmp_path_factory.mktemp("cluster")) as world:
        yield world


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser's program; a test that asks for it carries the ``browser`` marker."""
    path = find_chromium()
    assert path is not None, "mark this test with pytest.mark.browser"
    return path


@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Any]:
    """A real Chromium, driven by playwright's synchronous API; its loop must end before another module's begins."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where a browser is driven

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox", "--lang=zh-CN"])
        yield running
        running.close()

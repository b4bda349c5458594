"""One running suite for all tests that ask it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.intruders import intrude
from tests.flows.opening import open_world_as
from tests.flows.policy_desk import Desk
from tests.flows.test_page_matrix import Browser
from tests.flows.world import World

PLANTING = ("lead", "imported", "notification", "figure", "asked", "visit", "guest", "draft", "decision", "token")


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    """The suite, seeded, everybody signed in."""
    folder = tmp_path_factory.mktemp("world")
    with open_world_as(request, folder) as opened:
        # Everything that tests look at exists before any of them adds work of its own.
        for planted in PLANTING:
            assert getattr(opened, planted)
        intrude(opened)
        yield opened


@pytest.fixture(scope="module")
def editor(world: World) -> Iterator[Desk]:
    browser = Browser(world, "editor")
    yield Desk(world, browser)
    browser.client.close()


@pytest.fixture(scope="module")
def reviewer(world: World) -> Iterator[Desk]:
    browser = Browser(world, "reviewer")
    yield Desk(world, browser)
    browser.client.close()

"""An office at work, for tests that look at its pages: a ledger imported, a lead logged and matched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.flows.opening import open_world_as
from tests.flows.world import World


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[World]:
    """The suite with the office's first work in it."""
    with open_world_as(request, tmp_path_factory.mktemp("pages")) as opened:
        assert opened.lead
        assert opened.imported
        yield opened

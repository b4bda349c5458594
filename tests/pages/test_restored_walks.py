"""A backup taken while the suite serves, restored elsewhere: every journey of the pages goes on there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from tests.flows.opening import open_world, served_world
from tests.flows.test_backup import quce
from tests.flows.world import World
from tests.pages import test_enquiry_walk, test_walks

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WALKS = {
    name: walk
    for module in (test_walks, test_enquiry_walk)
    for name, walk in vars(module).items()
    if name.startswith("test_")
}
DONE = ("lead", "imported")


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An office's first work, elsewhere."""
    folder = tmp_path_factory.mktemp("restored")
    backup, keys = str(folder / "suite.tar"), str(folder / "suite.keys")
    with open_world(folder / "before") as world:
        done = {name: getattr(world, name) for name in DONE}
        made = quce(world.settings.data, "backup", backup, "--keys", keys)
    assert made.returncode == 0, made.stderr
    again = quce(world.settings.data, "restore", backup, "--keys", keys, "--into", str(folder / "data"))
    assert again.returncode == 0, again.stderr
    with served_world(folder, world.passwords) as elsewhere:
        elsewhere.__dict__.update(done)
        elsewhere.numbers = itertools.count(20_000_000)
        yield elsewhere


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_the_journey_goes_on(walk: Callable[[Browser, World], None], browser: Browser, restored: World) -> None:
    walk(browser, restored)

"""What every route holds to: nothing on the way to it is a plain function, which FastAPI would run in a thread."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tests.architecture.sources import modules, shown


def routes(path: Path) -> Iterator[APIRoute]:
    """The routes that a module declares."""
    router = getattr(importlib.import_module(shown(path).removesuffix(".py").replace("/", ".")), "router", None)
    yield from (each for each in getattr(router, "routes", ()) if isinstance(each, APIRoute))


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """The function of a route, and all that it depends on."""
    if dependant.call is not None:
        yield dependant.call
    for each in dependant.dependencies:
        yield from calls(each)


DECLARING = [path for path in modules("services", "gateway", "operating") if "router" in path.read_text("utf-8")]


@pytest.mark.parametrize("path", DECLARING, ids=shown)
def test_a_request_crosses_no_thread_on_its_way(path: Path) -> None:
    plain = {
        getattr(call, "__qualname__", repr(call))
        for route in routes(path)
        for call in calls(route.dependant)
        if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))
    }
    assert plain == set(), f"{shown(path)}: make these asynchronous: {plain}"


def test_routes_are_found() -> None:
    assert sum(1 for path in DECLARING for _ in routes(path)) > 100

"""The generated files say what the code says, and are well-formed."""

from __future__ import annotations

from pathlib import Path

import yaml

from contracts.catalogue import ROUTES
from deploy.contracts import ROOT, generated, stale


def test_generated_files_are_current() -> None:
    assert [path.relative_to(ROOT).as_posix() for path in stale()] == [], "run: make contracts"


def test_generating_twice_gives_the_same() -> None:
    assert generated() == generated()


def test_asyncapi_has_every_event_and_no_dangling_reference(root: Path) -> None:
    document = yaml.safe_load((root / "contracts" / "asyncapi.yaml").read_text("utf-8"))
    assert set(document["components"]["messages"]) == {route.event.event_type for route in ROUTES}
    for reference in _references(document):
        target = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [each for child in value.values() for each in _references(child)]
    if isinstance(value, list):
        return [each for child in value for each in _references(child)]
    return []

"""One golden event per version: what was once published is read for ever."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from contracts.catalogue import ROUTES, Route, topic_of
from contracts.event import EventData
from contracts.gateway import GatewayAudited
from contracts.notify import NotifyEventDied
from kit.events import EVENTS_PER_REVISION, MAX_EVENT_BYTES, Event

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "contracts" / "examples"
MODELS: dict[str, type[EventData]] = {route.event.event_type: route.event for route in ROUTES}
PERSONAL = {
    "phone",
    "email",
    "contact",
    "contacts",
    "referrer",
    "introducer",
    "note",
    "summary",
    "follow_up",
    "password",
}


def example(event_type: str) -> Event:
    """The golden event of this version."""
    return Event.decode((EXAMPLES / f"{event_type}.json").read_bytes())


def names(value: object) -> set[str]:
    """Every field name in a JSON value."""
    if isinstance(value, dict):
        return set(value) | {name for each in value.values() for name in names(each)}
    if isinstance(value, list):
        return {name for each in value for name in names(each)}
    return set()


def with_additions(model: Any, data: Any) -> Any:
    """The same data from a later producer, which says more of everything."""
    if isinstance(model, BaseModel):
        known = {name: with_additions(getattr(model, name), data[name]) for name in data}
        return known | {"added_later": {"anything": 1}}
    if isinstance(model, dict):
        return {name: with_additions(model[name], data[name]) for name in data}
    if isinstance(model, list):
        return [with_additions(*each) for each in zip(model, data, strict=True)]
    return data


def test_every_version_has_one_example_and_every_example_a_version() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == set(MODELS)


@pytest.mark.parametrize("event_type", MODELS)
def test_an_example_is_what_its_producer_would_send(event_type: str) -> None:
    event = example(event_type)
    assert event.type == event_type
    data = MODELS[event_type].model_validate(event.data)
    assert data.model_dump(mode="json") == event.data
    assert json.loads(event.encode()) == json.loads((EXAMPLES / f"{event_type}.json").read_text("utf-8"))
    assert len(event.encode()) <= MAX_EVENT_BYTES


@pytest.mark.parametrize("event_type", MODELS)
def test_a_listener_ignores_what_it_does_not_know(event_type: str) -> None:
    event, model = example(event_type), MODELS[event_type]
    heard = model.heard(with_additions(model.model_validate(event.data), event.data))
    assert heard.model_dump(mode="json") == event.data


@pytest.mark.parametrize("event_type", MODELS)
def test_an_envelope_says_its_place(event_type: str) -> None:
    event = example(event_type)
    aggregate, revision, index = event.id.rsplit(":", 2)
    assert aggregate == event.subject
    assert event.sequence == int(revision) * EVENTS_PER_REVISION + int(index)
    assert event.partitionkey
    assert event.time.endswith("Z")


@pytest.mark.parametrize("event_type", MODELS)
def test_an_event_names_no_person(event_type: str) -> None:
    assert names(example(event_type).data) & PERSONAL == set()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.event.event_type)
def test_a_route_has_a_topic_of_its_producer_and_only_logs_and_notices_hear_themselves(route: Route) -> None:
    assert route.topic == topic_of(route.producer)
    assert route.producer not in route.consumers or route.event in (GatewayAudited, NotifyEventDied)

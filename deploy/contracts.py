"""Writes what others read of our contracts: the events, the API, the form of a policy file, the facts as a page.

All are generated and checked in: a diff shows what a change does to others, and the gateway serves the
file, since building it for every route takes longer than a start should.

``python -m deploy.contracts`` writes them; ``--check`` only says whether they are current.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from contracts.catalogue import PARTITIONS, ROUTES, Route
from deploy.embedded import SERVICES
from deploy.fact_table import fact_table
from gateway.app import create_app as create_gateway
from gateway.openapi import openapi_document
from kit.events import Event
from kit.settings import Settings
from operating.opening import open_bus, open_clock, open_ports
from services.incentives.policy_text.file_schema import file_schema

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = "#/components/schemas/"


def asyncapi() -> str:
    """Every event with its topic, producer and listeners, as AsyncAPI 3."""
    models = [(Event, "serialization"), *((route.event, "serialization") for route in ROUTES)]
    _, schemas = models_json_schema(models, ref_template=SCHEMAS + "{model}")  # type: ignore[arg-type]
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "区策 Quce",
            "version": "1",
            "description": "Events between the services. CloudEvents 1.0 in structured JSON, the same bytes on every "
            "bus; one topic a producer, keyed by partitionkey, kept for ever. Listeners ignore unknown fields.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": _channels(),
        "operations": _operations(),
        "components": {"messages": {_name(route): _message(route) for route in ROUTES}, "schemas": schemas["$defs"]},
    }
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)


def openapi() -> str:
    """The whole API as callers meet it, as OpenAPI 3.1."""
    with tempfile.TemporaryDirectory(prefix="quce-contracts-") as folder:
        document = asyncio.run(_document(Settings(data=Path(folder), bench=False)))
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


async def _document(settings: Settings) -> dict[str, Any]:
    clock = open_clock(settings)
    async with AsyncExitStack() as stack:
        bus = open_bus(settings)
        stack.push_async_callback(bus.close)
        apps: dict[str, FastAPI] = {}
        for name in (*SERVICES, "gateway"):
            ports = await open_ports(name, settings, bus, clock)
            stack.push_async_callback(ports.close)
            apps[name] = SERVICES[name](ports) if name in SERVICES else create_gateway(ports, {})
        return openapi_document(apps)


def _name(route: Route) -> str:
    return route.event.event_type


def _producers() -> list[str]:
    return list(dict.fromkeys(route.producer for route in ROUTES))


def _channels() -> dict[str, Any]:
    return {
        producer: {
            "address": f"quce.{producer}",
            "description": f"What {producer} says; {PARTITIONS} partitions unless set otherwise.",
            "messages": {
                _name(route): {"$ref": f"#/components/messages/{_name(route)}"}
                for route in ROUTES
                if route.producer == producer
            },
        }
        for producer in _producers()
    }


def _operations() -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for producer in _producers():
        said = [route for route in ROUTES if route.producer == producer]
        operations[f"{producer}.publish"] = _operation("send", producer, said)
        for listener in dict.fromkeys(each for route in said for each in route.consumers):
            heard = [route for route in said if listener in route.consumers]
            operations[f"{listener}.hear.{producer}"] = _operation("receive", producer, heard)
    return operations


def _operation(action: str, producer: str, routes: list[Route]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{producer}"},
        "messages": [{"$ref": f"#/channels/{producer}/messages/{_name(route)}"} for route in routes],
    }


def _message(route: Route) -> dict[str, Any]:
    summary = (route.event.__doc__ or "").strip().splitlines()[0]
    return {
        "name": _name(route),
        "summary": summary,
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": SCHEMAS + "Event"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": _name(route)},
                        "data": {"$ref": SCHEMAS + route.event.__name__},
                    },
                },
            ]
        },
    }


@cache
def generated() -> Mapping[Path, str]:
    """Every generated file with what it should hold."""
    contracts = ROOT / "contracts"
    return {
        contracts / "asyncapi.yaml": asyncapi(),
        contracts / "openapi.json": openapi(),
        contracts / "policy.schema.json": file_schema(),
        ROOT / "docs" / "facts.md": fact_table(),
    }


def stale() -> list[Path]:
    """The generated files that are not what the code says."""
    return [path for path, text in generated().items() if not path.exists() or path.read_text("utf-8") != text]


def main(arguments: list[str]) -> int:
    """Write the files, or with ``--check`` name the stale ones."""
    if "--check" in arguments:
        old = stale()
        for path in old:
            sys.stderr.write(f"{path.relative_to(ROOT)} is not what the code says. Run: make contracts\n")
        return bool(old)
    for path, text in generated().items():
        path.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

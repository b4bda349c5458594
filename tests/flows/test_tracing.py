"""One registration of a lead, as a collector sees it: one trace through every service, and nobody's data in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from deploy.embedded import open_suite
from deploy.tracing import tracing
from kit.settings import Settings
from tests.collector import Collector, Received, collector
from tests.flows.canaries import PLANTED

PATIENCE = 10.0
API, LETTERS = "/api/v1", "/dead-letters/leads"
SAID = {
    "http.request.method", "http.route", "http.response.status_code", "server.address", "error.type",
    "messaging.system", "messaging.operation.name", "messaging.operation.type", "messaging.destination.name",
    "messaging.consumer.group.name", "quce.delivery.state",
}  # fmt: skip
"""All that a span may say."""
WAY = {
    ("quce-gateway", "POST /api/v1/leads/{path}"),
    ("quce-gateway", "POST"),
    ("quce-leads", "POST /leads"),
    ("quce-leads", "send quce.lead.registered.v1"),
    ("quce-incentives", "process quce.lead.registered.v1"),
    ("quce-incentives", "match"),
    ("quce-incentives", "send quce.incentives.matched.v1"),
    ("quce-leads", "process quce.incentives.matched.v1"),
    ("quce-notify", "process quce.lead.registered.v1"),
    ("quce-notify", "process quce.incentives.matched.v1"),
    ("quce-notify", "deliver in_app"),
    ("quce-notify", "deliver email"),
    ("quce-leads", "send quce.leads.audited.v1"),
    ("quce-gateway", "process quce.leads.audited.v1"),
}
"""What a registration comes to."""
LINKED = ("send", "process", "deliver")


@pytest.fixture
def collecting() -> Iterator[Collector]:
    with collector() as made:
        yield made


@pytest.fixture
async def officer(tmp_path: Path, collecting: Collector) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody signed in to a suite whose spans are collected."""
    settings = Settings(data=tmp_path, otlp_endpoint=collecting.url)
    async with tracing(settings), open_suite(settings) as suite:
        [password] = [each.password for each in suite.sign_ins if each.account == "donghu"]
        async with httpx.AsyncClient(transport=httpx.ASGITransport(suite.gateway), base_url="http://quce") as client:
            opened = await client.post(f"{API}/sessions", json={"account": "donghu", "password": password})
            client.headers.update({"X-CSRF-Token": opened.json()["csrf"], "Idempotency-Key": "a-lead"})
            yield client


async def test_a_registration_is_one_trace_through_every_service(
    officer: httpx.AsyncClient, collecting: Collector
) -> None:
    made = await officer.post(f"{API}/leads?q=金丝雀", json=PLANTED["LeadInput"])
    assert made.status_code == 201, made.text
    trace, lead = made.headers["x-trace-id"], made.json()["id"]
    for path in (
        f"{API}/leads/{lead}",
        f"{API}/{lead}",
        f"{API}{LETTERS}/{lead}",
        f"/leads/{lead}?q=13911112222",
        f"/{lead}",
    ):
        await officer.get(path)
    await collecting.until(lambda spans: {(each.service, each.name) for each in spans if each.trace == trace} >= WAY)
    spans = {each.id: each for each in collecting.spans if each.trace == trace}
    assert {(each.service, each.name) for each in spans.values()} == WAY
    [first] = [each for each in spans.values() if not each.parent]
    assert (first.service, first.attributes["http.response.status_code"]) == ("quce-gateway", 201)
    for each in spans.values():
        check(each, spans)
    names = {(each.service, each.name) for each in collecting.spans}
    assert names >= {
        ("quce-leads", "GET /leads/{id}"),
        ("quce-leads", f"GET {LETTERS}/{{id}}"),
        ("quce-gateway", "GET /leads/{id}"),
    }
    assert {key for each in collecting.spans for key in each.attributes} <= SAID
    assert [each for each in (lead, "金丝雀", "13911112222", "canary", "donghu") if each in collecting.said] == []


async def test_people_are_answered_though_the_collector_never_answers(
    officer: httpx.AsyncClient, collecting: Collector
) -> None:
    collecting.status, before = 0, len(collecting.bodies)
    await officer.get(f"{API}/leads")
    await collecting.until(lambda _: len(collecting.bodies) > before)
    async with asyncio.timeout(PATIENCE):
        answers = [await officer.get(f"{API}/leads") for _ in range(50)]
    assert {each.status_code for each in answers} == {200}


def check(each: Received, spans: dict[str, Received]) -> None:
    """It is under another of the same trace, linked to it where time lies between, and begins no earlier."""
    assert each.ended >= each.begun
    if not each.parent:
        return
    parent = spans[each.parent]
    assert each.begun >= parent.begun
    verb = each.name.partition(" ")[0]
    assert each.links == ({(parent.trace, parent.id)} if verb in LINKED else set())
    kinds = {"send": Span.SPAN_KIND_PRODUCER, "process": Span.SPAN_KIND_CONSUMER, "POST": Span.SPAN_KIND_SERVER}
    if each.name == "POST":
        assert each.kind == Span.SPAN_KIND_CLIENT
    elif verb in kinds:
        assert each.kind == kinds[verb]

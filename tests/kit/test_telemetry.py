"""A trace goes where the work goes; a span says what was done and nothing more; a stranger decides nothing."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.context import Context, get_current
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import TraceFlags

from deploy.otlp import sampler_of
from kit.telemetry import NOWHERE, origin, span, trace_id, trace_to, traceparent

ASKED = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def test_work_has_a_trace_though_nobody_collects() -> None:
    assert (traceparent(), trace_id()) == ("", "")
    with span("leads", "outer"):
        outer = traceparent()
        assert len(outer) == 55
        with span("leads", "inner"):
            assert traceparent() == outer
        with span("leads", "apart", under=Context()):
            assert trace_id() != outer[3:35]
    assert traceparent() == ""


@pytest.mark.parametrize(
    "given", [None, "", "nonsense", ASKED[:-3], ASKED.replace("a", "0"), "ff" + ASKED[2:], ASKED.replace("a", "A")]
)
def test_what_is_no_traceparent_begins_a_trace(given: str | None) -> None:
    with span("leads", "work", under=origin(given)):
        assert trace_id() not in ("", "a" * 32, "A" * 32, "0" * 32)
    with span("leads", "work", under=origin(ASKED)):
        assert traceparent() == ASKED


async def test_a_trace_goes_into_tasks_and_threads_and_not_beside_them(kept: InMemorySpanExporter) -> None:
    async def request(name: str) -> tuple[str, str, str]:
        with span("leads", name, under=Context()):
            await asyncio.sleep(0)
            return trace_id(), await asyncio.to_thread(trace_id), await asyncio.create_task(_id())

    found = await asyncio.gather(*(request(f"request {number}") for number in range(20)))
    assert all(len(set(ids)) == 1 for ids in found)
    assert len({ids[0] for ids in found}) == 20
    assert trace_id() == ""


async def _id() -> str:
    return trace_id()


def test_what_follows_is_in_the_trace_of_its_cause_and_linked_to_it(kept: InMemorySpanExporter) -> None:
    cause = origin(ASKED)
    with span("leads", "process", under=cause, causes=[cause, Context()]):
        here = get_current()
        with span("leads", "row", under=Context(), causes=[here]):
            pass
    row, process = kept.get_finished_spans()
    assert process.parent is not None
    assert process.parent.trace_id == process.context.trace_id == int("a" * 32, 16)
    assert [link.context.span_id for link in process.links] == [int("b" * 16, 16)]
    assert row.parent is None
    assert row.context.trace_id != process.context.trace_id
    assert [link.context.span_id for link in row.links] == [process.context.span_id]


def test_of_an_error_a_span_says_the_class_alone(kept: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="CANARY"), span("leads", "work"):
        raise ValueError("CANARY")
    [failed] = kept.get_finished_spans()
    assert dict(failed.attributes or {}) == {"error.type": "ValueError"}
    assert not failed.status.is_ok
    assert (failed.status.description, list(failed.events)) == (None, [])


@pytest.mark.parametrize(("service", "ratio", "asked", "recorded"), [
    ("gateway", 0.0, ASKED, False), ("gateway", 1.0, ASKED, True), ("gateway", 1.0, None, True),
    ("gateway", 1.0, ASKED[:-1] + "0", False), ("leads", 0.0, ASKED, True), ("leads", 1.0, ASKED[:-1] + "0", False),
    ("leads", 0.0, None, False), ("leads", 1.0, None, True),
])  # fmt: skip
def test_a_share_is_decided_where_a_trace_begins(service: str, ratio: float, asked: str | None, recorded: bool) -> None:
    trace_to(TracerProvider(sampler_of(service, ratio), shutdown_on_exit=False))
    try:
        with span(service, "GET", under=origin(asked)) as own, span(service, "inner") as inner:
            assert (own.is_recording(), inner.is_recording()) == (recorded, recorded)
            assert int(traceparent()[-2:], 16) & TraceFlags.SAMPLED == recorded
    finally:
        trace_to(NOWHERE)

"""A service that stays silent is left alone, and tried by one call."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.errors import ServiceUnavailable
from gateway.settings import BREAKER_PAUSE
from kit.telemetry import exposition
from tests.clocks import ManualClock
from tests.gateway.wire import OK, Asked, call, gone, line_to, raw

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


async def test_one_call_tries_it_and_operators_see_it() -> None:
    clock = ManualClock(START)
    held = asyncio.Event()

    async def slowly(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        await held.wait()
        writer.write(OK)

    async with raw(gone) as there, line_to(there.url, clock=clock) as line:
        for _ in range(5):
            with pytest.raises(ServiceUnavailable):
                await line.send(call("POST"), ())
        assert b'quce_breaker_open{service="leads"} 1.0' in exposition()
        with pytest.raises(ServiceUnavailable):
            await line.send(call(), ())
        assert len(there.asked) == 5
        there.behave = slowly
        clock.advance(timedelta(seconds=BREAKER_PAUSE + 1))
        trying = [asyncio.create_task(line.send(call(), ())) for _ in range(20)]
        while len(there.asked) < 6:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.005)
        await asyncio.sleep(0.02)
        assert len(there.asked) == 6
        held.set()
        answers = await asyncio.gather(*trying, return_exceptions=True)
        assert sum(not isinstance(each, ServiceUnavailable) for each in answers) == 1
        assert b'quce_breaker_open{service="leads"} 0.0' in exposition()
        assert (await line.send(call(), ())).status == 200


async def test_the_call_that_tries_is_not_repeated() -> None:
    clock = ManualClock(START)
    async with raw(gone) as there, line_to(there.url, clock=clock) as line:
        for _ in range(5):
            with pytest.raises(ServiceUnavailable):
                await line.send(call("POST"), ())
        clock.advance(timedelta(seconds=BREAKER_PAUSE + 1))
        with pytest.raises(ServiceUnavailable):
            await line.send(call(), ())
        assert len(there.asked) == 6

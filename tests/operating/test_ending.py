"""Stopping tasks: each has ended afterwards, what broke off is told, and whoever waits can be cancelled itself."""

from __future__ import annotations

import asyncio
import logging

import pytest

from operating.ending import end


async def slow_to_end() -> None:
    """Work that takes a moment to put things away."""
    try:
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0.05)


async def test_all_have_ended_and_what_was_never_begun_is_none() -> None:
    tasks = [asyncio.create_task(slow_to_end()) for _ in range(3)]
    await asyncio.sleep(0)
    await end(*tasks, None)
    assert all(task.cancelled() for task in tasks)
    await end(None)


async def test_who_waits_is_cancelled_too() -> None:
    task = asyncio.create_task(slow_to_end())
    await asyncio.sleep(0)
    waiting = asyncio.create_task(end(task))
    await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait([task])


async def test_what_broke_off_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> None:
        raise ValueError("not today")

    task = asyncio.create_task(broken())
    await asyncio.sleep(0)
    with caplog.at_level(logging.ERROR):
        await end(task)
    assert "not today" in caplog.text

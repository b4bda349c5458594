"""Background work: one piece at a time, after people, and never put off for ever."""

from __future__ import annotations

import asyncio
import socket

import uvloop

from kit.courtesy import PATIENCE, PAUSE, answering, giving_way


async def test_one_piece_runs_at_a_time() -> None:
    running, most = 0, 0

    async def piece() -> None:
        nonlocal running, most
        async with giving_way():
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1

    await asyncio.gather(*(piece() for _ in range(20)))
    assert most == 1


async def test_it_waits_while_a_request_is_answered() -> None:
    done = asyncio.Event()

    async def piece() -> None:
        async with giving_way():
            done.set()

    with answering():
        task = asyncio.create_task(piece())
        await asyncio.sleep(PAUSE * 2)
        assert not done.is_set()
    await task
    assert done.is_set()


async def test_requests_without_end_do_not_stop_it() -> None:
    begun = False
    with answering():
        async with asyncio.timeout(PAUSE * PATIENCE * 100), giving_way():
            begun = True
    assert begun


def test_who_comes_in_during_a_piece_is_answered_before_the_next() -> None:
    """On the event loop that serves: a request begins in a task of its own, once its bytes were heard."""
    seen: list[str] = []
    near, far = socket.socketpair()

    class Connection(asyncio.Protocol):
        def data_received(self, _data: bytes) -> None:
            self.task = asyncio.create_task(self.answer())

        async def answer(self) -> None:
            seen.append("answer")

    async def pieces() -> None:
        transport, _ = await asyncio.get_running_loop().create_connection(Connection, sock=near)
        for number in range(3):
            async with giving_way():
                seen.append("piece")
                if number == 1:
                    far.send(b"GET")
        transport.close()

    with far:
        uvloop.run(pieces())
    assert seen == ["piece", "piece", "answer", "piece"]

"""One call to a service over a connection: what is made once more and what never, and answers of every kind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from starlette.types import Receive, Scope, Send

from gateway import calls
from gateway.calls import Call, Line
from gateway.errors import ServiceUnavailable
from gateway.peer import LARGE, PeerSilent
from gateway.places import Retries
from gateway.settings import RETRIES_A_MINUTE, RETRIES_SAVED, RETRY_SHARE
from tests.gateway.wire import OK, Asked, call, fine, gone, line_to, raw, served


def saying(*answers: bytes) -> Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]:
    """Answers with these bytes in turn, the last for ever."""
    left = list(answers)

    async def behave(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    return behave


@pytest.mark.parametrize("made", [call(), call("HEAD"), call("POST", key="k", body=b"{}"), call("PATCH", key="k"),
                                  call("DELETE", key="k")], ids=lambda made: made.method)  # fmt: skip
async def test_what_may_be_repeated_is_once_and_by_another_replica(made: Call) -> None:
    async with AsyncExitStack() as stack:
        bad = await stack.enter_async_context(raw(gone))
        good = await stack.enter_async_context(raw(fine))
        line = await stack.enter_async_context(line_to(good.url, bad.url))
        assert (await line.send(made, made.headers)).status == 200
        assert len(bad.asked) == len(good.asked) == 1
        assert good.asked[0].header("idempotency-key") == bad.asked[0].header("idempotency-key")
        assert good.asked[0].body == bad.asked[0].body


async def streamed() -> AsyncIterator[bytes]:
    yield b"piece"


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
async def test_what_has_no_key_is_never_repeated(method: str) -> None:
    async with AsyncExitStack() as stack:
        bad = await stack.enter_async_context(raw(gone))
        good = await stack.enter_async_context(raw(fine))
        line = await stack.enter_async_context(line_to(good.url, bad.url))
        with pytest.raises(ServiceUnavailable) as said:
            await line.send(call(method), ())
        assert int(said.value.headers["Retry-After"]) > 0
        assert len(bad.asked) == 1
        assert not good.asked


async def test_a_body_that_was_passed_on_is_never_repeated() -> None:
    async with AsyncExitStack() as stack:
        bad = await stack.enter_async_context(raw(gone))
        good = await stack.enter_async_context(raw(fine))
        line = await stack.enter_async_context(line_to(good.url, bad.url))
        made = call("POST", key="k", body=streamed())
        with pytest.raises(ServiceUnavailable):
            await line.send(made, made.headers)
        assert len(bad.asked) == 1
        assert not good.asked


async def test_a_call_is_made_twice_at_most() -> None:
    async with raw(gone) as bad, line_to(bad.url) as line:
        with pytest.raises(ServiceUnavailable):
            await line.send(call(), ())
        assert len(bad.asked) == 2


def test_few_are_made_once_more_where_all_break_off() -> None:
    now = 0.0
    retries = Retries(lambda: now)
    calls_made, minutes = 6000, 2
    repeated = 0
    for _ in range(calls_made):
        now += minutes * 60 / calls_made
        retries.earn()
        repeated += retries.take()
    assert repeated <= RETRIES_SAVED + calls_made * RETRY_SHARE + minutes * RETRIES_A_MINUTE
    assert repeated >= calls_made * RETRY_SHARE
    for _ in range(100):
        retries.take()
    assert not retries.take()
    now += 60
    assert sum(retries.take() for _ in range(100)) == RETRIES_A_MINUTE


class TestKeptConnections:
    """A service that closes connections between two requests."""

    async def test_one_that_was_closed_meanwhile_is_not_used(self) -> None:
        async def closing(_asked: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(OK)
            writer.close()

        async with raw(closing) as there, line_to(there.url) as line:
            for _ in range(5):
                assert (await line.send(call("POST"), ())).status == 200
                await asyncio.sleep(0.01)
            assert len(there.asked) == there.connections == 5

    async def test_one_that_is_closed_as_it_is_used_costs_nothing_that_may_be_repeated(self) -> None:
        async def once(asked: Asked, writer: asyncio.StreamWriter) -> None:
            if [each.connection for each in there.asked].count(asked.connection) == 1:
                writer.write(OK)
            else:
                writer.transport.abort()

        async with raw(once) as there, line_to(there.url) as line:
            for made in [call(), call(), call("POST", key="k"), call("POST", key="l")]:
                assert (await line.send(made, made.headers)).status == 200
            with pytest.raises(ServiceUnavailable):
                await line.send(call("POST"), ())

    async def test_ours_rest_for_less_than_a_service_keeps_them(self) -> None:
        async with raw(fine) as there, line_to(there.url) as line:
            for _ in range(20):
                await line.send(call(), ())
            assert there.connections == 1


class TestAnswers:
    """Answers that are not a status, some headers and a short body."""

    async def test_one_broken_off_in_the_middle_is_asked_for_again(self) -> None:
        half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"

        async def breaking(_asked: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(half if len(there.asked) == 1 else OK)
            if len(there.asked) == 1:
                writer.close()

        async with raw(breaking) as there, line_to(there.url) as line:
            assert (await line.send(call(), ())).body == b"ok"
            assert len(there.asked) == 2

    @pytest.mark.parametrize(
        ("answer", "status", "body"),
        [
            (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
            (b'HTTP/1.1 304 Not Modified\r\netag: "1"\r\ncontent-length: 2000000\r\n\r\n', 304, b""),
            (b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" + OK, 200, b"ok"),
            (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"ok"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, b"ok"),
        ],
        ids=["204", "304", "103", "100", "chunked"],
    )
    async def test_each_kind_is_read_as_it_is_meant(self, answer: bytes, status: int, body: bytes) -> None:
        async with raw(saying(answer)) as there, line_to(there.url) as line:
            for _ in range(2):
                async with line.asking(call(), ()) as reply:
                    assert (reply.status, reply.body, reply.rest) == (status, body, None)
            assert there.connections == 1

    async def test_head_has_no_body_whatever_its_length_says(self) -> None:
        async with (
            raw(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\n\r\n")) as there,
            line_to(there.url) as line,
        ):
            async with line.asking(call("HEAD"), ()) as reply:
                assert (reply.status, reply.body, reply.rest) == (200, b"", None)
                assert reply.header("content-length") == "52428800"
            assert (await line.send(call("HEAD"), ())).status == 200
            assert there.connections == 1

    @pytest.mark.parametrize("answer", [b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n", b"nonsense\r\n\r\n",
                                        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
                                        b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"])  # fmt: skip
    async def test_what_is_no_answer_of_a_service_is_silence(self, answer: bytes) -> None:
        async with raw(saying(answer, OK)) as there, line_to(there.url) as line:
            assert (await line.send(call(), ())).body == b"ok"
            assert len(there.asked) == 2


class TestLargeAnswers:
    """They are passed on as they come, never held."""

    SIZE, PIECE = 50 << 20, 1 << 16

    async def test_no_more_comes_than_is_taken(self) -> None:
        sent = 0

        async def file(scope: Scope, receive: Receive, send: Send) -> None:
            nonlocal sent
            length = (b"content-length", str(self.SIZE).encode())
            await send({"type": "http.response.start", "status": 200, "headers": [length]})
            for _ in range(self.SIZE // self.PIECE):
                await send({"type": "http.response.body", "body": b"x" * self.PIECE, "more_body": True})
                sent += self.PIECE
            await send({"type": "http.response.body", "body": b""})

        async with served(file) as url, line_to(url, places=1) as line:
            async with line.asking(call(), ()) as reply:
                assert reply.rest is not None
                assert LARGE < len(reply.body) <= LARGE + self.PIECE
                await asyncio.sleep(0.05)
                assert sent < self.SIZE / 2
                size = len(reply.body) + sum([len(piece) async for piece in reply.rest])
            assert size == sent == self.SIZE
            async with line.asking(call(), ()):
                pass
            assert sent < self.SIZE * 1.5
            async with line.asking(call(), ()) as reply:
                assert reply.status == 200

    async def test_one_that_breaks_off_later_is_not_made_to_look_whole(self) -> None:
        head = b"HTTP/1.1 200 OK\r\ncontent-length: 3000000\r\n\r\n"

        async def breaking(_asked: Asked, writer: asyncio.StreamWriter) -> None:
            writer.write(head + b"x" * 2_000_000)
            writer.close()

        async with raw(breaking) as there, line_to(there.url, places=1) as line:
            with pytest.raises(PeerSilent):
                await self.take(line)
            assert len(there.asked) == 1
            with pytest.raises(PeerSilent):
                await self.take(line)

    async def take(self, line: Line) -> int:
        async with line.asking(call(), ()) as reply:
            assert reply.rest is not None
            return sum([len(piece) async for piece in reply.rest])


async def test_a_slow_sender_is_not_the_services_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "seconds_for", lambda _method, _path: 0.5)

    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(5):
            await asyncio.sleep(0.15)
            yield b"x"

    async with raw(fine) as there, line_to(there.url) as line:
        assert (await line.send(call("POST", body=slowly()), ())).status == 200
        assert there.asked[0].body == b"xxxxx"


async def test_a_service_has_its_time_from_the_end_of_a_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "seconds_for", lambda _method, _path: 0.1)

    async def never(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with raw(never) as there, line_to(there.url) as line, asyncio.timeout(1):
        with pytest.raises(ServiceUnavailable):
            await line.send(call("POST", body=streamed()), ())
        assert len(there.asked) == 1

"""Several replicas as one service: each in its turn, the next at once, none that just failed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import replicas
from gateway.calls import Line
from gateway.peer import PeerSilent, PeerUnreached
from gateway.replicas import Names, Replicas, replicas_of, services_of
from gateway.settings import LONGEST_CALL, LOOK_UP_EVERY, REST_FIRST, REST_LONGEST, GatewaySettings
from kit.settings import SettingsRefused
from tests.gateway.wire import Raw, call, closed_port, fine, gone, line_to, raw, replicas_at, served


@dataclass
class Hand:
    """A clock that a test moves."""

    at: float = 1000.0

    def now(self) -> float:
        return self.at


async def two(stack: AsyncExitStack) -> tuple[Raw, Raw]:
    """Two servers that answer."""
    return await stack.enter_async_context(raw(fine)), await stack.enter_async_context(raw(fine))


async def ask(replicas: Replicas, times: int = 1, method: str = "GET") -> list[int]:
    return [(await replicas.send(method, b"/")).status for _ in range(times)]


async def test_each_is_asked_in_its_turn() -> None:
    async with AsyncExitStack() as stack:
        first, second = await two(stack)
        replicas = replicas_of(f" {first.url}/ , {second.url}")
        assert await ask(replicas, 10) == [200] * 10
        assert (len(first.asked), len(second.asked)) == (5, 5)
        assert (first.connections, second.connections) == (1, 1)
        await replicas.close()


async def test_where_one_is_not_there_the_next_is_asked_at_once_even_for_a_change_without_a_key() -> None:
    clock = Hand()
    async with raw(fine) as there:
        absent = f"http://127.0.0.1:{closed_port()}"
        replicas = replicas_at(absent, there.url, now=clock.now)
        assert await ask(replicas, 4, "POST") == [200] * 4
        assert len(there.asked) == 4

        async def pieces() -> AsyncIterator[bytes]:
            yield b"a"
            yield b"b"

        clock.at += REST_LONGEST
        for _ in range(2):
            await replicas.send("POST", b"/", (), pieces())
        assert [each.body for each in there.asked[4:]] == [b"ab", b"ab"]
        await replicas.close()


async def test_where_none_is_there_it_is_said() -> None:
    replicas = replicas_at(*(f"http://127.0.0.1:{closed_port()}" for _ in range(2)))
    with pytest.raises(PeerUnreached):
        await ask(replicas)
    await replicas.close()


async def test_one_that_broke_off_rests_and_is_then_tried_by_one_caller() -> None:
    clock = Hand()
    async with AsyncExitStack() as stack:
        bad = await stack.enter_async_context(raw(gone))
        good = await stack.enter_async_context(raw(fine))
        replicas = replicas_at(good.url, bad.url, now=clock.now)
        with pytest.raises(PeerSilent):
            await ask(replicas)
        assert await ask(replicas, 6) == [200] * 6
        assert len(bad.asked) == 1
        clock.at += REST_FIRST
        answers = await asyncio.gather(*(ask(replicas) for _ in range(6)), return_exceptions=True)
        assert len(bad.asked) == 2
        assert sum(isinstance(each, PeerSilent) for each in answers) == 1
        clock.at += REST_FIRST
        assert await ask(replicas, 4) == [200] * 4
        bad.behave = fine
        clock.at += REST_FIRST
        await ask(replicas, 8)
        assert len(bad.asked) == 2 + 4
        await replicas.close()


async def test_all_that_wait_as_one_breaks_off_count_once() -> None:
    clock = Hand()
    breaking = asyncio.Event()

    async def later(asked: object, writer: asyncio.StreamWriter) -> None:
        await breaking.wait()
        writer.transport.abort()

    async with AsyncExitStack() as stack:
        bad = await stack.enter_async_context(raw(later))
        good = await stack.enter_async_context(raw(fine))
        replicas = replicas_at(good.url, bad.url, now=clock.now)
        waiting = [asyncio.create_task(ask(replicas)) for _ in range(12)]
        while len(bad.asked) < 6:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.005)
        breaking.set()
        await asyncio.gather(*waiting, return_exceptions=True)
        bad.behave = fine
        clock.at += REST_FIRST
        await ask(replicas, 4)
        assert len(bad.asked) == 6 + 2
        await replicas.close()


async def test_one_that_is_slow_until_its_caller_gives_up_rests_too() -> None:
    async def never(_asked: object, _writer: object) -> None:
        await asyncio.sleep(60)

    async with AsyncExitStack() as stack:
        slow = await stack.enter_async_context(raw(never))
        good = await stack.enter_async_context(raw(fine))
        replicas = replicas_at(good.url, slow.url, now=Hand().now)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await ask(replicas)
        assert await ask(replicas, 4) == [200] * 4
        assert len(slow.asked) == 1
        await replicas.close()


class TestNames:
    """A host name that stands for several addresses."""

    @pytest.fixture
    def found(self) -> list[str]:
        return ["127.0.0.1", "::1"]

    async def test_each_address_is_a_replica_and_the_name_is_looked_up_again(self, found: list[str]) -> None:
        clock, looks = Hand(), 0

        async def look_up(host: str, port: int) -> Collection[str]:
            nonlocal looks
            looks += 1
            assert host == "leads"
            if not found:
                raise OSError("the name service is away")
            return found * 2

        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(raw(fine))
            port = urlsplit(first.url).port
            assert port is not None
            second = Raw(fine)
            server = await asyncio.start_server(second.hold, "::1", port)
            replicas = Replicas((), Names([f"http://leads:{port}"], look_up, clock.now), clock.now)
            assert await ask(replicas, 6) == [200] * 6
            assert (len(first.asked), len(second.asked), looks) == (3, 3, 1)
            found.remove("::1")
            found.append("localhost")
            await self.look_again(replicas, clock)
            assert len(second.asked) <= 4
            asked = len(second.asked)
            found.clear()
            await self.look_again(replicas, clock)
            assert await ask(replicas, 4) == [200] * 4
            assert (len(second.asked), looks) == (asked, 3)
            assert len(second.open) == 1
            clock.at += LONGEST_CALL
            await self.look_again(replicas, clock)
            await asyncio.sleep(0.01)
            assert len(second.open) == 0
            await replicas.close()
            server.close()
            await second.close()
            await server.wait_closed()

    async def look_again(self, replicas: Replicas, clock: Hand) -> None:
        """Let the names grow stale; who asks next does not wait for them."""
        clock.at += LOOK_UP_EVERY
        await ask(replicas)
        await asyncio.sleep(0.02)

    async def test_a_name_with_one_address_is_asked_by_its_name(self) -> None:
        async def look_up(_host: str, _port: int) -> Collection[str]:
            return ["127.0.0.1"]

        async with raw(fine) as there:
            replicas = replicas_of(there.url.replace("127.0.0.1", "localhost"), look_up)
            assert await ask(replicas) == [200]
            assert str(there.asked[0].header("host")).startswith("localhost:")
            await replicas.close()

    async def test_a_name_that_nobody_knows_is_silence(self) -> None:
        async def look_up(_host: str, _port: int) -> Collection[str]:
            raise OSError("no such name")

        replicas = replicas_of("http://no-such-host.invalid:8000", look_up)
        with pytest.raises(PeerUnreached):
            await ask(replicas)
        await replicas.close()


@pytest.mark.parametrize(
    "given",
    [
        "",
        " , ",
        "leads:8000",
        "ftp://leads",
        "http://",
        "http://leads:99999999",
        "http://user:word@leads",
        "http://a/?b",
    ],
)
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(SettingsRefused, match="http://主机:端口"):
        replicas_of(given)


def test_a_missing_or_wrong_address_is_told_by_the_name_of_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LEADS", "INCENTIVES", "NOTIFY"):
        with pytest.raises(SettingsRefused, match=f"QUCE_{name}_URL：没有写"):
            services_of(GatewaySettings())
        monkeypatch.setenv(f"QUCE_{name}_URL", "leads")
        with pytest.raises(SettingsRefused, match=f"QUCE_{name}_URL：「leads」"):
            services_of(GatewaySettings())
        monkeypatch.setenv(f"QUCE_{name}_URL", "http://a:8000, http://b:8000")
    assert set(services_of(GatewaySettings())) == {"leads", "incentives", "notify"}


async def test_a_replica_that_is_stopped_and_started_again_costs_nobody_anything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replicas, "REST_FIRST", 0.02)
    over, answers, port = asyncio.Event(), list[int](), closed_port()
    asked = [0, 0]

    def counting(which: int) -> ASGIApp:
        async def answer(_scope: Scope, _receive: Receive, send: Send) -> None:
            asked[which] += 1
            await asyncio.sleep(0.002)
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"ok"})

        return answer

    async def caller(line: Line, number: int) -> None:
        while not over.is_set():
            made = call() if number % 2 else call("POST", key=f"{number}-{len(answers)}", body=b"{}")
            answers.append((await line.send(made, made.headers)).status)

    async with served(counting(0)) as steady, line_to(steady, f"http://127.0.0.1:{port}") as line:
        working = [asyncio.create_task(caller(line, number)) for number in range(8)]
        for turn in range(3):
            before = asked[1]
            async with served(counting(1), port=port):
                async with asyncio.timeout(2):
                    while asked[1] < before + 10:  # noqa: ASYNC110 - the server has no event for it
                        await asyncio.sleep(0.005)
            assert asked[1] >= (turn + 1) * 10
        over.set()
        await asyncio.gather(*working)
    assert set(answers) == {200}

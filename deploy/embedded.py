"""The embedded default: four apps, one process, one folder. The composition root of the whole suite."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from deploy.backup.making import Progress, back_up
from gateway.app import create_app as create_gateway
from gateway.seed import SignIn, seed_accounts
from gateway.set_up import SetUp
from kit.clock import Clock
from kit.peer import Peer
from kit.ports import Ports
from kit.settings import Settings
from kit.telemetry import configure_logging
from operating.opening import open_bus, open_clock, open_ports
from services.incentives.app import create_app as create_incentives
from services.leads.app import create_app as create_leads
from services.notify.app import create_app as create_notify

SERVICES: dict[str, Callable[[Ports], FastAPI]] = {
    "notify": create_notify,
    "incentives": create_incentives,
    "leads": create_leads,
}
"""In the order they start: who listens before who speaks."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
SWITCH_INTERVAL = 0.001
"""Seconds after which a busy worker thread lets the event loop run; Python's default of 5 ms stalls requests."""
COLLECT_AFTER = (10_000, 20, 50)
"""Python's default collects after 700 new objects, several times in one request beside busy background work."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The running suite: its edge, its services, the demo's sign-ins where this start made them.

    ``set_up_code`` lets who reads the console make an office's first administrator; None once there is one.
    """

    gateway: FastAPI
    services: dict[str, FastAPI]
    ports: dict[str, Ports]
    sign_ins: Sequence[SignIn]
    set_up_code: str | None


@asynccontextmanager
async def open_suite(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Suite]:
    """Start everything in this process, seed what the first start needs, stop everything at the end."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    clock = clock or open_clock(settings)
    async with AsyncExitStack() as stack:
        bus = open_bus(settings)
        stack.push_async_callback(bus.close)
        ports: dict[str, Ports] = {}
        for name in (*SERVICES, "gateway"):
            ports[name] = await open_ports(name, settings, bus, clock)
            stack.push_async_callback(ports[name].close)
        services = {name: create(ports[name]) for name, create in SERVICES.items()}
        peers = {name: Peer.in_process(app, name) for name, app in services.items()}
        gateway = create_gateway(ports["gateway"], peers, partial(_back_up, settings, clock))
        for app in (*services.values(), gateway):
            await stack.enter_async_context(app.router.lifespan_context(app))
        sign_ins = await seed_accounts(ports["gateway"], peers["notify"])
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        set_up: SetUp = gateway.state.set_up
        yield Suite(gateway, services, ports, sign_ins, set_up.code if await set_up.needed() else None)


def _back_up(settings: Settings, clock: Clock, target: Path, progress: Progress) -> int:
    return back_up(settings, target, clock.now, progress).size


class AddressBusy(RuntimeError):
    """Another program listens where we were to."""


async def serve(settings: Settings) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        AddressBusy: the port is taken.
    """
    configure_logging(settings.log_level)
    with _listen(settings) as listener:
        async with open_suite(settings) as suite:
            await _serve_on(listener, settings, suite)


async def _serve_on(listener: socket.socket, settings: Settings, suite: Suite) -> None:
    config = uvicorn.Config(
        suite.gateway,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    server = _Server(config)
    announcing = asyncio.create_task(_announce(server, settings, suite))
    await server.serve(sockets=[listener])
    announcing.cancel()


class _Server(uvicorn.Server):
    """Stops on a signal without raising it again, so that the suite around it stops cleanly too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ask the server to stop when a signal arrives."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)


def _listen(settings: Settings) -> socket.socket:
    """Take the port before anything starts, so that a taken one is said at once."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        raise AddressBusy(
            f"无法监听 {where}（{error.strerror}）。请停止占用它的程序，或用 QUCE_PORT 换一个端口。"
        ) from error
    return listener


async def _announce(server: uvicorn.Server, settings: Settings, suite: Suite) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    lines = [f"区策 Quce 已启动：http://{settings.host}:{settings.port}   （按 Ctrl-C 停止）"]
    if suite.set_up_code:
        lines.append(f"还没有管理员。请打开 {settings.link_base}/setup ，填写初始化代码：{suite.set_up_code}")
    if suite.sign_ins:
        lines.append("登录账号（只显示这一次，请抄下来）：")
        lines += [f"  {each.account:<16} {each.password:<22} {each.describe()}" for each in suite.sign_ins]
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()

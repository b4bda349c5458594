"""The embedded default: four apps, one process, one folder. The composition root of the whole suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from deploy.backup.making import Progress, back_up
from deploy.serving import listening, serve_on, set_up_line, sign_in_lines, tune
from deploy.tracing import tracing
from gateway.app import create_app as create_gateway
from gateway.peer import Peer
from gateway.seed import SignIn, seed_accounts
from gateway.set_up import SetUp
from kit.clock import Clock
from kit.ports import Ports
from kit.settings import Settings
from operating.logs import configure_logging
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
        tune()
        set_up: SetUp = gateway.state.set_up
        yield Suite(gateway, services, ports, sign_ins, set_up.code if await set_up.needed() else None)


def _back_up(settings: Settings, clock: Clock, target: Path, progress: Progress) -> int:
    return back_up(settings, target, clock.now, progress).size


async def serve(settings: Settings) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Raises:
        AddressBusy: the port is taken.
        SettingsRefused: spans cannot be sent as the settings say.
    """
    configure_logging(settings.log_level)
    with listening(settings) as listener:
        async with tracing(settings), open_suite(settings) as suite:
            await serve_on(listener, suite.gateway, _lines(settings, suite))


def _lines(settings: Settings, suite: Suite) -> Sequence[str]:
    lines = [f"区策 Quce 已启动：http://{settings.host}:{settings.port}   （按 Ctrl-C 停止）"]
    if suite.set_up_code:
        lines.append(set_up_line(settings, suite.set_up_code))
    return lines + sign_in_lines(suite.sign_ins)

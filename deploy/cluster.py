"""One service as a process of its own: on MongoDB and Kafka, beside any number of replicas of itself."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import Literal

from fastapi import FastAPI

from deploy import topics
from deploy.embedded import SERVICES
from deploy.serving import listening, say, serve_on, set_up_line, sign_in_lines, tune
from deploy.tracing import tracing
from gateway.app import create_app as create_gateway
from gateway.replicas import services_of
from gateway.seed import seed_accounts
from gateway.settings import GatewaySettings
from kit.bus.port import Bus
from kit.clock import Clock
from kit.errors import LogInRefused, Problem, Unavailable
from kit.ports import Ports
from kit.settings import Settings, SettingsRefused
from operating.ending import end
from operating.ids import random_id
from operating.leading import LeaseLost, under_lease
from operating.logs import configure_logging
from operating.opening import open_bus, open_clock, open_ports

log = logging.getLogger(__name__)

Name = Literal["leads", "incentives", "notify", "gateway"]
PATIENCE, PAUSE = 120.0, 2.0
"""Seconds that a process waits for its database when it starts, and between two tries."""
ENDING = 12.0
"""Seconds after the last answer in which consumers commit and the relay flushes; then the process ends anyway."""
SEEDING = timedelta(seconds=30)
ALONE = "sqlite:"
EMBEDDED = Settings.model_fields["replica"].default


async def serve(name: Name, settings: Settings) -> None:
    """Serve ``name`` until Ctrl-C or SIGTERM, at most 25 seconds after it.

    Raises:
        AddressBusy: the port is taken.
        SettingsRefused: the settings are those of one process, or an address is missing.
        CommandFailed: the brokers lack topics.
        Unavailable: the database refuses the log-in, or did not answer for two minutes.
    """
    configure_logging(settings.log_level)
    settings = named(checked(name, settings))
    with listening(settings) as listener:
        stack = AsyncExitStack()
        try:
            await stack.enter_async_context(tracing(settings))
            app = await stack.enter_async_context(open_service(name, settings))
            lines = [f"区策 {name} 已启动：http://{settings.host}:{settings.port}"]
            await serve_on(listener, app, lines, behind_proxy=name == "gateway")
        finally:
            await _end(stack)


@asynccontextmanager
async def open_service(name: Name, settings: Settings) -> AsyncIterator[FastAPI]:
    """The running app of one service on its ports."""
    clock = open_clock(settings)
    async with AsyncExitStack() as stack:
        await topics.check(settings)
        bus = open_bus(settings)
        stack.push_async_callback(bus.close)
        ports = await _reached(name, settings, bus, clock)
        stack.push_async_callback(ports.close)
        app = create_gateway(ports, services_of(GatewaySettings())) if name == "gateway" else SERVICES[name](ports)
        await stack.enter_async_context(app.router.lifespan_context(app))
        if name == "gateway":
            stack.push_async_callback(end, asyncio.create_task(_first_accounts(app, ports)))
        tune()
        yield app


def checked(name: Name, settings: Settings) -> Settings:
    """The settings, if they are those of a cluster.

    Raises:
        SettingsRefused: they are not.
    """
    for setting, url in (("QUCE_STORE_URL", settings.store_url), ("QUCE_BUS_URL", settings.bus_url)):
        if url.startswith(ALONE):
            raise SettingsRefused(
                f"{setting}：分开运行各个服务需要 MongoDB 和 Kafka，请设为它们的地址；只用一台机器时请执行 quce serve。"
            )
    if name == "gateway":
        services_of(GatewaySettings())
    return settings


def named(settings: Settings) -> Settings:
    """The settings under a name that no other replica has, unless the operator gave one: leases go by it."""
    if settings.replica != EMBEDDED:
        return settings
    own = f"{socket.gethostname()}-{os.getpid()}-{random_id()[:8]}"
    return settings.model_copy(update={"replica": own})


async def _reached(name: Name, settings: Settings, bus: Bus, clock: Clock) -> Ports:
    """The ports, once the database answers; a process that began before it waits for it.

    Raises:
        Unavailable: it refuses the log-in, or does not answer for two minutes.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return await open_ports(name, settings, bus, clock)
        except LogInRefused:
            raise
        except Unavailable as away:
            if time.monotonic() > deadline:
                waited = f"等了 {PATIENCE:.0f} 秒，数据库一直没有回应，{name} 没有启动"
                raise Unavailable(f"{waited}：请核对 QUCE_STORE_URL，确认数据库在运行，再启动。") from away
            log.warning("%s waits for its database (QUCE_STORE_URL): %s", name, away.title)
            await asyncio.sleep(PAUSE)


def _edge(ports: Ports) -> FastAPI:
    return create_gateway(ports, services_of(GatewaySettings()))


async def _first_accounts(app: FastAPI, ports: Ports) -> None:
    """Make the demo's accounts once notify answers; one replica does, and says the passwords on its console."""
    notify = services_of(GatewaySettings())["notify"]

    async def seed() -> None:
        if lines := sign_in_lines(await seed_accounts(ports, notify)):
            say(lines)

    while True:
        with suppress(Problem, LeaseLost):
            if await under_lease(ports.leases, "gateway-seed", ports.settings.replica, SEEDING, seed):
                break
        await asyncio.sleep(PAUSE)
    await notify.close()
    if await app.state.set_up.needed():
        say([set_up_line(ports.settings, app.state.set_up.code)])


async def _end(stack: AsyncExitStack) -> None:
    try:
        async with asyncio.timeout(ENDING):
            await stack.aclose()
    except TimeoutError:
        log.warning("what was under way is left to the next process: events that were not committed come again")

"""Notify and the gateway of a cluster in this process, as ``deploy/cluster.py`` opens them, and their command line."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from typer.testing import CliRunner

from deploy.brokers.servers import free_port
from deploy.cli import app as cli
from gateway.app import create_app as create_gateway
from gateway.peer import Peer
from gateway.seed import seed_accounts
from kit.clock import SystemClock
from kit.ports import Ports
from kit.settings import Settings
from kit.store.port import Clause, Eq, Record, Scope
from operating.measuring import Measuring
from operating.opening import open_bus, open_ports
from operating.parking import OPERATORS, PARKED
from operating.service import Service
from services.notify.app import create_app as create_notify

NOBODY = "http://127.0.0.1:9"
_OPERATORS = Scope.of({OPERATORS})


@dataclass
class Installation:
    """A running one."""

    settings: Settings
    ports: Mapping[str, Ports]
    service: Service
    env: Mapping[str, str]

    async def parked(self, group: str) -> dict[str, Record]:
        """What notify keeps of a group, by its place."""
        where: list[Clause] = [Eq("group", group)]
        found = [each async for each in self.ports["notify"].store.scan(PARKED.name, _OPERATORS, where)]
        return {f"{each.body['topic']} {each.body['place']}": each for each in found}

    async def settled(self) -> bool:
        """Whether notify has read everything."""
        groups = [await self.ports["notify"].bus.positions(each.name, each.topics) for each in self.service.groups]
        return all(position.lag == 0 for positions in groups for position in positions)

    async def measure(self) -> None:
        """What ``/metrics`` shows by itself some seconds later."""
        await Measuring(self.ports["notify"], self.service.consumers).measure()

    async def refused(self, *words: str) -> str:
        """What ``quce dlq …`` complains of."""
        done = await asyncio.to_thread(CliRunner().invoke, cli, ["dlq", *words], env=self.env)
        assert done.exit_code == 1
        return done.stderr

    async def dlq(self, *words: str) -> Any:
        """What ``quce dlq …`` prints."""
        done = await asyncio.to_thread(CliRunner().invoke, cli, ["dlq", *words, "--json"], env=self.env)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)


@asynccontextmanager
async def installed(data: Path, bus_url: str, store_url: str) -> AsyncIterator[Installation]:
    """Start both; stopping and starting again is a restart."""
    settings = Settings(data=data, bus_url=bus_url, store_url=store_url, port=free_port(), kafka_session_seconds=6)
    clock = SystemClock()
    async with AsyncExitStack() as stack:
        bus = open_bus(settings)
        stack.push_async_callback(bus.close)
        ports = {name: await open_ports(name, settings, bus, clock) for name in ("notify", "gateway")}
        for each in ports.values():
            stack.push_async_callback(each.close)
        notify = create_notify(ports["notify"])
        peers = {"notify": Peer.in_process(notify, "notify")}
        peers |= {name: Peer.at(NOBODY) for name in ("leads", "incentives")}
        gateway = create_gateway(ports["gateway"], peers)
        for app in (notify, gateway):
            await stack.enter_async_context(app.router.lifespan_context(app))
        await seed_accounts(ports["gateway"], peers["notify"])
        await stack.enter_async_context(_serving(gateway, settings.port))
        env = {"QUCE_DATA": str(data), "QUCE_GATEWAY_URL": f"http://127.0.0.1:{settings.port}"}
        yield Installation(settings, ports, notify.state.service, env)


@asynccontextmanager
async def _serving(app: Any, port: int) -> AsyncIterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_config=None, access_log=False))
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
                await asyncio.sleep(0.02)
        yield
    finally:
        server.should_exit = True
        await task

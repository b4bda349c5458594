"""The incentives service as an app: its routes, and what runs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from contracts.catalogue import topic_of
from contracts.incentives import IncentivesAudited, IncentivesEventDied
from kit.ports import Ports
from kit.web import create_app as create_base
from operating.routes import mount
from operating.service import Service
from services.incentives import authoring_routes, consumers, jobs, routes
from services.incentives.commands.seeding import seed_policies
from services.incentives.following import Following
from services.incentives.repository import COLLECTIONS, CodeTables, Library
from services.incentives.settings import SERVICE


def create_app(ports: Ports) -> FastAPI:
    """The app of this service on these ports."""
    library, tables = Library(ports), CodeTables(ports)

    async def before() -> None:
        await seed_policies(ports)
        await library.start()
        await tables.start()

    following = Following(ports, library, tables)
    service = Service(
        ports,
        topic_of(SERVICE),
        COLLECTIONS,
        groups=consumers.groups(ports, library),
        schedules=jobs.schedules(ports),
        before=before,
        background=(following,),
        died=IncentivesEventDied,
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = create_base(name=SERVICE, title="惠企政策服务", ports=ports, lifespan=lifespan)
    app.state.service, app.state.following = service, following
    app.state.library, app.state.tables = library, tables
    app.include_router(routes.router)
    app.include_router(authoring_routes.router)
    mount(app, service, IncentivesAudited)
    return app

"""The leads service as an app: its routes, and what runs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from contracts.catalogue import topic_of
from kit.ports import Ports
from kit.service import Service
from kit.web import JSON_LIMIT
from kit.web import create_app as create_base
from services.leads import bench_routes, consumers, jobs, routes
from services.leads.export_routes import router as export_router
from services.leads.exports import Exporter
from services.leads.import_routes import UPLOAD_LIMIT
from services.leads.import_routes import router as import_router
from services.leads.imports import Importer
from services.leads.repository import COLLECTIONS


def create_app(ports: Ports) -> FastAPI:
    """The app of this service on these ports."""
    importer, exporter = Importer(ports), Exporter(ports)
    service = Service(
        ports,
        topic_of("leads"),
        COLLECTIONS,
        groups=consumers.groups(ports),
        schedules=jobs.schedules(ports),
        background=(importer, exporter),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = create_base(
        name="leads",
        title="线索服务",
        ports=ports,
        lifespan=lifespan,
        body_limit=lambda path: UPLOAD_LIMIT if path == "/imports" else JSON_LIMIT,
    )
    app.state.importer, app.state.exporter = importer, exporter
    app.state.service = service
    app.include_router(import_router)
    app.include_router(export_router)
    app.include_router(routes.router)
    if ports.settings.bench:
        app.include_router(bench_routes.router)
    return app

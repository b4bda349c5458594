"""The leads service as an app: its routes, and what runs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from contracts.catalogue import topic_of
from contracts.leads import LeadsAudited, LeadsEventDied
from kit.ports import Ports
from kit.web import JSON_LIMIT
from kit.web import create_app as create_base
from operating.routes import mount
from operating.service import Service
from services.leads import bench_routes, consumers, enquiry_steps, exports, imports, jobs, routes
from services.leads.contact_routes import router as contact_router
from services.leads.enquiry_routes import router as enquiry_router
from services.leads.export_routes import router as export_router
from services.leads.import_routes import UPLOAD_LIMIT
from services.leads.import_routes import router as import_router
from services.leads.portal_routes import router as portal_router
from services.leads.repository import COLLECTIONS
from services.leads.worker import Worker


def create_app(ports: Ports) -> FastAPI:
    """The app of this service on these ports."""
    importer = Worker(ports, "imports", partial(imports.run_imports, ports))
    exporter = Worker(ports, "exports", partial(exports.run_exports, ports))
    enquirer = Worker(ports, "enquiries", partial(enquiry_steps.sweep, ports))
    service = Service(
        ports,
        topic_of("leads"),
        COLLECTIONS,
        groups=consumers.groups(ports),
        schedules=jobs.schedules(ports),
        background=(importer, exporter, enquirer),
        died=LeadsEventDied,
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
    app.state.importer, app.state.exporter, app.state.enquirer = importer, exporter, enquirer
    app.state.service = service
    app.include_router(import_router)
    app.include_router(export_router)
    app.include_router(routes.router)
    app.include_router(enquiry_router)
    app.include_router(portal_router)
    mount(app, service, LeadsAudited)
    app.include_router(contact_router)
    if ports.settings.bench:
        app.include_router(bench_routes.router)
    return app

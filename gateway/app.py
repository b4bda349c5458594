"""The edge as an app: its own API, the way to the services, the pages, and what guards them all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from fastapi import Depends, FastAPI, Request
from starlette.responses import FileResponse, HTMLResponse, Response

from contracts.catalogue import topic_of
from contracts.gateway import GatewayAudited, GatewayEventDied
from gateway import backups, pages, repository
from gateway.account_book import AccountBook
from gateway.accounts import Accounts
from gateway.audit import keeping
from gateway.audit.keeping import Keeper
from gateway.audit.log import AuditLog
from gateway.audit.routes import router as audit_router
from gateway.backup_routes import router as backup_router
from gateway.backups import BACKUPS, Backups
from gateway.directory import Directory
from gateway.docs import docs_page
from gateway.forgery import check_form
from gateway.headers import SecurityHeaders
from gateway.invitations import Invitations
from gateway.limits import LockOut
from gateway.own_routes import router as own_router
from gateway.password_changes import PasswordChanges
from gateway.passwords import Passwords
from gateway.peer import Peer
from gateway.proxy import ProxyRoute
from gateway.recipients import Recipients
from gateway.replicas import Replicas
from gateway.repository import Repository
from gateway.routes import router
from gateway.routing import Table, body_limit
from gateway.session import Sessions
from gateway.set_up import SetUp
from gateway.settings import SERVICE
from gateway.signing_in import SigningIn
from gateway.tokens import Tokens
from gateway.upstream import Upstream
from kit.ports import Ports
from kit.web import create_app as create_base
from operating.jobs import Schedule, every
from operating.routes import mount
from operating.service import Service

OPENAPI = Path(__file__).resolve().parent.parent / "contracts" / "openapi.json"


def create_app(
    ports: Ports, peers: Mapping[str, Peer | Replicas], make_backup: backups.Make = backups.unavailable
) -> FastAPI:
    """The app of the edge on these ports; ``peers`` are the services by name."""
    kept, passwords, acts = Repository(ports), Passwords(), AuditLog(ports)
    itself = create_base(name=SERVICE, title="网关", ports=ports)
    upstream = Upstream(ports, {**peers, SERVICE: Peer.in_process(itself, SERVICE)}, Table(bench=ports.settings.bench))
    keeper, backing_up = Keeper(ports, acts), Backups(ports, make_backup)
    service = Service(
        ports,
        topic_of(SERVICE),
        (*repository.COLLECTIONS, BACKUPS, *keeping.COLLECTIONS),
        groups=(keeper.group,),
        schedules=(_purge(kept, ports), keeper.schedule, *backing_up.schedules()),
        before=keeper.begin,
        background=(backing_up,),
        died=GatewayEventDied,
        measures=(keeper.measure,),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield
        await upstream.close()
        passwords.close()

    app = create_base(name=SERVICE, title="区策", ports=ports, lifespan=lifespan, body_limit=body_limit)
    app.state.service, app.state.itself = service, itself
    app.state.repository, app.state.upstream = kept, upstream
    app.state.backups, app.state.audit_log, app.state.audit_keeper = backing_up, acts, keeper
    sessions = _people(app, ports, kept, passwords, upstream)
    app.add_middleware(SecurityHeaders, public_url=ports.settings.public_url)
    app.router.routes.insert(0, ProxyRoute(ports, sessions, upstream))
    for part in (router, own_router, backup_router, audit_router):
        app.include_router(part)
    mount(itself, service, GatewayAudited)
    _add_documents(app)
    app.include_router(pages.router, dependencies=[Depends(check_form)])
    return app


def _people(app: FastAPI, ports: Ports, kept: Repository, passwords: Passwords, upstream: Upstream) -> Sessions:
    """What is done with accounts, and by people with their own; gives the sessions."""
    sessions, locks = Sessions(ports, kept), LockOut(ports, kept)
    book = AccountBook(ports, kept, Recipients(upstream))
    accounts = Accounts(ports, book, passwords)
    app.state.sessions, app.state.signing_in = sessions, SigningIn(ports, kept, passwords, locks)
    app.state.accounts, app.state.set_up = accounts, SetUp(ports, kept, accounts)
    app.state.invitations = Invitations(ports, kept, book, passwords)
    app.state.password_changes = PasswordChanges(ports, book, passwords, sessions, locks)
    app.state.directory, app.state.tokens = Directory(kept), Tokens(ports, kept)
    return sessions


def _purge(kept: Repository, ports: Ports) -> Schedule:
    async def run(_slot: datetime) -> None:
        await kept.purge(ports.clock.now())

    return Schedule("purge", every(timedelta(hours=1)), run)


def _add_documents(app: FastAPI) -> None:
    async def document() -> Response:
        return FileResponse(OPENAPI, media_type="application/json")

    async def docs(request: Request) -> Response:
        return HTMLResponse(docs_page(orjson.loads(OPENAPI.read_bytes()), request.state.csp_nonce))

    routes: tuple[tuple[str, Callable[..., Awaitable[Response]]], ...] = (
        ("/api/openapi.json", document),
        ("/api/docs", docs),
    )
    for path, endpoint in routes:
        app.add_api_route(path, endpoint, methods=["GET"], include_in_schema=False)

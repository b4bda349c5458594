"""The notify service as an app: its routes, and what runs beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from contracts.catalogue import topic_of
from contracts.notify import NotifyAudited, NotifyEventDied
from kit.ports import Ports
from kit.web import create_app as create_base
from operating.routes import mount
from operating.service import Service
from services.notify import consumers, jobs, settings
from services.notify.channels.email import Email, transport_for
from services.notify.channels.inapp import InApp
from services.notify.channels.port import Channel
from services.notify.channels.webhook import webhook_for
from services.notify.commands.closing import WeekClosing
from services.notify.commands.digests import DigestDesk
from services.notify.commands.sending import Sender
from services.notify.commands.telling import Teller
from services.notify.measures import Overdue
from services.notify.projections.keeping import Projections
from services.notify.repository.collections import ALL
from services.notify.routes import router


def create_app(ports: Ports) -> FastAPI:
    """The app of this service on these ports."""
    sender = Sender(ports, _channels(ports))
    teller = Teller(ports, sender)
    closing = WeekClosing(ports, DigestDesk(ports, teller))
    service = Service(
        ports,
        topic_of(settings.SERVICE),
        ALL,
        groups=(consumers.projections_group(Projections(ports.store)), consumers.deliveries_group(teller)),
        schedules=jobs.schedules(closing),
        background=(sender,),
        died=NotifyEventDied,
        measures=(Overdue(ports).measure,),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = create_base(name=settings.SERVICE, title="通知服务", ports=ports, lifespan=lifespan)
    app.state.service, app.state.closing, app.state.sender, app.state.teller = service, closing, sender, teller
    app.include_router(router)
    mount(app, service, NotifyAudited)
    return app


def _channels(ports: Ports) -> list[Channel]:
    """The ways to reach people that this installation has."""
    chosen = ports.settings
    transport = transport_for(chosen.smtp_url, chosen.data / "mail")
    channels: list[Channel] = [InApp(ports.store), Email(transport, chosen.mail_from, chosen.link_base)]
    if (hook := webhook_for(chosen, ports.clock)) is not None:
        channels.append(hook)
    return channels

"""Routes without work, present only under ``QUCE_BENCH``: what a request costs before any service does anything."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends

from kit.web import Answer, require
from operating.idempotency import idempotency_key
from services.leads.routes import OFFICERS, READERS
from services.leads.schemas import LeadInput

router = APIRouter(prefix="/bench", include_in_schema=False)


class Empty(Answer):
    """Nothing but that it was reached."""

    ok: bool


@router.get("/empty", dependencies=[Depends(require(*READERS))])
async def empty_get() -> Empty:
    """A read of nothing."""
    return Empty(ok=True)


@router.post("/empty", status_code=201, dependencies=[Depends(require(*OFFICERS)), Depends(idempotency_key)])
async def empty_post(lead: Annotated[LeadInput, Body()]) -> Empty:
    """A registration that stores nothing."""
    return Empty(ok=bool(lead.title))

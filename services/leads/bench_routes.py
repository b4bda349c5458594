"""Routes without work, present only under ``QUCE_BENCH``: what a request costs before any service does anything."""

from __future__ import annotations

from fastapi import APIRouter

from kit.web import Answer, IdempotencyKey
from services.leads.routes import Officer, Reader
from services.leads.schemas import LeadInput

router = APIRouter(prefix="/bench", include_in_schema=False)


class Empty(Answer):
    """Nothing but that it was reached."""

    ok: bool


@router.get("/empty")
async def empty_get(reader: Reader) -> Empty:
    """A read of nothing."""
    return Empty(ok=True)


@router.post("/empty", status_code=201)
async def empty_post(body: LeadInput, key: IdempotencyKey, officer: Officer) -> Empty:
    """A registration that stores nothing."""
    return Empty(ok=True)



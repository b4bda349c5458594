"""Reads what a digest is made of, and composes it off the event loop: an office's leads may be many."""

from __future__ import annotations

import asyncio

from kit.store.port import Scope, Store
from services.notify.digest.document import Composed, Previous, compose, stored_values
from services.notify.digest.rows import Sources
from services.notify.digest.window import Window
from services.notify.repository.digests import Digests
from services.notify.repository.projections import import_lines, lead_lines


async def read_sources(store: Store, scope: Scope) -> Sources:
    """Everything ``scope`` may see."""
    return Sources(await lead_lines(store, scope), await import_lines(store, scope))


async def compose_digest(sources: Sources, window: Window, previous: Previous | None) -> Composed:
    """The digest of a week, composed in a worker thread."""
    return await asyncio.to_thread(compose, sources, window, previous)


async def previous_values(digests: Digests, manager: str, readers: frozenset[str], window: Window) -> Previous | None:
    """What last week's digest said; None where there is none of the same zones."""
    frozen = await digests.get(manager, window.week.previous)
    if frozen is None or frozen.body["readers"] != sorted(readers):
        return None
    return stored_values(frozen.body["sections"])

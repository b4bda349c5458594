"""A policy as a file: what is published in its canonical text, a draft as its author wrote it."""

from __future__ import annotations

from services.incentives.errors import PolicyNotFound
from services.incentives.policy_text import formatted
from services.incentives.queries import catalogue
from services.incentives.queries.shelf import Shelf
from services.incentives.repository import POLICIES


async def policy_text(shelf: Shelf, id: str, *, version: int | None, draft: bool) -> str:
    """The text of a version, of what counts now, or of the draft; of the draft also where nothing was published.

    Raises:
        PolicyNotFound: there is none of these, or the reader may not see it.
    """
    if version is not None and not draft:
        return formatted((await catalogue.version(shelf, id, version)).document)
    found = await catalogue.policy(shelf, id)
    if found.version and not draft:
        return formatted(found.document)
    record = await shelf.ports.store.get(POLICIES.name, shelf.scope, id)
    if found.draft is None or record is None or record.body["draft"] is None:
        raise PolicyNotFound("这项政策没有草稿；已发布的请不带 draft 下载。")
    return record.body["draft"].get("text") or formatted(found.draft.document)

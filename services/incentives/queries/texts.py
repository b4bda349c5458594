"""A policy as a file: what is published in its canonical text, a draft as its author wrote it."""

from __future__ import annotations

from typing import Any

from services.incentives.errors import PolicyNotFound
from services.incentives.policy import stored_policy
from services.incentives.policy_text import formatted
from services.incentives.queries import catalogue
from services.incentives.queries.shelf import Shelf


async def policy_text(shelf: Shelf, id: str, *, version: int | None, draft: bool) -> str:
    """The text of a version, of what counts now, or of the draft; of the draft also where nothing was published.

    Raises:
        PolicyNotFound: there is none of these, or the reader may not see it.
    """
    if version is not None and not draft:
        return formatted((await catalogue.version(shelf, id, version)).document)
    found = await catalogue.seen(shelf, id)
    if found.record.body["version"] and not draft:
        return formatted(shelf.without_hidden(found.policy))
    content: dict[str, Any] | None = found.record.body["draft"] if shelf.author else None
    if content is None:
        raise PolicyNotFound("这项政策没有草稿；已发布的请不带 draft 下载。")
    return content.get("text") or formatted(stored_policy(content["document"], id))

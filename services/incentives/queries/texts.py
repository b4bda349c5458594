"""A policy as a file: what is published in its canonical text, a draft as its author wrote it."""

from __future__ import annotations

from datetime import date

from kit.auth import Principal
from kit.ports import Ports
from services.incentives.errors import PolicyNotFound
from services.incentives.policy_text import formatted
from services.incentives.queries import catalogue
from services.incentives.repository import POLICIES, scope_of_author


async def policy_text(
    ports: Ports, principal: Principal, id: str, day: date, *, version: int | None, draft: bool
) -> str:
    """The text of a version, of what counts now, or of the draft; of the draft also where nothing was published.

    Raises:
        PolicyNotFound: there is none of these, or the reader may not see it.
    """
    if version is not None and not draft:
        return formatted((await catalogue.version(ports, principal, id, version)).document)
    found = await catalogue.policy(ports, principal, id, day)
    if found.version and not draft:
        return formatted(found.document)
    record = await ports.store.get(POLICIES.name, scope_of_author(principal), id)
    if found.draft is None or record is None or record.body["draft"] is None:
        raise PolicyNotFound("这项政策没有草稿；已发布的请不带 draft 下载。")
    return record.body["draft"].get("text") or formatted(found.draft.document)

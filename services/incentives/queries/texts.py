"""A policy as a file: what is published in its canonical text, a draft as its author wrote it."""

from __future__ import annotations

from typing import Any

from kit.auth import Principal
from kit.ports import Ports
from services.incentives.errors import PolicyNotFound
from services.incentives.policy import stored_policy
from services.incentives.policy_text import formatted
from services.incentives.queries import catalogue


async def policy_text(ports: Ports, principal: Principal, id: str, *, version: int | None, draft: bool) -> str:
    """The text of a version, of what counts now, or of the draft; of the draft also where nothing was published.

    Raises:
        PolicyNotFound: there is none of these, or the reader may not see it.
    """
    if version is not None and not draft:
        return formatted((await catalogue.version(ports, principal, id, version)).document)
    body = await catalogue.body(ports, principal, id)
    if body["version"] and not draft:
        return formatted(stored_policy(body["document"], id))
    content: dict[str, Any] | None = body["draft"] if principal.role in catalogue.AUTHORS else None
    if content is None:
        raise PolicyNotFound("这项政策没有草稿；已发布的请不带 draft 下载。")
    return content.get("text") or formatted(stored_policy(content["document"], id))

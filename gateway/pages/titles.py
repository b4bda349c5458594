"""English titles of policies, for answers that carry the Chinese ones only."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.pages.api import Refused
from gateway.pages.visit import Visit

MOST = 200
PAGES = 10


async def titles_for(visit: Visit) -> Mapping[str, str]:
    """Policy id to English title; nothing for who reads Chinese, or where the catalogue gives no answer."""
    if visit.language == "zh":
        return {}
    titles: dict[str, str] = {}
    cursor = None
    try:
        for _ in range(PAGES):
            page = await visit.api.get("/policies", limit=MOST, cursor=cursor)
            titles.update({item["id"]: item["title_en"] for item in page["items"] if item["title_en"]})
            cursor = page["next"]
            if cursor is None:
                break
    except Refused:
        return titles
    return titles

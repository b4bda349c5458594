"""The industry codes that a picker offers, and what a person typed into it."""

from __future__ import annotations

from typing import Any

from contracts.vocabulary.industry import suggest_codes
from gateway.pages.api import Refused
from gateway.pages.forms import fact_input
from gateway.pages.visit import Visit
from contracts.vocabulary.facts import FACTS

MOST = 200
PAGES = 10


async def industries(visit: Visit) -> list[dict[str, Any]]:
    """Codes with names; none where the catalogue gives no answer, since a code can be typed all the same."""
    found: list[dict[str, Any]] = []
    cursor = None
    try:
        for _ in range(PAGES):
            page = await visit.api.get("/industry-codes", limit=MOST, cursor=cursor)
            found += page["items"]
            cursor = page.get("next")
            if cursor is None:
                break
    except Refused:
        return found
    return found


def code_of(text: str, known: list[dict[str, Any]]) -> str:
    """The code a person meant: its digits, its name, or the usual one of a 产业链; the text itself otherwise."""
    plain = text.strip()
    code = str(fact_input(FACTS["industry_code"], plain))
    if not plain or code != plain:
        return code
    named = [each["code"] for each in known if each["name"] == plain]
    part = [each["code"] for each in known if plain in each["name"]]
    return next(iter((*named, *suggest_codes(plain), *sorted(part, key=len, reverse=True))), plain)

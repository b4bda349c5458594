"""The industry codes that a picker offers, their names, and what a person typed into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.industry import suggest_codes
from gateway.pages.api import Refused
from gateway.pages.forms import fact_input
from gateway.pages.visit import Visit

Codes = list[dict[str, Any]]

PAGES = 20
KEPT_SECONDS = 60
"""A table is loaded once a year; a minute's delay until it shows hurts nobody."""


async def industries(visit: Visit) -> Codes:
    """Codes with names; none where the catalogue gives no answer, since a code can be typed all the same."""
    kept: tuple[float, Codes] | None = getattr(visit.request.app.state, "industry_codes", None)
    now = visit.f.now.timestamp()
    if kept is not None and kept[0] <= now < kept[0] + KEPT_SECONDS:
        return kept[1]
    try:
        codes = await visit.api.every("/industry-codes", PAGES)
    except Refused:
        return kept[1] if kept else []
    visit.request.app.state.industry_codes = (now, codes)
    return codes


async def name_industries(visit: Visit) -> None:
    """Let this visit show codes with their names."""
    names = {each["code"]: each["name"] for each in await industries(visit)}
    visit.f = replace(visit.f, industries=names)


def code_of(text: str, known: Codes) -> str:
    """The code a person meant: its digits, its name, or the usual one of a 产业链; the text itself otherwise."""
    plain = text.strip()
    code = str(fact_input(FACTS["industry_code"], plain))
    if not plain or code != plain:
        return code
    named = [each["code"] for each in known if each["name"] == plain]
    part = [each["code"] for each in known if plain in each["name"]]
    return next(iter((*named, *suggest_codes(plain), *sorted(part, key=len, reverse=True))), plain)

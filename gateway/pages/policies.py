"""The policy library and each policy as a readable page; each zone with what it stands for. Open to everybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.policy_words import INSTRUMENTS, STANDINGS
from contracts.vocabulary.zones import ZONES
from gateway.pages import policy_steps
from gateway.pages.api import Refused
from gateway.pages.labels import scope_name
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting, nothing_wrong

router = APIRouter(route_class=PageRoute)

NAMES = ("zone", "standing", "instrument", "q", "cursor")
SHOWN = 120
DRAFT_PAGES = 50
AUTHORS = ("policy_editor", "reviewer", "administrator")
"""Who sees the checks of drafts."""


@router.get("/policies")
async def library(request: Request, visit: Visiting) -> Response:
    """The list, filtered by its address."""
    given = {name: request.query_params[name] for name in NAMES if request.query_params.get(name, "").strip()}
    found = await visit.api.get("/policies", **given, limit=SHOWN)
    items = sorted(found["items"], key=lambda item: item["standing"] == "historical")
    following = _url(given | {"cursor": found["next"]}) if found.get("next") else ""
    return visit.page(
        "policies.html", items=items, chips=_chips(visit, given), given=given, next_url=following,
        standings=sorted({item["standing"] for item in items}), narrowed=bool(given.keys() - {"cursor"}),
        others={name: value for name, value in given.items() if name not in ("q", "cursor")},
        drafts=await _drafts(visit) if visit.role in AUTHORS and not given else None,
    )  # fmt: skip


@router.get("/policies/{id}")
async def policy_page(id: str, visit: Visiting, saved: str = "") -> Response:
    """One policy: who, how much, on which conditions, from which source; to authors also how far its draft has come."""
    return await shown(visit, id, saved=saved)


async def shown(
    visit: Visit, id: str, refused: Refused | None = None, kept: Mapping[str, Any] | None = None, saved: str = ""
) -> Response:
    """The page of a policy, with what was typed on it and refused, or what was just ``saved``."""
    found = await visit.api.get(f"/policies/{id}")
    context: dict[str, Any] = {"checks": None}
    if visit.role in AUTHORS:
        checks = await visit.api.get(f"/policies/{id}/checks")
        turn = policy_steps.turn(visit, found, checks) if found["draft"] is not None else None
        context = {"checks": checks, "steps": policy_steps.steps(visit, found, checks), "turn": turn, "saved": saved}
    return visit.page(
        "policy.html", refused.status if refused else 200, found=found, policy=found["document"],
        scope=scope_name(visit.f, found["scope"]), refused=refused, kept=kept or {},
        wrong=refused.wrong if refused else nothing_wrong, withdrawable=_withdrawable(visit, found), **context,
    )  # fmt: skip


def _withdrawable(visit: Visit, found: Mapping[str, Any]) -> bool:
    return visit.may("/policies/{id}/withdraw") and found["version"] > 0 and found["status"] != "withdrawn"


async def _drafts(visit: Visit) -> Mapping[str, Any]:
    """All drafts under way: those that wait for who looks, and the others."""
    mine, others = policy_steps.waiting(visit, await visit.api.every("/policies", DRAFT_PAGES, has_draft=True))
    return {"mine": mine, "others": others}


@router.get("/zones/{id}")
async def zone_page(id: str, visit: Visiting) -> Response:
    """One zone: its positioning, lead industries, advantages and policies."""
    zone = await visit.api.get(f"/zones/{id}")
    policies = await visit.api.get("/policies", zone=id, limit=SHOWN)
    standings = sorted({item["standing"] for item in policies["items"]})
    items = sorted(policies["items"], key=lambda item: item["standing"] == "historical")
    return visit.page("zone.html", zone=zone, policies=items, standings=standings)


def _chips(visit: Visit, given: Mapping[str, str]) -> list[Mapping[str, Any]]:
    f, say = visit.f, visit.say
    tables = [
        ("zone", "适用区", {id: f.zone(id) for id in ZONES}),
        ("standing", "效力", {code: say(label) for code, label in STANDINGS.items()}),
        ("instrument", "支持方式", {code: say(label) for code, label in INSTRUMENTS.items()}),
    ]
    return [
        {
            "label": say(label),
            "value": given.get(name, ""),
            "shown": words.get(given.get(name, ""), ""),
            "clear": _url({key: value for key, value in given.items() if key not in (name, "cursor")}),
            "options": [
                {"label": word, "url": _url({**given, name: code, "cursor": ""}), "here": given.get(name) == code}
                for code, word in words.items()
            ],
        }
        for name, label, words in tables
    ]


def _url(given: Mapping[str, str]) -> str:
    query = urlencode({name: value for name, value in given.items() if value})
    return f"/policies?{query}" if query else "/policies"

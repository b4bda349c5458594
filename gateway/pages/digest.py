"""The weekly digest as a leader opens it on a phone: large numbers with their change, each leading to its records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from contracts.vocabulary.weeks import Week, WeekError
from gateway.pages.api import Refused
from gateway.pages.people import names_for
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from kit.errors import NotFound

router = APIRouter(route_class=PageRoute)

HEADLINE = ("signed_amount", "new_leads", "new_investment", "respond_overdue", "calls")
WARNING = frozenset({"respond_overdue", "protect_overdue"})
SHOWN_ITEMS = 5
RECORDS = 100


@router.get("/digests")
async def latest(visit: Visiting) -> Response:
    """The last digest that was frozen; the running week where there is none yet."""
    listed = await visit.api.get("/digests", limit=10)
    frozen = next((each["week"] for each in listed["items"] if each["frozen_at"]), None)
    return visit.go(f"/digests/{frozen or Week.of(visit.f.now).id}")


@router.get("/digests/{week}")
async def digest_page(week: str, visit: Visiting) -> Response:
    """One week."""
    named = _week(week)
    digest = await visit.api.find(f"/digests/{named.id}")
    listed = (await visit.api.get("/digests", limit=30))["items"]
    context = {
        "week": named,
        "week_label": _label(visit, named),
        "listed": listed,
        "following": _following(visit, named),
    }
    if digest is None:
        return visit.page("digest_missing.html", 404, **context)
    figures = {figure["id"]: figure for section in digest["sections"] for figure in section["figures"]}
    headline = [_shown(visit, figures[id]) for id in HEADLINE if id in figures]
    sections = [
        section
        | {"figures": [_shown(visit, figure) for figure in section["figures"]], "items": section["items"][:SHOWN_ITEMS]}
        for section in digest["sections"]
    ]
    corrections = [
        each
        | {
            "shown_before": _value(visit, each["before"], each["unit"]),
            "shown_after": _value(visit, each["after"], each["unit"]),
        }
        for each in digest["corrections"]
    ]
    return visit.page(
        "digest.html", **context, digest=digest, headline=headline, sections=sections, corrections=corrections,
        names=await names_for(visit),
    )  # fmt: skip


@router.get("/digests/{week}/figures/{figure}")
async def figure_page(week: str, figure: str, visit: Visiting, cursor: str | None = None) -> Response:
    """The records behind a number, as they were when the digest froze."""
    named = _week(week)
    digest = await visit.api.get(f"/digests/{named.id}")
    shown = next((f for section in digest["sections"] for f in section["figures"] if f["id"] == figure), None)
    if shown is None:
        raise NotFound("这期周报没有这个数字，请从周报页面重新点开。")
    path = f"/digests/{named.id}/figures/{figure}"
    records = await visit.api.get(f"{path}/records", limit=RECORDS, cursor=cursor)
    following = f"{path}?cursor={records['next']}" if records["next"] else ""
    return visit.page(
        "digest_records.html", week=named, week_label=_label(visit, named), digest=digest, figure=_shown(visit, shown),
        records=records["items"], next_url=following, names=await names_for(visit),
    )  # fmt: skip


def _week(text: str) -> Week:
    try:
        return Week.parse(text)
    except WeekError as error:
        raise Refused(404, "没有这一期", f"{error}。") from error


def _label(visit: Visit, week: Week) -> str:
    return visit.say(
        "{year}年第{number}周 · {a} – {b}", year=week.year, number=week.number,
        a=visit.f.day(week.monday).split(" ")[0] if visit.language == "zh" else f"{week.monday.day} {week.monday:%b}",
        b=visit.f.day(week.sunday).split(" ")[0] if visit.language == "zh" else f"{week.sunday.day} {week.sunday:%b}",
    )  # fmt: skip


def _following(visit: Visit, week: Week) -> str:
    return week.next.id if week < Week.of(visit.f.now) else ""


def _shown(visit: Visit, figure: Mapping[str, Any]) -> dict[str, Any]:
    """A figure with its value and change in words."""
    value, unit = figure["value"], figure["unit"]
    shown = _value(visit, value, unit)
    if figure["value_high"] not in (value, None) and unit == "fen":
        shown = f"{shown} – {visit.f.fen(figure['value_high'])}"
    return {
        **figure,
        "shown": shown,
        "exact": visit.f.exact(value) if unit == "fen" else "",
        "zero": int(value) == 0,
        "unit_label": "" if unit == "fen" else visit.say(unit),
        "warning": figure["id"] in WARNING and int(value) > 0,
        "delta": _delta(visit, figure),
        "trend": _trend(figure),
        "page": figure["records"].removeprefix("/api/v1").removesuffix("/records"),
    }


def _value(visit: Visit, value: int | str, unit: str) -> str:
    if unit == "fen":
        return visit.f.fen(value) if int(value) else "0"
    return f"{int(value):,}"


def _trend(figure: Mapping[str, Any]) -> str:
    if figure["previous"] is None or int(figure["previous"]) == int(figure["value"]):
        return ""
    return "up" if int(figure["value"]) > int(figure["previous"]) else "down"


def _delta(visit: Visit, figure: Mapping[str, Any]) -> str:
    if figure["previous"] is None:
        return ""
    change = int(figure["value"]) - int(figure["previous"])
    if change == 0:
        return visit.say("与上周持平")
    amount = _value(visit, abs(change), figure["unit"])
    return visit.say("比上周多 {n}", n=amount) if change > 0 else visit.say("比上周少 {n}", n=amount)

"""The figures of the moment: two charts, each with its table and its definition, each loaded by itself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting

router = APIRouter(route_class=PageRoute)

YI = 10_000_000_000


@router.get("/dashboard")
async def dashboard(visit: Visiting) -> Response:
    """The page; its charts follow."""
    return visit.page("dashboard.html")


@router.get("/panels/funnel")
async def funnel(visit: Visiting) -> Response:
    """Leads by stage."""
    report = await visit.api.get("/reports/funnel")
    rows = [_row(visit, item, visit.f.stage(item["id"]), f"/leads?stage={item['id']}") for item in report["items"]]
    return _chart(visit, report, rows, "bar-count", visit.say("各阶段线索"), visit.say("阶段"))


@router.get("/panels/zones")
async def zones(visit: Visiting) -> Response:
    """Leads by zone, the most first."""
    report = await visit.api.get("/reports/by_zone")
    items = sorted(report["items"], key=lambda item: (-item["count"], -int(item["sum_fen"])))
    rows = [_row(visit, item, visit.f.zone(item["id"]), f"/leads?zone={item['id']}") for item in items]
    return _chart(visit, report, rows, "bar-zone", visit.say("各区线索与总投资"), visit.say("区"))


def _row(visit: Visit, item: dict[str, Any], label: str, url: str) -> dict[str, Any]:
    return item | {"label": label, "url": url, "sum": visit.f.fen(item["sum_fen"]) if int(item["sum_fen"]) else "—"}


def _chart(
    visit: Visit, report: dict[str, Any], rows: list[dict[str, Any]], kind: str, title: str, head: str
) -> Response:
    english = visit.language == "en"
    scale, unit = (100 * 10**6, visit.say("百万元")) if english else (YI, visit.say("亿元"))
    data = {
        "kind": kind,
        "labels": [row["label"] for row in rows],
        "counts": [row["count"] for row in rows],
        "sums": [round(int(row["sum_fen"]) / scale, 2) for row in rows],
        "names": [visit.say("线索数"), visit.say("总投资额（{unit}）", unit=unit)],
        "urls": [row["url"] for row in rows],
    }
    return visit.page("panels/chart.html", report=report, rows=rows, data=data, title=title, head=head, kind=kind)

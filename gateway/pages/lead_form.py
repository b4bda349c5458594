"""Logging a lead: who, what, where from. Only investor, project and source are required."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from contracts.vocabulary.source_modes import SourceMode
from gateway.pages.api import Refused
from gateway.pages.forms import Form, check_facts
from gateway.pages.industries import code_of, industries
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting, nothing_wrong

router = APIRouter(route_class=PageRoute)

MAIN_FACTS = ("total_investment", "fixed_asset_investment", "land_mu", "jobs")
MORE_FACTS = (
    "equipment_investment", "rd_spending", "rd_ratio", "annual_revenue", "expected_annual_output", "foreign_capital",
    "rent_area_sqm", "energy_tce", "entry_date", "project_kind", "headquarters", "fortune_500", "national_hightech",
    "little_giant", "serious_dishonesty",
)  # fmt: skip
SHOWN = (
    "title",
    "zone",
    "source_mode",
    "summary",
    "referrer",
    "investor.name",
    "investor.unified_social_credit_code",
    "contact.name",
    "contact.phone",
    "contact.email",
    "contact.position",
    "first_contact.date",
    "first_contact.evidence",
    *(f"facts.{name}" for name in ("industry_code", *MAIN_FACTS, *MORE_FACTS)),
)
SIMILAR = 5


@router.get("/leads/new")
async def new_lead(visit: Visiting) -> Response:
    """The empty form, settled on one's own zone."""
    zones = visit.session.principal.zones if visit.session else ()
    kept = {"zone": zones[0] if len(zones) == 1 else "", "first_contact_date": visit.f.today.isoformat()}
    return await _draw(visit, kept)


@router.post("/leads/new")
async def register(request: Request, visit: Visiting) -> Response:
    """Register what was typed; a refusal keeps it and says where."""
    form = await Form.of(request)
    try:
        receipt = await visit.api.post("/leads", await _body(visit, form), key=form.key)
    except Refused as refused:
        return await _draw(visit, form.kept(), refused.beside(SHOWN))
    then = f"/leads/{receipt['id']}" + ("/policies" if form.text("then") == "policies" else "")
    return visit.go(then)


@router.get("/leads/new/similar")
async def similar(request: Request, visit: Visiting) -> Response:
    """Leads of a like-named investor that one may see, while the name is typed."""
    name = request.query_params.get("investor_name", "").strip()
    items = []
    if len(name) >= 2:
        items = (await visit.api.get("/leads", q=name[:50], limit=SIMILAR))["items"]
    return visit.page("panels/similar.html", leads=items)


async def _draw(visit: Visit, kept: dict[str, Any], refused: Refused | None = None) -> Response:
    return visit.page(
        "lead_new.html",
        422 if refused else 200,
        kept=kept,
        refused=refused,
        wrong=refused.wrong if refused else nothing_wrong,
        industries=await industries(visit),
        modes=list(SourceMode),
        main_facts=MAIN_FACTS,
        more_facts=MORE_FACTS,
    )


async def _body(visit: Visit, form: Form) -> dict[str, Any]:
    facts = form.facts()
    if "industry_code" in facts:
        facts["industry_code"] = code_of(form.text("fact.industry_code"), await industries(visit))
    check_facts(facts)
    body: dict[str, Any] = {
        "investor": {"name": form.text("investor_name")},
        "title": form.text("title"),
        "source_mode": form.text("source_mode"),
        "facts": facts,
        **form.given("zone", "summary", "referrer"),
        "confidential": form.text("confidential") == "true",
    }
    if code := form.text("credit_code"):
        body["investor"]["unified_social_credit_code"] = code
    if contact := _prefixed(form, "contact", "name", "phone", "email", "position", "legal_basis", "notice_given"):
        body["contact"] = contact
    if form.text("first_contact_date"):
        body["first_contact"] = _prefixed(form, "first_contact", "date", "evidence")
    return body


def _prefixed(form: Form, prefix: str, *names: str) -> dict[str, str]:
    return {name: text for name in names if (text := form.text(f"{prefix}_{name}"))}

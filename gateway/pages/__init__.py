"""The screens: what officers, managers, partners and visitors see, drawn on the server, open to the roles they name.

``router`` holds every page, ``PAGES`` says who may open which.
"""

from __future__ import annotations

from fastapi import APIRouter

from gateway.pages import (
    accounts,
    arriving,
    assets,
    audit,
    comparison,
    contacts,
    dashboard,
    decisions,
    deliveries,
    digest,
    eligibility,
    enquiries,
    exports,
    home,
    imports,
    lead,
    lead_form,
    leads,
    lost,
    notices,
    operating,
    own_account,
    policies,
    policy_life,
    policy_review,
    policy_trial,
    policy_writing,
    projects,
    side_by_side,
    sign_in,
)
from gateway.pages.page_table import PAGES

router = APIRouter(include_in_schema=False)
for part in (
    assets, sign_in, home, leads, lead_form, lead, contacts, comparison, exports, imports, eligibility, decisions,
    enquiries, side_by_side, projects, policy_writing, policy_review, policy_trial, policies, policy_life, digest,
    dashboard, notices, deliveries, operating, audit, arriving, accounts, own_account, lost,
):  # fmt: skip
    router.include_router(part.router)

__all__ = ["PAGES", "router"]

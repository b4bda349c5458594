"""Every page under axe-core, at a desk and on a phone: no serious finding, nothing against the CSP."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.vocabulary.weeks import Week
from gateway.pages.page_table import PAGES, SIGNED_IN
from kit.clock import SystemClock
from tests.flows.test_page_matrix import ROLES
from tests.flows.world import World
from tests.pages.driver import DESK, PHONE, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = "axe.run(document, {resultTypes: ['violations']})"
SERIOUS = ("serious", "critical")
BEFORE = {"/setup"}
"""Over once there is an administrator: test_account_walks looks at it."""
VISITORS = ("", "donghu", "bureau", "partner-a", "manager", "editor", "reviewer", "admin")
ASKED = "fact.industry_code=3962&fact.fixed_asset_investment=3.5亿元"


def administration(world: World) -> list[str]:
    """What an administrator looks at."""
    return [
        "/deliveries",
        "/deliveries/retry",
        f"/deliveries/{world.new_failure(doubted=True)[0]}",
        "/dead-letters",
        "/dead-letters/notify/replay",
        f"/dead-letters/notify/{world.new_letter('notify')[0]}",
        "/system",
        "/audit",
        f"/audit/{world.audited}",
        "/accounts",
        "/accounts/new",
        f"/accounts/{world.guest}",
        "/account",
        "/account/password",
        "/leads",
    ]


def pages_of(world: World) -> dict[str, list[str]]:
    """Who looks at which pages."""
    week = Week.of(SystemClock().now()).id
    lead = f"/leads/{world.lead}"
    own = ["/", "/leads", "/leads/board", "/leads/new", lead, f"{lead}/policies", "/imports", "/decisions"]
    return {
        "": [
            "/sign-in",
            "/eligibility",
            f"/eligibility?{ASKED}",
            f"/policies/{world.policy}",
            "/zones/donghu",
            "/enquiries/new?to=donghu",
            "/enquiries/track",
            "/invitation",
        ],
        "donghu": [
            *own,
            f"/imports/{world.imported}",
            f"/exports/{world.exported()}",
            f"/decisions/{world.decision}",
            "/notifications",
            "/duty",
            "/accounts",
            f"/accounts/{world.guest}",
            "/nothing-here",
        ],
        "bureau": [*own, "/dashboard", "/accounts"],
        "partner-a": [
            "/projects",
            f"/projects/{world.lead}",
            f"/projects/enquiries/{world.asked}",
            "/enquiries/new",
            "/notifications",
            "/account",
        ],
        "manager": ["/digests", f"/digests/{week}", f"/digests/{week}/figures/new_leads", "/dashboard", "/leads", lead],
        "editor": ["/policies", f"/policies/{world.policy}", f"/policies/{world.draft}", "/notifications", "/account"],
        "reviewer": ["/policies", f"/policies/{world.draft}", "/account"],
        "admin": administration(world),
    }


def path_of(address: str) -> str | None:
    """The page that an address opens, as the page table names it."""
    bare = address.partition("?")[0]
    exact = [page.path for page in PAGES if page.path == bare]
    found = exact or [page.path for page in PAGES if re.fullmatch(re.sub(r"{[^}]+}", "[^/]+", page.path), bare)]
    return found[0] if found else None


def test_every_shown_page_and_every_role_is_looked_at(world: World) -> None:
    looked = pages_of(world)
    assert {ROLES[who] for who in looked if who} == SIGNED_IN
    seen = {path_of(address) for addresses in looked.values() for address in addresses}
    assert {page.path for page in PAGES if page.shown} - seen == BEFORE


def findings(result: dict[str, Any]) -> list[str]:
    """The serious findings, each with the first element it is about."""
    return [
        f"{each['id']}: {each['nodes'][0]['target']} {each['nodes'][0]['failureSummary'][:200]}"
        for each in result["violations"]
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("who", VISITORS, ids=lambda who: who or "visitor")
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_no_serious_finding(browser: Browser, world: World, who: str, size: dict[str, int]) -> None:
    found: dict[str, list[str]] = {}
    with person(browser, world, size, bypass_csp=True) as someone:
        if who:
            someone.sign_in(who)
        for path in pages_of(world)[who]:
            someone.go(path)
            someone.page.add_script_tag(path=AXE)
            if wrong := findings(someone.page.evaluate(RUN)):
                found[path] = wrong
    assert found == {}


@pytest.mark.parametrize("who", VISITORS, ids=lambda who: who or "visitor")
def test_nothing_against_the_csp(browser: Browser, world: World, who: str) -> None:
    with person(browser, world) as someone:
        if who:
            someone.sign_in(who)
        for path in pages_of(world)[who]:
            someone.go(path)
            width = someone.page.evaluate("document.documentElement.scrollWidth")
            assert width <= DESK["width"], f"{path} is {width} px wide"

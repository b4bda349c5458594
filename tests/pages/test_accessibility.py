"""Every page under axe-core, at a desk and on a phone: no serious finding, nothing against the CSP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contracts.vocabulary.weeks import Week
from kit.clock import SystemClock
from tests.flows.world import World
from tests.pages.driver import DESK, PHONE, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = "axe.run(document, {resultTypes: ['violations']})"
SERIOUS = ("serious", "critical")
ASKED = "fact.industry_code=3962&fact.fixed_asset_investment=3.5亿元"


def pages_of(world: World) -> dict[str, list[str]]:
    """Who looks at which pages."""
    week = Week.of(SystemClock().now()).id
    lead = f"/leads/{world.lead}"
    own = ["/", "/leads", "/leads/board", "/leads/new", lead, f"{lead}/policies", "/imports"]
    return {
        "": [
            "/sign-in",
            "/eligibility",
            f"/eligibility?{ASKED}",
            "/policies",
            f"/policies/{world.policy}",
            "/zones/donghu",
            "/enquiries/new?to=donghu",
            "/enquiries/track",
        ],
        "donghu": [*own, f"/imports/{world.imported}", "/notifications", "/duty", "/nothing-here"],
        "partner-a": ["/projects", f"/projects/{world.lead}", f"/projects/enquiries/{world.asked}", "/enquiries/new"],
        "manager": [f"/digests/{week}", f"/digests/{week}/figures/new_leads", "/dashboard"],
        "admin": [
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
            "/leads",
        ],
    }


def findings(result: dict[str, Any]) -> list[str]:
    """The serious findings, each with the first element it is about."""
    return [
        f"{each['id']}: {each['nodes'][0]['target']} {each['nodes'][0]['failureSummary'][:200]}"
        for each in result["violations"]
        if each["impact"] in SERIOUS
    ]


@pytest.mark.parametrize("who", ["", "donghu", "partner-a", "manager", "admin"], ids=lambda who: who or "visitor")
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


@pytest.mark.parametrize("who", ["", "donghu", "partner-a", "manager", "admin"], ids=lambda who: who or "visitor")
def test_nothing_against_the_csp(browser: Browser, world: World, who: str) -> None:
    with person(browser, world) as someone:
        if who:
            someone.sign_in(who)
        for path in pages_of(world)[who]:
            someone.go(path)
            width = someone.page.evaluate("document.documentElement.scrollWidth")
            assert width <= DESK["width"], f"{path} is {width} px wide"

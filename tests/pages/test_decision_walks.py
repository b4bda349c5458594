"""What the system once said is opened again, to the letter, beside what it says today and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.world import ANONYMOUS, API, World
from tests.incentives.writing import document
from tests.pages.driver import PHONE, Person, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

FACTS = {"industry_code": "3962", "fixed_asset_investment": "3.5亿元"}
ASKED = "/eligibility?" + "&".join(f"fact.{name}={value}" for name, value in FACTS.items())
NEW = "walk-gift"
TITLE = "漫步投资奖励"
REVIEW = {"approved": True, "conclusion": "不排除、不限制竞争", "basis": "公平竞争审查条例第十条"}


def publish(world: World, amount: str) -> None:
    """A policy for investments in the whole city, in its next version."""
    benefit = {"kind": "fixed", "text": f"奖励{amount}", "amount": amount}
    written: dict[str, Any] = {
        "scope": {"city": "wuhan"},
        "standing": "in_force",
        "review": None,
        "benefit": benefit,
        "title": TITLE,
    }
    valid = {"from": "2026-01-01", "until": "2041-12-31"}
    before = world.get("editor", "/policies?limit=200&q=漫步")["items"]
    drafted = {"policy": document(id=NEW, **(written | {"valid": valid}))}
    headers = {"If-Match": f'"{before[0]["revision"]}"'} if before else {}
    made = world.post("editor", "/policies", json=drafted, headers=headers)
    for who, step, body in (("reviewer", "review", REVIEW), ("editor", "publish", None)):
        headers = {"If-Match": f'"{made["revision"]}"'}
        made = world.post(who, f"/policies/{NEW}/{step}", json=body, headers=headers)


def rows(someone: Person, heading: str) -> list[list[str]]:
    """The table under a heading."""
    lines = someone.page.locator(f"section:has(h2:has-text('{heading}')) tbody tr").all()
    return [[each.strip() for each in line.locator("td").all_inner_texts()] for line in lines]


def told(world: World, who: str, **asked: Any) -> str:
    """What this person is told, by its id."""
    return str(world.post(who, "/eligibility", json={"facts": FACTS, **asked})["decision"])


def test_an_officer_opens_what_was_said_of_a_lead(browser: Browser, world: World) -> None:
    lead = world.new_lead()
    world.wait(lambda: world.ask("donghu", "GET", f"{API}/leads/{lead}/matches").is_success)
    with person(browser, world) as officer, person(browser, world) as neighbour:
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}/policies")
        officer.page.wait_for_selector(".rank")
        officer.page.locator("main a[href^='/decisions/']").click()
        officer.page.wait_for_selector(".notice-met")
        page = officer.page.url.removeprefix(world.url)
        assert "与当时完全一致" in officer.text(".notice-met")
        assert officer.page.locator(".zone-card").count() == 14
        assert page.rpartition("/")[2] in officer.text()
        publish(world, "300万元")
        officer.go(page)
        assert "与当时完全一致" in officer.text(".notice-met")
        found = rows(officer, "今天会有以下不同")
        assert [TITLE, "全部14个区", "当时：没有这条政策", "现在：符合，确定300万元，计入合计"] in [
            [each[0], each[1], f"当时：{each[2]}", f"现在：{each[3]}"] for each in found
        ]
        assert {each[4] for each in found} == {f"《{TITLE}》第1版新适用"}
        officer.go(f"/decisions?lead={lead}")
        assert officer.page.locator("tbody tr").count() == 1
        officer.go("/decisions")
        officer.page.locator("tbody a.main").first.click()
        officer.page.wait_for_selector(".zone-card")
        neighbour.sign_in("hanyang")
        neighbour.go(page)
        assert "没有这份测算记录，或您没有查看权限" in neighbour.text()
        assert neighbour.page.locator(".zone-card").count() == 0


def test_a_policy_in_its_next_version_explains_the_difference(browser: Browser, world: World) -> None:
    publish(world, "100万元")
    world.wait(lambda: _amount(world) == 100_000_000)
    id = told(world, "bureau", zones=["donghu"])
    publish(world, "400万元")
    world.wait(lambda: _amount(world) == 400_000_000)
    with person(browser, world, PHONE) as bureau:
        bureau.sign_in("bureau")
        bureau.go(f"/decisions/{id}")
        found = rows(bureau, "今天会有以下不同")
        assert [each[0] for each in found] == ["合计", TITLE]
        assert "确定100万元" in found[1][2]
        assert "确定400万元" in found[1][3]
        assert all("版改为第" in each[4] for each in found)
        assert bureau.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def _amount(world: World) -> int:
    """What the policy gives now."""
    [zone] = world.post(ANONYMOUS, "/eligibility", json={"facts": FACTS, "zones": ["donghu"]})["zones"]
    return next((each["certain_fen"] for each in zone["policies"] if each["policy"] == NEW), 0)


def test_a_visitor_keeps_a_result_and_opens_it_without_script(browser: Browser, world: World) -> None:
    with person(browser, world, PHONE, java_script_enabled=False) as visitor:
        visitor.page.goto(world.url + ASKED)
        shown = visitor.text(".zone-card .figure")
        visitor.page.click("text=保存这份结果")
        saved = visitor.page.url
        assert "/decisions/" in saved
        assert "由访客保存" in visitor.text()
        assert visitor.text(".zone-card .figure") == shown
    with person(browser, world) as another:
        another.page.goto(saved)
        assert "与当时完全一致" in another.text()
        another.page.goto(f"{world.url}/decisions")
        assert "/sign-in" in another.page.url


def test_a_partner_finds_what_they_were_told(browser: Browser, world: World) -> None:
    with person(browser, world) as partner:
        partner.sign_in("partner-b")
        partner.go("/decisions")
        assert "还没有测算记录" in partner.text()
        partner.go(ASKED)
        assert partner.page.locator("text=保存这份结果").count() == 0
        partner.page.locator("main a[href^='/decisions/']").click()
        partner.page.wait_for_selector(".zone-card")
        partner.page.click("summary:has-text('我的菜单')")
        partner.page.click("text=我的测算记录 >> nth=0")
        assert "固定资产投资 3.5亿元" in partner.text("tbody tr")

"""A visitor asks and follows the code; the officers are told, and one answers within the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.world import World
from tests.pages.driver import PHONE, Person, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ASKED = "/eligibility?fact.industry_code=3962&fact.fixed_asset_investment=3.5亿元&zone=donghu"


def go_on_duty(officer: Person, account: str) -> None:
    """Take the duty of 东湖."""
    officer.sign_in("donghu")
    officer.go("/duty")
    officer.page.select_option("#d-officer", account)
    officer.page.click("main form .btn-primary")
    officer.settle()
    assert officer.page.input_value("#d-officer") == account


def told(world: World, lead: str) -> list[str]:
    """The notifications of an enquiry that has become this lead."""
    items = world.get("donghu", "/notifications?limit=200")["items"]
    return [each["id"] for each in items if "【咨询】" in each["title"] and each["lead_id"] == lead]


def track(visitor: Person, code: str) -> str:
    """What following the code shows."""
    visitor.page.goto(f"{visitor.world.url}/enquiries/track")
    visitor.page.fill("#t-code", code)
    visitor.page.click("main button")
    return visitor.page.inner_text("main")


def test_a_visitor_asks_and_follows_the_answer(browser: Browser, world: World) -> None:
    with person(browser, world, PHONE, java_script_enabled=False) as visitor, person(browser, world) as officer:
        duty = world.accounts["donghu"]
        go_on_duty(officer, duty)
        visitor.page.goto(world.url + ASKED)
        visitor.page.click("text=我要咨询 >> nth=0")
        assert visitor.page.input_value("#q-zone") == "donghu"
        fields = {"organisation": "漫步咨询有限公司", "name": "钱多多", "phone": "13977778888"}
        for name, text in fields.items():
            visitor.page.fill(f"#q-{name}", text)
        visitor.page.fill("#q-question", "厂房租金怎么补？见 http://example.com")
        visitor.page.check("input[name=consent]")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        visitor.page.click("text=提交咨询")
        code = visitor.page.inner_text("#code")

        def arrived() -> list[str]:
            items = world.get("donghu", "/enquiries?limit=200")["items"]
            return [each["lead_id"] for each in items if each["organisation"] == "漫步咨询有限公司" and each["lead_id"]]

        lead = world.wait(arrived)[0]
        assert world.get("donghu", f"/leads/{lead}")["owner"] == duty
        assert world.wait(lambda: told(world, lead))
        assert "按租金的一半补三年。" not in track(visitor, code)
        officer.go("/notifications")
        officer.page.click("#main button:has-text('漫步咨询有限公司')")
        officer.page.wait_for_url(f"**/leads/{lead}**")
        officer.page.wait_for_selector("text=厂房租金怎么补？")
        assert "对方当时看到的本区结果" in officer.text()
        assert officer.page.locator("a[href*='example.com']").count() == 0
        officer.page.fill("textarea[id^='a-']", "按租金的一半补三年。")
        officer.page.click("section:has(textarea[id^='a-']) button")
        officer.page.wait_for_selector("text=按租金的一半补三年。")
        shown = track(visitor, code)
        assert "已答复" in shown
        assert "按租金的一半补三年。" in shown
    clocks = world.get("donghu", f"/leads/{lead}")["clocks"]
    assert [clock["met_at"] <= clock["due_at"] for clock in clocks if clock["kind"] == "respond"] == [True]

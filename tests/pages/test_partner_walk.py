"""A partner follows what is theirs: their own enquiry, and a lead that an officer shares and writes back about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.canaries import PARTNER_A
from tests.flows.world import API, World
from tests.pages.driver import PHONE, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ASKED = "/eligibility?fact.industry_code=3962&fact.fixed_asset_investment=3.5亿元&zone=donghu"
QUESTION = "标准厂房能否先租后买？"
ANSWER = "可以先租后买，评审会定在下周三。"


def test_a_partner_asks_and_reads_the_answer_among_their_projects(browser: Browser, world: World) -> None:
    with person(browser, world, PHONE) as partner, person(browser, world) as officer:
        partner.sign_in("partner-a")
        assert partner.page.url.endswith("/projects")
        partner.go(ASKED)
        partner.page.click("text=我要咨询 >> nth=0")
        assert "芯禾电子（示例）有限公司" in partner.text("form.narrow")
        assert partner.page.locator("#q-organisation").count() == 0
        for name, text in {"name": "林嘉怡", "phone": "13800001234", "question": QUESTION}.items():
            partner.page.fill(f"#q-{name}", text)
        partner.page.check("input[name=consent]")
        partner.page.click("text=提交咨询")
        partner.page.click("text=在我的项目里查看")
        assert QUESTION in partner.text()
        assert "还没有回复" in partner.text()

        def arrived() -> list[str]:
            items = world.get("donghu", "/enquiries?limit=200")["items"]
            return [each["lead_id"] for each in items if each["question"] == QUESTION and each["lead_id"]]

        lead = world.wait(arrived)[0]
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}")
        officer.page.wait_for_selector("text=由合作伙伴账号提交：芯禾电子（示例）有限公司")
        seen = officer.page.locator("a:has-text('看当时的全部结果')").get_attribute("href")
        assert seen is not None
        assert world.ask("donghu", "GET", API + seen).is_success
        assert world.ask("hanyang", "GET", API + seen).status_code == 404
        officer.page.fill("textarea[id^='a-']", ANSWER)
        officer.page.click("section:has(textarea[id^='a-']) button")
        officer.page.wait_for_selector(f"text={ANSWER}")

        partner.go("/projects")
        assert partner.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert "已答复" in partner.text("tr:has-text('标准厂房')")
        partner.page.click(f"text={QUESTION}")
        partner.page.wait_for_selector(f"text={ANSWER}")
        assert "3.5亿元" in partner.text()
    clocks = world.get("donghu", f"/leads/{lead}")["clocks"]
    assert [clock["met_at"] <= clock["due_at"] for clock in clocks if clock["kind"] == "respond"] == [True]


def test_an_officer_shares_a_lead_and_writes_back_to_its_partner_alone(browser: Browser, world: World) -> None:
    lead = world.new_lead()
    title = world.get("donghu", f"/leads/{lead}")["title"]
    with person(browser, world) as officer, person(browser, world) as partner, person(browser, world) as other:
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}")
        officer.page.select_option("#s-org", PARTNER_A)
        officer.page.click("#partners button:text-is('共享')")
        officer.page.fill("#w-1", ANSWER)
        officer.page.click("#partners button:text-is('回复企业')")
        officer.page.wait_for_selector(f"#partners .notice:has-text('{ANSWER}')")
        assert "共享给企业：芯禾电子（示例）有限公司" in officer.text(".timeline")

        def told() -> list[str]:
            items = world.get("partner-a", "/notifications")["items"]
            return [each["link"] for each in items if title in each["title"]]

        assert world.wait(told) == [f"/projects/{lead}"]
        partner.sign_in("partner-a")
        partner.page.click(f"text={title}")
        partner.page.wait_for_selector(f"text={ANSWER}")
        assert "东湖新技术开发区" in partner.text()
        for hidden in ("寻常投资", "寻常摘要", "寻常联系", "电话记录", "陈思远"):
            assert hidden not in partner.text()

        other.sign_in("partner-b")
        assert title not in other.text()
        other.go(f"/projects/{lead}")
        assert "没有这个项目" in other.text()

        officer.page.click("#partners button:has-text('结束共享')")
        officer.page.wait_for_selector("#partners:has-text('还没有共享给企业')")
        partner.go("/projects")
        assert title not in partner.text()
    assert world.ask("partner-a", "GET", f"{API}/projects/{lead}").status_code == 404

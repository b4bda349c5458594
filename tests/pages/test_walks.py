"""The four walks of the product's first width, in a real browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.flows.world import World
from tests.pages.driver import PHONE, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

LEDGER = Path(__file__).resolve().parent.parent / "data" / "ledger" / "lead-ledger.xlsx"


def test_officer_logs_a_lead_and_compares_zones(browser: Browser, world: World) -> None:
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.page.click("text=新线索 >> nth=0")
        for field, text in {
            "#f-investor_name": "示例汽车电子有限公司",
            "#f-title": "车载终端漫步项目",
            "#fact-industry_code": "3962",
            "#fact-total_investment": "5亿元",
            "#fact-fixed_asset_investment": "3.5亿元",
        }.items():
            officer.page.fill(field, text)
        officer.page.select_option("#f-source", "industry_chain")
        officer.page.click("text=保存并看政策匹配")
        officer.page.wait_for_selector(".rank")
        assert officer.page.locator(".rank a").count() == 14
        assert "示例，非政府发布，不构成承诺" in officer.text()
        assert "测算结果仅供参考，以正式审核为准" in officer.text()
        officer.page.locator(".zone .policy > summary").first.click()
        opened = officer.page.locator(".zone .policy[open] .inside").first.inner_text()
        assert "专员填写" in opened
        assert "依据" in opened


def test_an_answer_in_place_settles_policies(browser: Browser, world: World) -> None:
    lead = world.new_lead()
    world.wait(lambda: world.ask("donghu", "GET", f"/api/v1/leads/{lead}/matches").is_success)
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}/policies")
        asked = officer.page.locator(".question:has(input.form-control, select.form-select)")
        first = asked.first.get_attribute("id")
        question = officer.page.locator(f"#{first}")
        if question.locator("select").count():
            question.locator("select").select_option(index=1)
        else:
            question.locator("input.form-control").fill("100")
        question.locator("button").click()
        officer.page.wait_for_url("**/policies?after=*")
        officer.page.wait_for_selector(".rank")
        assert officer.page.locator(f"#{first}").count() == 0


def test_a_wrong_entry_keeps_what_was_typed(browser: Browser, world: World) -> None:
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go("/leads/new")
        officer.page.fill("#f-investor_name", "留存测试有限公司")
        officer.page.fill("#f-title", "留存测试项目")
        officer.page.fill("#fact-total_investment", "很多钱")
        officer.page.fill("#fact-jobs", "一百")
        officer.page.select_option("#f-source", "platform")
        officer.page.click("text=只保存")
        officer.page.wait_for_selector("[role=alert]")
        assert officer.page.input_value("#f-investor_name") == "留存测试有限公司"
        assert officer.page.input_value("#fact-total_investment") == "很多钱"
        assert officer.page.locator(".is-wrong .wrong").all_inner_texts()[1] == "应为数字"
        assert "有 2 处需要更正" in officer.text("[role=alert]")


def test_officer_follows_up_and_moves_on(browser: Browser, world: World) -> None:
    lead = world.new_lead()
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}")
        officer.page.fill("#c-text", "电话联系，约周三来访")
        officer.page.click("text=记录跟进")
        officer.page.wait_for_selector(".timeline .k-follow_up")
        officer.page.click("text=推进到「研判」")
        officer.page.click("dialog[open] .btn-primary")
        officer.page.wait_for_selector(".stage-path .now:has-text('研判')")
        officer.page.click("text=其他调整")
        officer.page.select_option("#move-to", "closed")
        assert officer.page.locator("#move-reason").is_visible()


def test_a_dragged_card_asks_and_goes_back_when_refused(browser: Browser, world: World) -> None:
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go("/leads/board")
        card = officer.page.locator("[data-stage=new] .board-card").first
        card.wait_for()
        title = card.get_attribute("data-lead")
        card.drag_to(officer.page.locator("[data-stage=negotiating]"))
        officer.page.wait_for_selector("dialog[open]")
        officer.page.click("dialog[open] [data-close]")
        back = officer.page.locator(f"[data-stage=new] [data-lead='{title}']")
        back.wait_for()
        assert back.count() == 1


def test_visitor_asks_without_an_account(browser: Browser, world: World) -> None:
    with person(browser, world, PHONE) as visitor:
        visitor.go("/eligibility")
        visitor.page.fill("#e-industry_code", "3962")
        visitor.page.fill("#e-fixed_asset_investment", "3.5亿元")
        visitor.page.click("text=看结果")
        visitor.page.wait_for_selector(".zone-card")
        assert visitor.page.locator(".zone-card").count() == 14
        assert "主导产业" in visitor.text(".zone-card header")
        assert "测算结果仅供参考，以正式审核为准" in visitor.text()
        assert "目录版本" in visitor.text()
        visitor.page.wait_for_url("**fixed_asset_investment=3.5*")


def test_eligibility_works_without_script(browser: Browser, world: World) -> None:
    with person(browser, world, java_script_enabled=False) as visitor:
        visitor.go("/eligibility")
        visitor.page.fill("#e-industry_code", "智能车载设备制造")
        visitor.page.fill("#e-fixed_asset_investment", "2000万元")
        visitor.page.click("text=看结果")
        visitor.page.wait_for_selector(".zone-card")
        unmet = visitor.page.locator(".zone-card .conditions li:has(.verdict-not_met)").first
        assert "2000万元" in visitor.page.locator(".zone-cards").inner_text() or unmet.count() == 1


def test_manager_opens_a_figure_down_to_its_records(browser: Browser, world: World) -> None:
    with person(browser, world, PHONE) as manager:
        manager.sign_in("manager")
        manager.page.click("text=下一期") if manager.page.locator("text=下一期").count() else None
        manager.go(f"/digests/{world.get('manager', '/digests')['items'][0]['week']}")
        figure = manager.page.locator(".headline a:has-text('新增线索')").first
        shown = int(figure.locator(".value").inner_text().split()[0].rstrip("条").strip())
        figure.click()
        manager.page.wait_for_selector(".lines")
        assert shown > 0
        assert manager.page.locator("#main .lines > li").count() == min(shown, 100)
        assert "公式" in manager.text(".notice")
        manager.page.locator("#main .lines a.main").first.click()
        manager.page.wait_for_selector(".stage-path")


def test_officer_imports_the_ledger(browser: Browser, world: World) -> None:
    with person(browser, world) as officer:
        officer.sign_in("hanyang")
        officer.go("/imports")
        officer.page.set_input_files("#file", LEDGER)
        officer.page.click("text=开始导入")
        officer.page.wait_for_selector(".tallies", timeout=60_000)
        numbers = officer.page.locator(".tally b").all_inner_texts()
        assert numbers == ["249", "240", "9", "0", "13"]
        assert officer.page.locator("tbody tr").count() == 13
        assert "统一社会信用代码" in officer.text("tbody")
        officer.page.click("text=看导入的240条线索")
        officer.page.wait_for_selector("text=240")
        assert officer.page.locator("tbody tr").count() == 40


def test_the_command_menu_finds_and_the_language_changes(browser: Browser, world: World) -> None:
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.page.keyboard.press("Control+k")
        officer.page.fill("#command-q", "金丝雀")
        officer.page.keyboard.press("Enter")
        officer.page.wait_for_selector("tbody tr:has-text('金丝雀项目')")
        officer.page.click("summary:has-text('我的菜单')")
        officer.page.click("text=English")
        officer.page.wait_for_selector("h1:has-text('Leads')")
        assert officer.page.get_attribute("html", "lang") == "en"
        assert "RMB" in officer.text("tbody")


def test_a_second_press_changes_nothing(browser: Browser, world: World) -> None:
    lead = world.new_lead()
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}")
        officer.page.fill("#c-text", "只记一次")
        officer.page.locator("#composer button").dblclick()
        officer.page.wait_for_selector(".timeline .k-follow_up")
        officer.settle()
        assert officer.page.locator(".timeline .k-follow_up").count() == 1


def test_a_refused_act_says_why_and_keeps_the_page(browser: Browser, world: World) -> None:
    lead = world.new_lead()
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}")
        officer.page.fill("#c-text", "写到一半，登录过期了")
        officer.page.evaluate("document.body.setAttribute('hx-headers', '{}')")
        officer.page.evaluate("document.querySelector('#composer [name=csrf]').value = 'expired'")
        officer.page.click("text=记录跟进")
        officer.page.wait_for_selector("#flash [role=alert]")
        assert officer.page.input_value("#c-text") == "写到一半，登录过期了"


def test_bureau_gives_a_lead_to_a_colleague(browser: Browser, world: World) -> None:
    lead = world.new_lead()
    with person(browser, world) as bureau:
        bureau.sign_in("bureau")
        bureau.go(f"/leads/{lead}")
        bureau.page.click(".assign summary")
        bureau.page.locator(".assign button").first.click()
        bureau.page.wait_for_selector(".timeline li:has-text('分派')")


def test_an_administrator_finds_a_failed_delivery_and_replays_it(browser: Browser, world: World) -> None:
    id, _ = world.new_failure()
    with person(browser, world) as admin:
        admin.sign_in("admin")
        admin.page.click("text=投递记录 >> nth=0")
        admin.page.click("nav.tabs >> text=没有送达")
        admin.page.click(f'a[href="/deliveries/{id}"]')
        assert "收件地址被邮件服务器拒收" in admin.text()
        admin.page.click("#main button:has-text('重新发送')")
        admin.settle()
        world.wait(lambda: world.get("admin", f"/deliveries/{id}")["state"] == "sent")
        admin.go(f"/deliveries/{id}")
        assert "已送达" in admin.text("h1")
        assert "金丝雀" not in admin.page.content()


def test_an_administrator_discards_a_dead_letter_with_a_reason(browser: Browser, world: World) -> None:
    id, _ = world.new_letter("notify")
    with person(browser, world) as admin:
        admin.sign_in("admin")
        admin.page.click("text=死信 >> nth=0")
        admin.page.click(f'a[href="/dead-letters/notify/{id}"]')
        assert "•••" in admin.text()
        assert "金丝雀" not in admin.page.content()
        admin.page.fill("#why", "重复的旧消息")
        admin.page.click("text=放弃这一条")
        admin.settle()
        assert "已放弃" in admin.text("h1")
        assert "重复的旧消息" in admin.text()

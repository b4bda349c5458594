"""Pictures of the real pages for README: ``python -m tests.pages.screenshots`` writes ``docs/screenshots``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from contracts.vocabulary.weeks import Week
from gateway.pages.policy_writing import beginning
from kit.clock import SystemClock
from tests.conftest import ROOT, find_chromium
from tests.flows.canaries import PARTNER_A
from tests.flows.opening import open_world
from tests.flows.world import API, World
from tests.incentives.writing import document
from tests.pages.driver import PHONE, Person, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TARGET = ROOT / "docs" / "screenshots"
LEDGER = ROOT / "tests" / "data" / "ledger" / "lead-ledger.xlsx"
DESK = {"width": 1440, "height": 800}
LEAD = {
    "title": "智能车载终端项目",
    "zone": "jingkai",
    "source_mode": "industry_chain",
    "investor": {"name": "示例汽车电子有限公司"},
    "contact": {"name": "王工", "phone": "13800001234", "position": "投资总监"},
    "facts": {
        "industry_code": "3962",
        "total_investment": "5亿元",
        "fixed_asset_investment": "3.5亿元",
        "equipment_investment": "1.2亿元",
        "rd_spending": "3000万元",
        "annual_revenue": "4亿元",
        "land_mu": 80,
        "jobs": 300,
        "serious_dishonesty": False,
        "project_kind": "manufacturing",
    },
    "first_contact": {"date": "2026-11-20", "evidence": "拜访纪要"},
    "summary": "车载终端整机与模组产线，一期用地80亩，计划2027年投产。",
}


def sign(world: World) -> None:
    """A project of the same week that got as far as its signature."""
    asked = LEAD | {"title": "固态电池中试线项目", "investor": {"name": "示例新能源科技有限公司"}}
    signed = world.post("jingkai", "/leads", json=asked)["id"]
    for step in ({"to": "negotiating"}, {"to": "signed", "signed_amount": "2.6亿元"}):
        world.post("jingkai", f"/leads/{signed}/stage", json=step, headers=world.etag(f"/leads/{signed}", "jingkai"))


def share(world: World, lead: str) -> None:
    """Let the investor's partner follow it, and write back."""
    org, path = {"org": PARTNER_A}, f"/leads/{lead}"
    world.wait(lambda: world.ask("jingkai", "POST", f"{API}{path}/share", json=org,
                                 headers=world.etag(path, "jingkai")).is_success)  # fmt: skip
    said = "您好，80亩工业用地可以分两期供应；设备补贴的测算已附在会上材料里，欢迎下周三来车谷看地。"
    world.post("jingkai", f"{path}/answers", json=org | {"text": said})


def prepare(world: World) -> str:
    """An office's ordinary week; gives the lead that is shown."""
    with LEDGER.open("rb") as file:
        made = world.post("jingkai", "/imports", files={"file": (LEDGER.name, file)})["id"]
    world.ended(f"/jobs/{made}", "jingkai")
    sign(world)
    lead: str = world.post("jingkai", "/leads", json=LEAD)["id"]
    for text in ("首次拜访，对方关心用地和设备补贴。", "电话沟通，约下周三来车谷看地。"):
        world.post("jingkai", f"/leads/{lead}/follow-ups", json={"text": text, "next_plan": "准备用地方案和政策测算"})
    headers = world.etag(f"/leads/{lead}", "jingkai")
    world.post("jingkai", f"/leads/{lead}/stage", json={"to": "assessing"}, headers=headers)
    share(world, lead)
    world.wait(lambda: world.ask("jingkai", "GET", f"{API}/leads/{lead}/matches").is_success)
    world.wait(lambda: all(each["best_match"] for each in world.get("jingkai", "/leads?limit=200")["items"]))
    return lead


def shoot(someone: Person, name: str, path: str, ready: str, then: Callable[[Person], None] | None = None) -> None:
    """One picture of what fits the window."""
    someone.go(path)
    someone.page.wait_for_selector(ready)
    if then is not None:
        then(someone)
        someone.settle()
    someone.page.screenshot(path=TARGET / f"{name}.png")


def open_reason(someone: Person) -> None:
    """Open the first policy of the best zone and bring it into view."""
    someone.page.locator(".zone .policy > summary").first.click()
    someone.page.locator(".zones").scroll_into_view_if_needed()
    someone.page.evaluate("window.scrollBy(0, document.querySelector('.zones').getBoundingClientRect().top - 64)")


def draft(world: World) -> str:
    """A policy that waits for its reviewer, and may be tried meanwhile."""
    title, summary = "智能终端投资奖励", "对固定资产投资达到1亿元的项目给予奖励。"
    written = document(id="jingkai-terminals", title=title, summary=summary, standing="in_force", review=None)
    id: str = world.post("editor", "/policies", json={"policy": written})["id"]
    return id


def write(someone: Person) -> None:
    """A text that touches a rule of fair competition."""
    text = beginning().replace("summary: 制造业项目", "summary: 在区内注册的制造业项目")
    someone.page.fill("#t-text", text)
    someone.page.wait_for_selector("section[aria-labelledby=h-flags]")


def take(browser: Browser, world: World) -> None:
    """Every picture."""
    lead, drafted, week = prepare(world), draft(world), Week.of(SystemClock().now()).id
    imported = world.get("jingkai", "/imports")["items"][0]["import_id"]
    asked = "/eligibility?fact.industry_code=3962&fact.fixed_asset_investment=3.5亿元"
    for size, suffix in ((DESK, "1440"), (PHONE, "390")):
        with person(browser, world, size) as visitor:
            shoot(visitor, f"eligibility-{suffix}", asked, ".zone-card")
        with person(browser, world, size) as officer:
            officer.sign_in("jingkai")
            shoot(officer, f"home-{suffix}", "/", "#p-todo .lines")
            shoot(officer, f"leads-{suffix}", "/leads", "tbody tr")
            shoot(officer, f"board-{suffix}", "/leads/board", ".board-card")
            shoot(officer, f"import-{suffix}", f"/imports/{imported}", ".tallies")
            shoot(officer, f"lead-{suffix}", f"/leads/{lead}", ".timeline")
            shoot(officer, f"comparison-{suffix}", f"/leads/{lead}/policies", ".rank")
            shoot(officer, f"reasons-{suffix}", f"/leads/{lead}/policies", ".rank", open_reason)
        with person(browser, world, size) as manager:
            manager.sign_in("manager")
            shoot(manager, f"digest-{suffix}", f"/digests/{week}", ".headline")
            shoot(manager, f"dashboard-{suffix}", "/dashboard", "[data-drawn]")
        with person(browser, world, size) as partner:
            partner.sign_in("partner-a")
            shoot(partner, f"project-{suffix}", f"/projects/{lead}", "#main .card")
        with person(browser, world, size) as editor:
            editor.sign_in("editor")
            shoot(editor, f"policy-editor-{suffix}", "/policies/new", "#t-text", write)
            shoot(editor, f"dry-run-{suffix}", f"/policies/{drafted}/dry-run", "#trial .tallies")
        with person(browser, world, size) as admin:
            admin.sign_in("admin")
            shoot(admin, f"audit-{suffix}", "/audit", "tbody tr")
            shoot(admin, f"accounts-{suffix}", "/accounts", "tbody tr")


def main() -> int:
    """Serve a suite of its own, photograph it, say what was written."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where a browser is driven

    chromium = find_chromium()
    if chromium is None:
        sys.stderr.write("找不到 Chromium，请先安装（apt install chromium）。\n")
        return 1
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, open_world(Path(folder)) as world, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--lang=zh-CN"])
        take(browser, world)
        browser.close()
    pictures = sorted(TARGET.glob("*.png"))
    size = sum(path.stat().st_size for path in pictures)
    sys.stdout.write(f"{len(pictures)} pictures, {size // 1024} KiB in {TARGET.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""An editor withdraws a policy on its page; the office reads why companies do not see it, companies find nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flows.samples import policy
from tests.flows.world import World
from tests.pages.driver import PHONE, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

REASON = "上级文件废止，经专题会研究撤回"


def in_effect(world: World) -> str:
    """A policy that everybody sees."""
    number = next(world.numbers)
    text = policy(number, f"示例补贴第{number}号").replace("from: 2041-01-01", "from: 2026-01-01")
    made = world.post("editor", "/policies", json={"text": text})
    path = f"/policies/{made['id']}"
    review = {"approved": True, "conclusion": "可以出台", "basis": "公平竞争审查条例第十条"}
    world.post("reviewer", f"{path}/review", json=review, headers=world.etag(path, "editor"))
    world.post("editor", f"{path}/publish", headers=world.etag(path, "editor"))
    return path


def test_an_editor_withdraws_and_nobody_outside_finds_it_any_more(browser: Browser, world: World) -> None:
    path = in_effect(world)
    with person(browser, world) as visitor:
        visitor.go(path)
        assert "校验值" in visitor.text()
        assert "撤回" not in visitor.text()
    with person(browser, world, PHONE) as editor:
        editor.sign_in("editor")
        editor.go(path)
        form = editor.page.locator("section[aria-labelledby=h-withdraw]")
        form.locator("summary").click()
        form.locator("textarea").fill(REASON)
        assert editor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        form.locator("button").click()
        editor.page.wait_for_selector(".notice-wait")
        text = editor.text()
        assert REASON in text
        assert "企业看不到这项政策，也不计入合计：已经撤回。" in text
        assert editor.page.locator("section[aria-labelledby=h-withdraw]").count() == 0
    with person(browser, world) as visitor:
        visitor.go(path)
        assert "没有" in visitor.text()
        assert REASON not in visitor.page.content()


def test_a_reason_is_asked_for_where_the_form_comes_back(browser: Browser, world: World) -> None:
    path = in_effect(world)
    with person(browser, world) as editor:
        editor.sign_in("editor")
        editor.go(path)
        form = editor.page.locator("section[aria-labelledby=h-withdraw]")
        form.locator("summary").click()
        form.locator("textarea").fill(REASON)
        editor.page.evaluate("document.getElementById('w-from').removeAttribute('min')")
        form.locator("input[type=date]").fill("2026-01-05")
        form.locator("button").click()
        editor.page.wait_for_selector(".wrong")
        assert "今天" in editor.page.locator(".wrong").inner_text()
        assert editor.page.locator("#w-reason").input_value() == REASON


def test_the_list_says_what_companies_do_not_see(browser: Browser, world: World) -> None:
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go("/policies?standing=historical")
        text = officer.text()
        for words in ("待清理", "已到期"):
            assert words in text
    with person(browser, world) as visitor:
        visitor.go("/policies?standing=historical")
        assert "待清理" not in visitor.text()

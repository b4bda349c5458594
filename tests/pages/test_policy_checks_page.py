"""The checks of a draft on its page: to authors, with articles and answers, on a phone, and nothing of it as markup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.samples import policy
from tests.flows.world import World
from tests.pages.driver import PHONE, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IDLE = "    - {id: half, text: 固定资产投资不低于5000万元, fact: fixed_asset_investment, op: ge, value: 5000万元}\n"


def flagged(world: World) -> str:
    """A draft that touches a rule, and has a condition that never matters."""
    text = policy(next(world.numbers)).replace(
        "summary: 设备投资补贴的示例。", 'summary: "<b id=sly>在区内注册</b>的企业"'
    )
    assert "sly" in text
    made = world.post("editor", "/policies", json={"text": text.replace("  all:\n", f"  all:\n{IDLE}")})
    return str(made["id"])


@pytest.mark.parametrize("who", ["editor", "reviewer", "admin"])
def test_authors_see_flags_with_articles_and_advice(browser: Browser, world: World, who: str) -> None:
    id = flagged(world)
    with person(browser, world, PHONE) as someone:
        someone.sign_in(who)
        someone.go(f"/policies/{id}")
        shown = someone.page.locator("section[aria-labelledby=h-checks]")
        text = shown.inner_text()
        for words in ("现在还不能发布", "以登记地为条件", "尚未说明", "不起作用", "conditions.all.0"):
            assert words in text
        assert someone.page.locator("#sly").count() == 0
        shown.locator("summary").first.click()
        assert "市场监管总局令第99号" in shown.inner_text()
        assert someone.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_an_answer_takes_the_place_of_advice(browser: Browser, world: World) -> None:
    id = flagged(world)
    review: dict[str, Any] = {
        "approved": True, "conclusion": "可以出台", "basis": "公平竞争审查条例第十二条", "until": "2042-12-31",
        "overrides": [{"rule": "local-registration", "reason": "国务院批准的试点"}],
    }  # fmt: skip
    headers = world.etag(f"/policies/{id}", "editor")
    world.post("reviewer", f"/policies/{id}/review", json=review, headers=headers)
    with person(browser, world, PHONE) as someone:
        someone.sign_in("editor")
        someone.go(f"/policies/{id}")
        text = someone.page.locator("section[aria-labelledby=h-checks]").inner_text()
        assert "国务院批准的试点" in text
        assert "尚未说明" not in text
        assert "现在还不能发布" not in text


def test_others_see_none_of_it(browser: Browser, world: World) -> None:
    with person(browser, world) as someone:
        someone.go(f"/policies/{world.policy}")
        assert someone.page.locator("section[aria-labelledby=h-checks]").count() == 0

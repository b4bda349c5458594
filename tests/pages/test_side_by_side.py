"""The next question answered where it is asked, and zones side by side for a visitor and for a lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from gateway.pages import side_by_side
from gateway.pages.comparison import zone_view
from tests.flows.world import API, World
from tests.pages.driver import PHONE, Person, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ASKED = "fact.industry_code=3962&fact.fixed_asset_investment=3.5亿元"


def policy(id: str, verdict: str = "met", **changes: Any) -> dict[str, Any]:
    return {
        "policy": id,
        "verdict": verdict,
        "instrument": "reward",
        "in_best_combination": verdict == "met",
        "left_out_because": None,
        "left_out_kind": None,
        "missing_facts": [],
        "unclear_facts": [],
        "nearest": [],
        "nearest_asks": [],
        "conditions": [],
        **changes,
    }


def zone(id: str, *policies: dict[str, Any]) -> dict[str, Any]:
    sums = {"certain_fen": 100, "possible_fen": 200, "met": 1, "unknown": 0}
    years = [
        {"year": 2026, "certain_fen": 100, "possible_fen": 200},
        {"year": 2027, "certain_fen": 0, "possible_fen": 0},
    ]
    return zone_view({"zone": id, **sums, "by_year": years, "policies": list(policies)})


def condition(text: str, verdict: str, fact: str | None = "jobs") -> dict[str, Any]:
    return {"text": text, "verdict": verdict, "fact": fact}


def test_zones_of_an_address_are_known_and_named_once() -> None:
    assert side_by_side.chosen(["jingkai,donghu", "donghu", "guanggu", ""]) == ["jingkai", "donghu"]


def test_what_all_zones_have_is_told_once_and_the_rest_stands_aligned() -> None:
    city, subsidy = policy("city"), policy("own", "unknown", instrument="subsidy")
    sides = [zone("jingkai", city, subsidy), zone("donghu", city)]
    assert [each["policy"] for each in side_by_side.everywhere(sides)] == ["city"]
    (row,) = side_by_side.instruments(sides)
    assert row["instrument"] == "subsidy"
    assert [[each["policy"] for each in cell] for cell in row["cells"]] == [["own"], []]


def test_rules_on_the_same_fact_stand_side_by_side() -> None:
    one = policy("a", conditions=[condition("不少于100人", "not_met"), condition("不少于50人", "met")])
    other = policy("b", conditions=[condition("不少于80人", "unknown"), condition("在有效期内", "met", None)])
    alone = policy("c", conditions=[condition("投资不低于1亿元", "met", "fixed_asset_investment")])
    (row,) = side_by_side.rules([zone("jingkai", one, alone), zone("donghu", other)])
    assert (row["fact"], [[each["text"] for each in cell] for cell in row["cells"]]) == (
        "jobs", [["不少于50人", "不少于100人"], ["不少于80人"]],
    )  # fmt: skip


def test_each_zone_says_what_it_alone_would_have_to_know() -> None:
    asks = policy("a", "unknown", missing_facts=["jobs", "land_mu"])
    others = policy("x", "unknown", missing_facts=["listed"], left_out_kind="beneficiary")
    sides = [zone("jingkai", asks, others), zone("donghu", policy("b", "unknown", unclear_facts=["jobs"]))]
    found = side_by_side.side(sides[0], sides, ["land_mu", "jobs"])
    assert [(each["name"], each["here_alone"]) for each in found["needs"]] == [("land_mu", True), ("jobs", False)]
    assert found["more_needs"] == 0


def test_the_nearest_of_a_zones_own_policies_comes_first() -> None:
    change = {"fact": "jobs", "text": "增加到100人"}
    city = policy("city", "not_met", nearest=[change])
    own = [policy("far", "not_met", nearest=[change, change]), policy("near", "not_met", nearest=[change])]
    sides = [zone("jingkai", city, *own, policy("never", "not_met")), zone("donghu", city)]
    found = side_by_side.side(sides[0], sides, [])
    assert [each["policy"] for each in found["near"]] == ["near", "far", "city"]


def shown_zones(someone: Person) -> list[str]:
    return someone.page.locator(".sides thead a").all_inner_texts()


@pytest.mark.browser
def test_a_visitor_answers_the_next_question_and_compares_on_a_phone(browser: Browser, world: World) -> None:
    with person(browser, world, PHONE) as visitor:
        visitor.go(f"/eligibility?{ASKED}")
        question = visitor.page.locator(".next-question")
        assert "问清后可确定" in question.inner_text()
        control = question.locator("select, input").first
        name = control.get_attribute("name") or ""
        if control.evaluate("each => each.tagName") == "SELECT":
            control.select_option(index=1)
        else:
            control.fill("100")
            control.press("Tab")
        visitor.page.wait_for_url(f"**{name}=*")
        assert visitor.page.locator(f".next-question [name='{name}']").count() == 0
        visitor.page.click("text=并排比较")
        visitor.page.wait_for_selector(".sides")
        assert name in visitor.page.url
        assert len(shown_zones(visitor)) == 3
        for box in visitor.page.locator("input[name=zones]").all():
            box.set_checked(box.get_attribute("value") in ("donghu", "jingkai"))
        visitor.page.click("text=比较所选")
        visitor.page.wait_for_url("**zones=jingkai*")
        assert shown_zones(visitor) == ["武汉经济技术开发区", "东湖新技术开发区"]
        assert "就高不重复" in visitor.text(".sides")
        assert "最近的办法" not in visitor.text(".sides")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        left = visitor.page.locator(".sides tbody th").first
        before = left.bounding_box()
        visitor.page.locator(".sides-frame").evaluate("each => { each.scrollLeft = 200; }")
        after = left.bounding_box()
        assert before is not None
        assert after is not None
        assert after["x"] == before["x"]


@pytest.mark.browser
def test_an_officer_passes_on_a_comparison_of_a_lead_without_its_facts(browser: Browser, world: World) -> None:
    lead = world.new_lead()
    world.wait(lambda: world.ask("donghu", "GET", f"{API}/leads/{lead}/matches").is_success)
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}/policies")
        officer.page.click("text=并排比较")
        officer.page.wait_for_selector(".sides")
        assert "东湖新技术开发区" in shown_zones(officer)
        officer.go(f"/leads/{lead}/compare?zones=donghu,hanyang,jingkai,jiangxia,wuchang")
        assert len(shown_zones(officer)) == 4
        assert "一次最多并排4个区" in officer.text()
        officer.page.click("text=比较所选")
        officer.page.wait_for_selector(".sides-4")
        assert "fact." not in officer.page.url

"""An editor's journey: write a policy with a red flag, see why, mend it, try it, have it reviewed, publish it.

And a lead's answer changes. What was typed outlasts a closed window and an ended session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.pages.policy_writing import beginning
from tests.flows.samples import registration
from tests.flows.world import API, World
from tests.pages.driver import DESK, PHONE, Person, person

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FilePayload

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEXT = "#t-text"
FOUND = "#found"


def written(world: World, flagged: bool = True) -> tuple[str, str]:
    """A policy of its own, which touches a rule; and its id."""
    id = f"donghu-journey-{next(world.numbers)}"
    text = beginning().replace("donghu-my-policy", id).replace("先进制造业投资奖励", f"先进制造业奖励{id[-3:]}")
    return id, text.replace("summary: 制造业项目", "summary: 在区内注册的制造业项目") if flagged else text


def say(someone: Person, text: str) -> None:
    """Type a text, and wait until it was looked at."""
    with someone.page.expect_response(lambda answer: answer.request.method == "POST" and "/policies/" in answer.url):
        someone.page.fill(TEXT, text)
    someone.page.wait_for_selector(".htmx-request, .htmx-swapping, .htmx-settling", state="detached")


def write_and_mend(editor: Person, id: str, text: str) -> None:
    """Write a policy with a red flag, see why, mend it, save it."""
    editor.sign_in("editor")
    editor.page.click("text=起草政策 >> visible=true >> nth=0")
    say(editor, text)
    flags = editor.page.locator(f"{FOUND} section[aria-labelledby=h-flags]")
    assert "以登记地为条件" in flags.inner_text()
    flags.locator("summary").click()
    assert "市场监管总局令第99号" in flags.inner_text()
    flags.locator("a[data-line]").click()
    assert chosen(editor).startswith("summary: 在区内注册的制造业项目")
    say(editor, text.replace("在区内注册的", ""))
    assert "没有红旗。" in editor.text(FOUND)
    assert flags.count() == 0
    editor.page.click("text=保存草稿")
    editor.page.wait_for_url(f"**/policies/{id}?saved=new")
    assert "等审查员审查" in editor.text()


def chosen(someone: Person) -> str:
    """What is selected in the text."""
    area = "const area = document.activeElement"
    said = someone.page.evaluate(f"() => {{ {area}; return area.value.slice(area.selectionStart, area.selectionEnd) }}")
    return str(said)


def dry_run(editor: Person, world: World, id: str) -> None:
    """See on how many leads it would tell, and that nothing happened."""
    editor.page.click("main a:has-text('试算')")
    editor.page.wait_for_selector("#trial .tallies")
    assert "试算完成，什么也没有改动。" in editor.text("#trial")
    assert int(editor.page.locator("#trial .tally b").first.inner_text()) >= 1
    assert world.get("editor", f"/policies/{id}")["version"] == 0


def review(reviewer: Person, id: str) -> None:
    """Find it among what waits, approve it."""
    reviewer.sign_in("reviewer")
    reviewer.page.locator(f'a[href="/policies/{id}/review"]').click()
    reviewer.page.fill("#v-conclusion", "不排除、不限制竞争，可以出台")
    reviewer.page.fill("#v-basis", "公平竞争审查条例第八条至第十一条")
    reviewer.page.click("button:text-is('通过')")
    reviewer.page.wait_for_url(f"**/policies/{id}?saved=review")
    assert "等政策编辑发布。" in reviewer.text()


def publish(editor: Person, id: str) -> None:
    """Find it among what waits, publish it."""
    editor.go("/policies")
    editor.page.locator(f'section[aria-labelledby=h-mine] a[href="/policies/{id}"]').click()
    editor.page.click("text=发布第1版")
    editor.page.wait_for_url(f"**/policies/{id}?saved=publication")
    assert "第1版已发布" in editor.text()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_from_a_red_flag_to_a_changed_answer(browser: Browser, world: World, size: dict[str, int]) -> None:
    id, text = written(world)
    title = f"先进制造业奖励{id[-3:]}"
    lead = world.post("donghu", "/leads", json=registration(next(world.numbers)))["id"]
    world.wait(lambda: world.ask("donghu", "GET", f"{API}/leads/{lead}/matches").is_success)
    with (
        person(browser, world, size) as editor,
        person(browser, world, size) as reviewer,
        person(browser, world, size) as officer,
    ):
        officer.sign_in("donghu")
        officer.go(f"/leads/{lead}/policies")
        assert title not in officer.page.content()
        write_and_mend(editor, id, text)
        dry_run(editor, world, id)
        review(reviewer, id)
        publish(editor, id)
        world.wait(lambda: id in world.ask("donghu", "GET", f"{API}/leads/{lead}/matches").text)
        officer.go(f"/leads/{lead}/policies")
        officer.page.wait_for_selector(".rank")
        assert title in officer.page.content()
        for someone in (editor, reviewer, officer):
            assert someone.page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_what_is_wrong_is_one_click_away(browser: Browser, world: World) -> None:
    _, text = written(world, flagged=False)
    with person(browser, world) as editor:
        editor.sign_in("editor")
        editor.go("/policies/new")
        say(editor, text.replace("op: ge", "op: gte"))
        editor.page.locator(f"{FOUND} .problems a[data-line]").click()
        start = editor.page.evaluate("document.activeElement.selectionStart")
        assert text.replace("op: ge", "op: gte")[start:].startswith("op: gte")
        numbers = editor.page.locator(".numbers div")
        assert numbers.count() == text.count("\n") + 1
        assert editor.page.locator(".numbers .at").inner_text() == str(text[:start].count("\n") + 1)
        editor.page.click("text=保存草稿")
        editor.page.wait_for_selector(f"{FOUND} [role=alert]")
        assert editor.page.input_value(TEXT) == text.replace("op: ge", "op: gte")


def test_typing_outlasts_a_closed_window_and_an_ended_session(browser: Browser, world: World) -> None:
    id, text = written(world, flagged=False)
    with person(browser, world) as editor:
        editor.sign_in("editor")
        editor.go("/policies/new")
        say(editor, text)
        editor.go("/policies")
        editor.go("/policies/new")
        assert editor.page.locator("#kept-copy").is_visible()
        editor.page.click("text=恢复")
        assert editor.page.input_value(TEXT) == text

        editor.page.context.clear_cookies()
        editor.page.click("text=保存草稿")
        editor.page.wait_for_selector("h1:has-text('没有权限')")
        editor.sign_in("editor")
        editor.go("/policies/new")
        editor.page.click("text=恢复")
        assert editor.page.input_value(TEXT) == text
        editor.page.click("text=保存草稿")
        editor.page.wait_for_url(f"**/policies/{id}?saved=new")
        editor.go("/policies/new")
        assert not editor.page.locator("#kept-copy").is_visible()


def test_nobody_else_is_offered_what_was_typed(browser: Browser, world: World) -> None:
    _, text = written(world, flagged=False)
    world.passwords["third-editor"] = "third-long-enough"
    hired = {"sign_in": "third-editor", "name": "第三位编辑", "role": "policy_editor", "password": "third-long-enough"}
    world.post("admin", "/accounts", json=hired)
    with person(browser, world) as editor:
        editor.sign_in("editor")
        editor.go("/policies/new")
        say(editor, text)
        editor.page.context.clear_cookies()
        editor.sign_in("third-editor")
        editor.go("/policies/new")
        assert not editor.page.locator("#kept-copy").is_visible()


def test_a_file_is_read_where_it_lies(browser: Browser, world: World) -> None:
    _, text = written(world)
    with person(browser, world) as editor:
        editor.sign_in("editor")
        editor.go("/policies/new")
        file: FilePayload = {"name": "policy.yaml", "mimeType": "application/yaml", "buffer": text.encode()}
        editor.page.set_input_files("#t-file", file)
        editor.page.wait_for_selector("section[aria-labelledby=h-flags]")
        assert editor.page.input_value(TEXT) == text


def test_it_works_without_scripts(browser: Browser, world: World) -> None:
    id, text = written(world, flagged=False)
    with person(browser, world, java_script_enabled=False) as editor:
        editor.sign_in("editor")
        editor.go("/policies/new")
        editor.page.fill(TEXT, text.replace("op: ge", "op: gte"))
        editor.page.click("#do-check")
        editor.page.wait_for_selector(f"{FOUND} .problems")
        assert "op: gte" in editor.page.input_value(TEXT)
        editor.page.fill(TEXT, text)
        editor.page.click("text=保存草稿")
        editor.page.wait_for_url(f"**/policies/{id}?saved=new")
        editor.go(f"/policies/{id}/dry-run")
        editor.page.click("text=点这里看结果")
        editor.page.wait_for_selector(".tallies")

"""Pages on which policies are written: what is refused keeps what was typed, and no word is markup."""

from __future__ import annotations

import html

import pytest

from gateway.pages.policies import SHOWN
from gateway.pages.policy_writing import LONGEST_FILE, beginning
from services.incentives.authored import MAX_TEXT
from services.incentives.policy import read_policy
from tests.flows.policy_desk import REVIEW, Desk, drafted, revision, text_of, typed
from tests.flows.test_page_matrix import Browser
from tests.flows.world import World

MARKUP = '"</textarea><script id=sly>alert(1)</script>"'


def test_the_text_to_begin_with_is_a_whole_policy(editor: Desk) -> None:
    page = editor.get("/policies/new")
    assert typed(page) == beginning()
    for words in (
        "可以保存。3 个例子都对得上。没有红旗。",
        "属于制造业（行业属于以下行业之一：C 制造业）",
        "一次性奖励100万元",
    ):
        assert words in html.unescape(page.text)


def test_checking_saves_nothing_and_says_where(world: World, editor: Desk) -> None:
    id, text = text_of(world)
    answer = editor.post("/policies/new", {"text": text.replace("op: ge", "op: gte"), "do": "check"})
    assert answer.status_code == 200
    line = text[: text.index("op: ge")].count("\n") + 1
    assert f'data-line="{line}"' in answer.text
    assert "是否想写 ge" in answer.text
    assert world.ask("editor", "GET", f"/api/v1/policies/{id}").status_code == 404


def test_a_draft_is_saved_and_found_again_as_it_was_written(world: World, editor: Desk, reviewer: Desk) -> None:
    id, text = text_of(world)
    answer = editor.save(text.replace("\n", "\r\n"))
    assert (answer.status_code, answer.headers["location"]) == (303, f"/policies/{id}?saved=new")
    assert typed(editor.get(f"/policies/{id}/edit")) == text
    assert "草稿已保存" in editor.get(f"/policies/{id}?saved=new").text
    assert f'href="/policies/{id}/review"' in reviewer.get("/policies").text
    assert f'href="/policies/{id}/review"' in reviewer.get(f"/policies/{id}").text
    assert f'href="/policies/{id}/review"' not in editor.get(f"/policies/{id}").text


def test_every_draft_waits_for_its_reviewer_however_many_there_are(world: World, reviewer: Desk) -> None:
    ids = [drafted(world) for _ in range(SHOWN + 1)]
    page = reviewer.get("/policies").text
    assert [id for id in ids if f'href="/policies/{id}/review"' not in page] == []


def test_what_is_refused_stays_and_is_no_markup(world: World, editor: Desk) -> None:
    id, text = text_of(world, summary=MARKUP)
    wrong = text.replace("op: ge", "op: gte")
    answer = editor.save(wrong)
    assert (answer.status_code, typed(answer)) == (422, wrong)
    assert "有 1 处要改，改好才能保存" in answer.text
    assert "<script id=sly" not in answer.text
    assert editor.save(text).status_code == 303
    for path in (f"/policies/{id}", f"/policies/{id}/edit", f"/policies/{id}/dry-run"):
        assert "<script id=sly" not in editor.get(path).text


def test_an_example_that_disagrees_is_marked_and_keeps_the_draft_from_being_saved(world: World, editor: Desk) -> None:
    _, text = text_of(world)
    answer = editor.save(text.replace("amount: 100万元\n  - title", "amount: 90万元\n  - title"))
    assert answer.status_code == 422
    assert "不符" in answer.text
    assert "90万元" in typed(answer)


def test_flags_are_told_with_place_advice_and_article(world: World, editor: Desk) -> None:
    _, text = text_of(world, summary="在区内注册的制造业项目")
    answer = editor.post("/policies/new", {"text": text, "do": "check"})
    for words in ("以登记地为条件", "「在区内注册」", "看条文", "市场监管总局令第99号", "可以保存。"):
        assert words in answer.text


def test_an_empty_text_and_one_that_is_too_long_are_refused_in_words(editor: Desk) -> None:
    assert "还没有写内容" in editor.save(" \n").text
    long = "#" * (MAX_TEXT + 1)
    answer = editor.save(long)
    assert (answer.status_code, typed(answer)) == (422, long)
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title: 文件里的\n".encode("gb18030"), "不是 UTF-8 文字"),
        (b"#" * (LONGEST_FILE + 1), "不超过 64 KiB"),
        ("\ufeff# 文件里的\r\ntitle: 好\r\n".encode(), "文件里的"),
    ],
)
def test_a_file_takes_the_place_of_the_text_or_leaves_it(editor: Desk, content: bytes, said: str) -> None:
    upload = {"file": ("policy.yaml", content, "application/yaml")}
    answer = editor.post("/policies/new", {"text": "原来写的", "do": "load"}, files=upload)
    assert said in answer.text
    assert typed(answer) == ("# 文件里的\ntitle: 好\n" if said == "文件里的" else "原来写的")


def test_what_was_drafted_elsewhere_and_is_too_long_for_a_form_can_be_read(world: World, editor: Desk) -> None:
    id, text = text_of(world)
    whole = read_policy(text, "draft").model_dump(mode="json", by_alias=True)
    long = "长" * 2000
    overrides = [{"rule": "hand-picked", "reason": long} for _ in range(30)]
    review = {"reviewer": "某人", "conclusion": long, "basis": long, "on": "2026-01-05", "overrides": overrides}
    made = world.ask("editor", "POST", "/api/v1/policies", json={"policy": whole | {"summary": long, "review": review}})
    assert made.is_success, made.text
    page = editor.get(f"/policies/{id}/edit")
    assert (page.status_code, len(typed(page)) > MAX_TEXT) == (422, True)
    assert 'role="alert"' in page.text


def test_an_older_window_does_not_write_over_what_was_saved_since(world: World, editor: Desk) -> None:
    id, text = text_of(world)
    editor.save(text)
    first = revision(world, id)
    newer, older = text.replace("奖励\n", "奖励（新）\n", 1), text.replace("奖励\n", "奖励（旧）\n", 1)
    assert editor.save(newer, f"/policies/{id}/edit", first).status_code == 303
    answer = editor.save(older, f"/policies/{id}/edit", first)
    assert (answer.status_code, typed(answer)) == (412, older)
    assert "在别处改过" in answer.text
    assert f'name="revision" value="{first + 1}"' in answer.text
    assert typed(editor.get(f"/policies/{id}/edit")) == newer
    assert editor.save(text).status_code == 412


def test_another_id_is_another_policy(world: World, editor: Desk) -> None:
    id, text = text_of(world)
    editor.save(text)
    answer = editor.save(text.replace(id, f"{id}-b"), f"/policies/{id}/edit", revision(world, id))
    assert answer.status_code == 422
    assert "会另起一条政策" in answer.text
    assert f"{id}-b" in typed(answer)


def test_the_draft_of_somebody_else_can_be_read_but_not_saved(world: World) -> None:
    id, text = text_of(world)
    world.post("editor", "/policies", json={"text": text})
    world.passwords["second-editor"] = "second-long-enough"
    hired = {
        "sign_in": "second-editor",
        "name": "另一位编辑",
        "role": "policy_editor",
        "password": "second-long-enough",
    }
    account = world.post("admin", "/accounts", json=hired)["id"]
    second = Desk(world, Browser(world, "second-editor"))
    page = second.get(f"/policies/{id}/edit")
    assert "您不能保存" in page.text
    assert 'value="save"' not in page.text
    refused = second.save(text, f"/policies/{id}/edit", revision(world, id))
    assert (refused.status_code, typed(refused)) == (409, text)
    own, own_text = text_of(world)
    second.save(own_text)
    _promote(world, account)
    promoted = Desk(world, Browser(world, "second-editor"))
    page = promoted.get(f"/policies/{own}/review")
    assert "这份草稿是您起草的" in page.text
    assert 'name="conclusion"' not in page.text
    assert 'name="conclusion"' in promoted.get(f"/policies/{id}/review").text
    answer = promoted.post(f"/policies/{own}/review", {**REVIEW, "revision": str(revision(world, own))})
    assert answer.status_code == 403
    assert "起草人以外的人" in answer.text
    for desk in (second, promoted):
        desk.browser.client.close()


def _promote(world: World, account: str) -> None:
    headers = world.etag(f"/accounts/{account}", "admin")
    done = world.ask("admin", "PATCH", f"/api/v1/accounts/{account}", json={"role": "reviewer"}, headers=headers)
    assert done.is_success, done.text

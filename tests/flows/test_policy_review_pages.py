"""Pages on which policies are reviewed, tried and published: each step by who may, on what they saw."""

from __future__ import annotations

import re

import pytest

from gateway.pages.policy_writing import beginning
from tests.flows.policy_desk import REVIEW, Desk, drafted, revision, text_of
from tests.flows.world import World


@pytest.mark.parametrize("path", ["/policies/new", "/policies/{id}/edit", "/policies/{id}/publish"])
def test_without_its_token_a_form_does_nothing(world: World, editor: Desk, path: str) -> None:
    id = drafted(world)
    before = revision(world, id)
    answer = editor.post(path.format(id=id), {"csrf": "guess", "text": beginning(), "do": "save", "revision": "1"})
    assert answer.status_code == 403
    assert revision(world, id) == before


def test_a_review_that_lacks_something_keeps_what_was_typed(world: World, reviewer: Desk) -> None:
    id = drafted(world, summary="在区内注册的制造业项目")
    path, now = f"/policies/{id}/review", str(revision(world, id))
    form = {"conclusion": "", "basis": "依据写了", "reason.local-registration": "国务院批准", "ground": "technology"}
    answer = reviewer.post(path, {**form, "approved": "true", "revision": now})
    assert answer.status_code == 422
    for words in ("依据写了", "国务院批准</textarea>", "有 1 处需要更正"):
        assert words in answer.text
    answer = reviewer.post(path, {**form, "conclusion": "可以", "approved": "true", "revision": now})
    assert answer.status_code == 422
    assert "要写明实施期限" in answer.text
    assert revision(world, id) == int(now)


def test_a_review_of_what_changed_meanwhile_is_not_recorded(world: World, reviewer: Desk) -> None:
    id, text = text_of(world)
    world.post("editor", "/policies", json={"text": text})
    seen = str(revision(world, id))
    world.post("editor", "/policies", json={"text": text.replace("先进制造业投资奖励", "改过的标题")})
    answer = reviewer.post(f"/policies/{id}/review", {**REVIEW, "revision": seen})
    assert answer.status_code == 412
    for words in ("草稿又改过", "改过的标题", "不排除、不限制竞争</textarea>", f'value="{int(seen) + 1}"'):
        assert words in answer.text
    assert world.get("reviewer", f"/policies/{id}")["draft"]["approved"] is None


def test_publication_is_refused_with_the_reason_until_it_is_reviewed(
    world: World, editor: Desk, reviewer: Desk
) -> None:
    id = drafted(world, summary="在区内注册的制造业项目")
    form = {"revision": str(revision(world, id))}
    refused = editor.post(f"/policies/{id}/publish", form)
    assert (refused.status_code, "尚未审查" in refused.text) == (409, True)
    assert f"/policies/{id}/publish" not in editor.get(f"/policies/{id}").text
    done = reviewer.post(f"/policies/{id}/review", {**REVIEW, **form})
    assert (done.status_code, done.headers["location"]) == (303, f"/policies/{id}?saved=review")
    page = editor.get(f"/policies/{id}").text
    assert "审查没有说明理由" in page
    assert f"/policies/{id}/publish" not in page
    again = {"revision": str(revision(world, id)), "reason.local-registration": "国务院批准的试点"}
    assert reviewer.post(f"/policies/{id}/review", {**REVIEW, **again}).status_code == 303
    assert f'action="/policies/{id}/publish"' in editor.get(f"/policies/{id}").text
    assert "已审查，等发布" in editor.get("/policies").text
    stale = editor.post(f"/policies/{id}/publish", form)
    assert (stale.status_code, "刚被他人更改" in stale.text) == (412, True)
    done = editor.post(f"/policies/{id}/publish", {"revision": str(revision(world, id))})
    assert done.headers["location"] == f"/policies/{id}?saved=publication"
    page = editor.get(done.headers["location"]).text
    assert "第1版已发布" in page
    assert "重新匹配" in page


def test_a_version_that_begins_later_is_not_said_to_count_now(world: World, editor: Desk, reviewer: Desk) -> None:
    id = drafted(world, valid="{from: 2098-01-01, until: 2098-12-31}")
    form = {"revision": str(revision(world, id))}
    assert reviewer.post(f"/policies/{id}/review", {**REVIEW, **form}).status_code == 303
    done = editor.post(f"/policies/{id}/publish", {"revision": str(revision(world, id))})
    page = editor.get(done.headers["location"]).text
    assert "第1版已发布，从生效那天起换用" in page
    assert "现在起生效" not in page


def test_what_was_turned_down_waits_for_its_author(world: World, editor: Desk, reviewer: Desk) -> None:
    id = drafted(world)
    form = {**REVIEW, "approved": "false", "conclusion": "含有限制性条件", "revision": str(revision(world, id))}
    assert reviewer.post(f"/policies/{id}/review", form).status_code == 303
    page = editor.get(f"/policies/{id}").text
    for words in ("审查没有通过，请修改后保存", "含有限制性条件", f'href="/policies/{id}/edit"'):
        assert words in page
    assert re.search(rf'href="/policies/{id}"[^>]*>.*?未通过', editor.get("/policies").text, re.S)


def test_a_dry_run_is_a_page_of_its_own_without_scripts(world: World, editor: Desk, reviewer: Desk) -> None:
    id = drafted(world)
    before = revision(world, id)
    page = editor.get(f"/policies/{id}/dry-run?as_of=2026-03-01")
    assert f"/policies/{id}/panels/dry-run?as_of=2026-03-01" in page.text
    for desk in (editor, reviewer):
        result = desk.get(f"/policies/{id}/panels/dry-run?as_of=2026-03-01")
        for words in ("什么也没有改动", "3月1日", "变为符合", "<!doctype html>"):
            assert words in result.text
        panel = desk.get(f"/policies/{id}/panels/dry-run", **{"HX-Request": "true"})
        assert "<!doctype html>" not in panel.text
        assert "什么也没有改动" in panel.text
    assert "日期写成" in editor.get(f"/policies/{id}/dry-run?as_of=3月").text
    assert revision(world, id) == before

"""A policy as a file, and the checks of what nobody has saved: what is exported is imported byte for byte."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from services.incentives.authored import MAX_TEXT
from services.incentives.policy import read_policy
from services.incentives.policy_text import formatted
from tests.incentives.conftest import Desk
from tests.incentives.test_authoring_api import REVIEW, city, drafted, published

NOTE = "# 只给起草人看的备注\n"


def text_of(id: str, **changes: Any) -> str:
    return NOTE + yaml.safe_dump(city(id, **changes), allow_unicode=True, sort_keys=False)


async def exported(desk: Desk, id: str, who: str = "editor", **params: Any) -> str:
    answer = await desk.ask(who, "GET", f"/policies/{id}/text", **params)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/yaml")
    assert f'filename="{id}.yaml"' in answer.headers["content-disposition"]
    return answer.text


async def write(desk: Desk, text: str, status: int = 201, **more: Any) -> Any:
    return await desk.post("/policies", {"text": text, **more}, "editor", status)


async def test_a_draft_keeps_its_authors_text(desk: Desk) -> None:
    text = text_of("new-one")
    await write(desk, text)
    assert await exported(desk, "new-one") == text
    assert await exported(desk, "new-one", "reviewer", draft=True) == text
    assert await exported(desk, "new-one", "admin", draft=True) == text


async def test_a_draft_in_json_has_the_canonical_text(desk: Desk) -> None:
    await drafted(desk, "new-one")
    assert await exported(desk, "new-one") == formatted(read_policy(text_of("new-one"), "x"))


async def test_what_is_exported_is_imported_byte_for_byte(desk: Desk) -> None:
    await published(desk, "new-one")
    first = await exported(desk, "new-one", "")
    await write(desk, first)
    assert await exported(desk, "new-one", draft=True) == first
    draft = await desk.get("/policies/new-one", "editor")
    assert draft["draft"]["document"] == draft["document"]
    assert draft["draft_state"] == "unreviewed"
    assert (await desk.get("/policies/new-one/checks", "editor"))["changes"] == []


async def test_every_version_and_the_draft_have_a_text_of_their_own(desk: Desk) -> None:
    await published(desk, "new-one")
    first = await exported(desk, "new-one", "")
    await published(desk, "new-one", title="改过的标题")
    await write(desk, text_of("new-one", title="又改"))
    assert await exported(desk, "new-one", "jingkai", version=1) == first
    assert (await desk.ask("", "GET", "/policies/new-one/text", version=1)).status_code == 404
    assert "title: 改过的标题" in await exported(desk, "new-one", "")
    assert "title: 又改" in await exported(desk, "new-one", draft=True)
    for who in ("", "jingkai", "partner"):
        assert (await desk.ask(who, "GET", "/policies/new-one/text", draft=True)).status_code == 404
    assert (await desk.ask("", "GET", "/policies/new-one/text", version=3)).status_code == 404


@pytest.mark.parametrize("who", ["", "jingkai", "partner"])
async def test_an_unpublished_draft_is_not_there_for_others(desk: Desk, who: str) -> None:
    await write(desk, text_of("new-one"))
    assert (await desk.ask(who, "GET", "/policies/new-one/text")).status_code == 404


async def test_a_published_policy_without_a_draft_says_so(desk: Desk) -> None:
    await published(desk, "new-one")
    refused = await desk.ask("editor", "GET", "/policies/new-one/text", draft=True)
    assert (refused.status_code, "没有草稿" in refused.text) == (404, True)


async def test_what_changed_meanwhile_is_not_written_over(desk: Desk) -> None:
    receipt = await write(desk, text_of("new-one"), revision=0)
    await write(desk, text_of("new-one", title="第二次"), revision=receipt["revision"])
    refused = await write(desk, text_of("new-one", title="旧窗口"), 412, revision=receipt["revision"])
    assert "在别处改过" in refused["detail"]
    await write(desk, text_of("new-one"), 412, revision=0)
    assert "第二次" in await exported(desk, "new-one")


async def test_what_is_wrong_is_told_by_line_and_column_and_nothing_is_kept(desk: Desk) -> None:
    text = text_of("new-one").replace("op: ge", "op: gte")
    found = await desk.post("/policies/check", {"text": text}, "editor")
    (problem,) = found["problems"]
    line = text.splitlines()[problem["line"] - 1]
    assert line[problem["column"] - 1 :].startswith("op: gte")
    assert (problem["path"], "是否想写 ge" in problem["message"]) == ("conditions.op", True)
    assert (found["policy"], found["reading"]) == (None, None)
    assert (await desk.ask("editor", "GET", "/policies/new-one")).status_code == 404


async def test_flags_and_findings_have_their_line_and_the_policy_its_sentences(desk: Desk) -> None:
    text = text_of("new-one", summary="在区内注册的企业")
    found = await desk.post("/policies/check", {"text": text}, "reviewer")
    (flag,) = found["flags"]
    assert text.splitlines()[flag["line"] - 1] == "summary: 在区内注册的企业"
    assert (flag["rule"], flag["reason"], found["problems"]) == ("local-registration", None, [])
    assert found["reading"]["conditions"] == [{"depth": 0, "group": False, "text": "固定资产投资不低于1亿元"}]
    assert found["reading"]["benefit"] == ["奖励200万元", "一笔200万元"]
    assert "在区内注册的企业" in found["reading"]["head"]
    await write(desk, text)
    saved = await desk.get("/policies/new-one/checks", "reviewer")
    assert (saved["flags"][0]["line"], saved["reading"]) == (flag["line"], found["reading"])


async def test_an_example_that_disagrees_is_a_problem_beside_the_reading(desk: Desk) -> None:
    bad = city("new-one")
    bad["examples"][1]["verdict"] = "met"
    found = await desk.post("/policies/check", {"text": yaml.safe_dump(bad, allow_unicode=True)}, "editor")
    assert [each["path"] for each in found["problems"]] == ["examples.1"]
    assert found["reading"] is not None


async def test_changes_against_what_is_published_are_told_in_words(desk: Desk) -> None:
    await published(desk, "new-one")
    text = text_of("new-one", amount="300万元")
    found = await desk.post("/policies/check", {"text": text}, "editor")
    said = {each["path"]: (each["before"], each["after"]) for each in found["changes"]}
    assert said["benefit.amount"] == ("200万元", "300万元")
    await write(desk, text)
    saved = await desk.get("/policies/new-one/checks", "reviewer")
    assert {each["path"]: (each["before"], each["after"]) for each in saved["changes"]}["benefit.amount"] == (
        "200万元", "300万元",
    )  # fmt: skip


@pytest.mark.parametrize(("who", "status"), [("", 401), ("jingkai", 403), ("partner", 403), ("admin", 403)])
async def test_who_checks(desk: Desk, who: str, status: int) -> None:
    await desk.post("/policies/check", {"text": text_of("new-one")}, who, status)


async def test_what_is_too_long_is_refused_and_the_longest_is_not(desk: Desk) -> None:
    await desk.post("/policies/check", {"text": "x" * (MAX_TEXT + 1)}, "editor", 422)
    padded = text_of("new-one")
    padded += "#" * (MAX_TEXT - len(padded))
    assert (await desk.post("/policies/check", {"text": padded}, "editor"))["problems"] == []
    await write(desk, padded)
    assert await exported(desk, "new-one") == padded


async def test_drafts_are_listed_with_how_far_they_came(desk: Desk) -> None:
    receipt = await drafted(desk, "one")
    await published(desk, "two")
    await drafted(desk, "two")
    await desk.post("/policies/one/review", REVIEW, "reviewer", match=receipt["revision"])
    found = await desk.get("/policies", "reviewer", has_draft=True)
    assert {each["id"]: (each["draft_state"], each["draft_author"]) for each in found["items"]} == {
        "one": ("approved", "editor"), "two": ("unreviewed", "editor"),
    }  # fmt: skip
    seen = (await desk.get("/policies", "jingkai", has_draft=True))["items"]
    assert [(each["id"], each["draft_state"], each["draft_author"]) for each in seen] == [("two", None, None)]

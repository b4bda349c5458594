"""Writing a policy: its text, what is wrong with it, what a reviewer will ask, how it reads; kept as a draft.

Whatever is refused stays in the form. Nothing here needs a script: checking and saving are buttons of one form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.pages import policy_steps
from gateway.pages.api import Refused
from gateway.pages.forms import Form
from gateway.pages.routing import PageRoute
from gateway.pages.visit import Visit, Visiting
from kit.errors import Invalid, Stale

router = APIRouter(route_class=PageRoute)

LONGEST_FILE = 256 * 1024
"""Bytes of the longest text that can be within the API's limit of characters."""
SAVE = "save"
Found = dict[str, Any]


@cache
def beginning() -> str:
    """The text with which a new policy begins: whole, and explained line by line."""
    return (Path(__file__).parent / "policy_template.yaml").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Desk:
    """What lies on an editor's desk: a policy (none where it is new), the revision it was read at, its draft."""

    policy: str = ""
    title: str = ""
    revision: int = 0
    published: int = 0
    draft: Mapping[str, Any] | None = None

    @classmethod
    async def of(cls, visit: Visit, id: str) -> Desk:
        """As it is now."""
        found = await visit.api.get(f"/policies/{id}")
        return cls(id, found["title"], found["revision"], found["version"], found["draft"])

    def others(self, visit: Visit) -> str:
        """Whose draft it is, where it is somebody else's."""
        return "" if self.draft is None or policy_steps.own(visit, self.draft) else str(self.draft["author_name"])

    @property
    def address(self) -> str:
        """Of its form."""
        return f"/policies/{self.policy}/edit" if self.policy else "/policies/new"


@router.get("/policies/new")
async def new_policy(visit: Visiting) -> Response:
    """A text to begin with."""
    return _draw(visit, Desk(), beginning(), await _check(visit, beginning()))


@router.post("/policies/new")
async def write_new(request: Request, visit: Visiting) -> Response:
    """Check what was written, or save it."""
    return await _written(visit, await Form.of(request), Desk())


@router.get("/policies/{id}/edit")
async def edit_policy(id: str, visit: Visiting) -> Response:
    """The draft as its author left it; where there is none, what is published."""
    desk = await Desk.of(visit, id)
    text = await visit.api.text(f"/policies/{id}/text", draft=desk.draft is not None)
    try:
        return _draw(visit, desk, text, await _check(visit, text))
    except Refused as refused:
        return _draw(visit, desk, text, None, refused=refused)


@router.post("/policies/{id}/edit")
async def write_again(id: str, request: Request, visit: Visiting) -> Response:
    """Check what was written, or save it."""
    return await _written(visit, await Form.of(request), await Desk.of(visit, id))


async def _written(visit: Visit, form: Form, desk: Desk) -> Response:
    text = _typed(form)
    found: Found | None = None
    try:
        text = await _uploaded(visit, form) or text
        found = await _check(visit, text)
        if form.text("do") != SAVE:
            return _draw(visit, desk, text, found, revision=form.revision)
        return visit.go(await _save(visit, form, desk, text, found))
    except Refused as refused:
        revision = desk.revision if refused.status == Stale.status else form.revision
        return _draw(visit, desk, text, found, revision=revision, refused=refused)


async def _save(visit: Visit, form: Form, desk: Desk, text: str, found: Found) -> str:
    """Keep the draft; gives where to go on."""
    if found["problems"]:
        said = visit.say("有 {n} 处要改，改好才能保存；文字都还在。", n=len(found["problems"]))
        raise Refused(Invalid.status, Invalid.title, said)
    if desk.policy and found["policy"] != desk.policy:
        said = visit.say(
            "编号从 {old} 改成了 {new}，会另起一条政策。只改内容的，把编号改回来；要另起的，到「起草政策」。",
            old=desk.policy, new=found["policy"],
        )  # fmt: skip
        raise Refused(Invalid.status, Invalid.title, said)
    receipt = await visit.api.post("/policies", {"text": text, "revision": form.revision}, key=form.key)
    return f"/policies/{receipt['id']}?saved={'edit' if desk.policy else 'new'}"


async def _check(visit: Visit, text: str) -> Found:
    if not text.strip():
        raise Refused(Invalid.status, Invalid.title, visit.say("还没有写内容。"))
    return await visit.api.post("/policies/check", {"text": text})


def _typed(form: Form) -> str:
    """The text as it was typed; browsers end its lines in their own way."""
    value = form.data.get("text", "")
    return value.replace("\r\n", "\n") if isinstance(value, str) else ""


async def _uploaded(visit: Visit, form: Form) -> str:
    """What a file says; empty where none was chosen.

    Raises:
        Refused: it is no text that could be a policy.
    """
    file = form.file("file")
    if file is None:
        return ""
    content = await file.read(LONGEST_FILE + 1)
    if len(content) > LONGEST_FILE:
        raise Refused(Invalid.status, Invalid.title, visit.say("文件太大：一条政策不超过 64 KiB，请拆成几条。"))
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Refused(
            Invalid.status, Invalid.title, visit.say("文件不是 UTF-8 文字，请用 UTF-8 另存后再选。")
        ) from error


def _draw(
    visit: Visit,
    desk: Desk,
    text: str,
    found: Found | None,
    *,
    revision: int | None = None,
    refused: Refused | None = None,
) -> Response:
    return visit.page(
        "policy_edit.html",
        refused.status if refused else 200,
        desk=desk,
        others=desk.others(visit),
        text=text,
        lines=text.split("\n"),
        found=found,
        revision=desk.revision if revision is None else revision,
        refused=refused,
    )

"""Authoring by API: drafts, reviews, publication, dry runs, and loading official code tables."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from contracts.vocabulary.form import Form
from kit.auth import Principal
from kit.errors import FieldError
from kit.web import IfMatch, OwnPorts, StrictModel, require, set_etag
from operating.idempotency import IdempotencyKey, RequestKey
from services.incentives.authored import MAX_TEXT, AuthoringError
from services.incentives.code_table import CodeRow, problems_of
from services.incentives.commands import authoring
from services.incentives.commands.checks import check_text, checks
from services.incentives.commands.dry_run import dry_run
from services.incentives.commands.soundness import policy_of_text, refused, sound
from services.incentives.commands.withdrawal import withdraw
from services.incentives.errors import InvalidCodeTable
from services.incentives.policy import Policy, policy_from
from services.incentives.queries.codes import codes, missing_codes
from services.incentives.repository import CodeTable, CodeTables, today
from services.incentives.routes import PolicyId, Shelves
from services.incentives.schemas import (
    CheckAnswer,
    CheckInput,
    ChecksAnswer,
    CodeFilter,
    CodePage,
    CodeTableReceipt,
    DryRunAnswer,
    PolicyReceipt,
    ReviewInput,
    WithdrawalInput,
)
from services.incentives.settings import MAX_CODES

router = APIRouter()

Editor = Annotated[Principal, Depends(require("policy_editor"))]
Reviewer = Annotated[Principal, Depends(require("reviewer"))]
Author = Annotated[Principal, Depends(require("policy_editor", "reviewer"))]
Checker = Annotated[Principal, Depends(require("policy_editor", "reviewer", "administrator"))]
Loader = Annotated[Principal, Depends(require("administrator", "policy_editor"))]


class _AsWritten:
    """A policy whose schema callers are shown, while nothing of it is read on the loop: that may take a moment."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _written: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(Policy.__pydantic_core_schema__)


class DraftInput(StrictModel):
    """A draft, as the text of a policy file or as the same in JSON; what it says is read in a thread of its own."""

    text: Annotated[str, Field(min_length=1)] | None = Field(
        None, description=f"政策文件的 YAML 全文，最多 {MAX_TEXT // 1024} KiB"
    )
    policy: Annotated[dict[str, Any], _AsWritten] | None = Field(None, description="同样内容的 JSON")
    revision: int | None = Field(None, ge=0, le=10**9, description="从哪一次保存改起，新的写 0；之后在别处改过的不保存")

    @model_validator(mode="after")
    def _one_way(self) -> DraftInput:
        if (self.text is None) == (self.policy is None):
            raise ValueError("text 和 policy 写一项")
        return self


class CodeTableInput(StrictModel):
    """A complete table of one version."""

    version: Annotated[str, Form(r"^[A-Za-z0-9._-]{1,40}$", "只用字母、数字和 . _ -，最多40个")]
    valid_from: date
    codes: Annotated[list[CodeRow], Field(min_length=1, max_length=MAX_CODES)]


async def tables_of(request: Request) -> CodeTables:
    """The code tables of the app that handles this request."""
    tables: CodeTables = request.app.state.tables
    return tables


Tables = Annotated[CodeTables, Depends(tables_of)]


@router.post("/policies", status_code=201, response_model=PolicyReceipt, summary="起草政策")
async def draft_policy(
    body: DraftInput, key: IdempotencyKey, editor: Editor, ports: OwnPorts, response: Response
) -> dict[str, Any]:
    """Keep a draft of a new policy, or of the next version of an existing one."""
    policy = await asyncio.to_thread(_sound, body)
    request = RequestKey.of(key, body, "draft")
    receipt = await authoring.draft(ports, editor, policy, request, text=body.text, revision=body.revision)
    response.headers["Location"] = f"/api/v1/policies/{receipt['id']}"
    return _receipt(receipt, response)


@router.post("/policies/check", summary="检查还没有保存的文字")
async def check_unsaved(
    body: CheckInput, _author: Author, ports: OwnPorts, library: Shelves, tables: Tables
) -> CheckAnswer:
    """What is wrong with a text, by line and column, what a reviewer will ask, and how it reads; nothing is stored."""
    return await check_text(ports, library, tables, body.text)


@router.post("/policies/{id}/review", response_model=PolicyReceipt, summary="公平竞争审查")
async def review_policy(
    id: PolicyId,
    body: ReviewInput,
    revision: IfMatch,
    key: IdempotencyKey,
    reviewer: Reviewer,
    ports: OwnPorts,
    response: Response,
) -> dict[str, Any]:
    """Record the conclusion of somebody who did not write the draft."""
    request = RequestKey.of(key, body, "review", id)
    return _receipt(await authoring.review(ports, reviewer, id, body, revision, request), response)


@router.post("/policies/{id}/publish", response_model=PolicyReceipt, summary="发布政策")
async def publish_policy(
    id: PolicyId,
    revision: IfMatch,
    key: IdempotencyKey,
    editor: Editor,
    ports: OwnPorts,
    library: Shelves,
    response: Response,
) -> dict[str, Any]:
    """Make the reviewed draft count from its first day on; leads are matched again within a minute of it."""
    request = RequestKey.of(key, {}, "publish", id)
    return _receipt(await authoring.publish(ports, library, editor, id, revision, request), response)


@router.post("/policies/{id}/withdraw", response_model=PolicyReceipt, summary="撤回政策")
async def withdraw_policy(
    id: PolicyId,
    body: WithdrawalInput,
    revision: IfMatch,
    key: IdempotencyKey,
    editor: Editor,
    ports: OwnPorts,
    library: Shelves,
    response: Response,
) -> dict[str, Any]:
    """Take a policy out of the catalogue from a day on, with a reason that is kept for ever."""
    request = RequestKey.of(key, body, "withdraw", id)
    return _receipt(await withdraw(ports, library, editor, id, body, revision, request), response)


@router.get("/policies/{id}/checks", summary="发布前检查")
async def check_draft(id: PolicyId, author: Checker, ports: OwnPorts, library: Shelves, tables: Tables) -> ChecksAnswer:
    """Where the draft touches a rule of fair competition, what is idle in it, and what keeps it from publication."""
    return await checks(ports, library, tables, author, id)


@router.post("/policies/{id}/dry-run", response_model=DryRunAnswer, summary="试算")
async def try_policy(
    id: PolicyId,
    author: Author,
    ports: OwnPorts,
    library: Shelves,
    as_of: Annotated[
        date | None, Query(ge=date(2000, 1, 1), le=date(2100, 12, 31), description="按哪一天试算，默认今天")
    ] = None,
) -> dict[str, Any]:
    """What publishing the draft would change for the leads there are, and its cost by year; nothing is stored."""
    return await dry_run(ports, library, author, id, as_of)


@router.get("/industry-codes", summary="国民经济行业代码")
async def list_codes(ports: OwnPorts, tables: Tables, wanted: Annotated[CodeFilter, Query()]) -> CodePage:
    """Codes of the version that applies today, or of the one named."""
    return codes(tables, today(ports), wanted)


@router.post("/industry-codes", status_code=201, response_model=CodeTableReceipt, summary="载入行业代码表")
async def load_codes(
    body: CodeTableInput, key: IdempotencyKey, loader: Loader, tables: Tables, library: Shelves
) -> dict[str, Any]:
    """Load a complete official table under a version of its own."""
    wrong = problems_of(body.codes)
    if wrong:
        errors = [FieldError(f"codes.{number}", message) for number, message in wrong[:100]]
        raise InvalidCodeTable(f"共有 {len(wrong)} 行需要更正，整份未载入；更正后请重新提交。", errors=errors)
    table = CodeTable(body.version, body.valid_from, complete=True, rows=tuple(body.codes))
    receipt = await tables.add(table, loader, RequestKey.of(key, body, "codes"))
    return receipt | {"missing": missing_codes(table, library)}


def _sound(body: DraftInput) -> Policy:
    if body.text is not None:
        return policy_of_text(body.text)
    assert body.policy is not None  # noqa: S101 - the model takes exactly one of text and policy
    try:
        return sound(policy_from(body.policy, "草稿"))
    except AuthoringError as error:
        raise refused(error.problems) from error


def _receipt(receipt: dict[str, Any], response: Response) -> dict[str, Any]:
    set_etag(response, receipt["revision"])
    return receipt

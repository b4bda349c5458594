"""The canaries stand in every field there is: of each input of the API, read from its schema."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.flows.canaries import CANARIES, LEDGER, PLANTED, ROUNDED, heard

OPENAPI = Path(__file__).resolve().parent.parent.parent / "contracts" / "openapi.json"
SCHEMAS: Mapping[str, Any] = json.loads(OPENAPI.read_text("utf-8"))["components"]["schemas"]
FREE = ("string", "number", "integer")
CLOSED = ("enum", "const", "pattern")
POINTING = frozenset({"org", "decision", "lead_id", "code", "expires_days", "organisation.id", "email", "phone"})
"""What names another record, or is planted under its own form."""
ELSEWHERE: Mapping[str, str] = {
    "AcceptInput": "a code and a password: test_canaries looks for those",
    "AccountChange": "the fields of NewInvitation",
    "AssignInput": "names an account",
    "BackupRequest": "says nothing",
    "Body_request_import_imports_post": "the ledger",
    "CheckInput": "the text of DraftInput, and not kept",
    "CodeTableInput": "published",
    "ContactPatch": "the fields of LeadInput's contact",
    "DeliveryFilter": "finds, and is not kept",
    "DiscardInput": "a reason for the log, as ReasonInput",
    "DutyInput": "names an account",
    "ExportInput": "finds, and is not kept",
    "InvitationInput": "a link: test_canaries looks for its code",
    "LeadPatch": "the fields of LeadInput",
    "LeadsReasonInput": "planted as ReasonInput",
    "NewAccount": "the fields of NewInvitation",
    "NewContact": "the fields of LeadInput's contact",
    "OwnPassword": "passwords: test_canaries looks for those",
    "RecipientInput": "the fields of NewInvitation",
    "ReplayFilter": "finds, and is not kept",
    "ReplayInput": "finds, and is not kept",
    "RetryDecision": "a reason for the log, as ReasonInput",
    "RetryInput": "finds, and is not kept",
    "ReviewInput": "published with its policy",
    "SetUpInput": "a code and a password",
    "ShareInput": "names an organisation",
    "SignIn": "a password: test_canaries looks for it",
    "TrackInput": "a code",
    "WithdrawalInput": "a reason for the log, as ReasonInput",
}
"""Inputs without canaries of their own, and why."""


def fields(schema: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[str]:
    """The paths of what is free text or a figure."""
    if "$ref" in schema:
        yield from fields(SCHEMAS[schema["$ref"].rpartition("/")[2]], path)
    elif choices := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        for choice in choices:
            yield from fields(choice, path)
    elif "properties" in schema:
        for name, each in schema["properties"].items():
            yield from fields(each, (*path, name))
    elif schema.get("type") in FREE and schema.get("format") != "date" and not any(mark in schema for mark in CLOSED):
        yield ".".join(path)


def value(body: Any, path: str) -> Any:
    """What a body has there; None where it has nothing."""
    for name in path.split("."):
        body = body.get(name) if isinstance(body, Mapping) else None
    return body


def test_every_input_is_planted_or_says_why() -> None:
    paths = json.loads(OPENAPI.read_text("utf-8"))["paths"]
    bodies = [operation["requestBody"] for item in paths.values() for operation in item.values()
              if "requestBody" in operation]  # fmt: skip
    named = {content["schema"]["$ref"].rpartition("/")[2] for body in bodies for content in body["content"].values()}
    assert named - set(PLANTED) == set(ELSEWHERE)


@pytest.mark.parametrize("name", sorted(set(PLANTED) & set(SCHEMAS) - {"DraftInput", "EligibilityInput"}))
def test_every_field_that_takes_words_or_figures_has_a_canary(name: str) -> None:
    wanted = {path for path in fields(SCHEMAS[name]) if path.rpartition(".")[2] not in POINTING}
    if name != "LeadInput":
        wanted = {path for path in wanted if not path.startswith("facts.")}
    assert {path for path in wanted if not heard(f"{value(PLANTED[name], path)}")} == set()


def test_every_column_of_the_ledger_that_is_kept_has_a_canary() -> None:
    assert {name for name, cell in LEDGER.items() if not heard(str(cell))} == {"意向落户区", "当前阶段", "更新时间"}


@pytest.mark.parametrize("canary", sorted(CANARIES))
def test_a_canary_is_heard_however_it_is_quoted(canary: str) -> None:
    said = f'{{"title": "《{canary}》"}}'.encode()
    quoted = (
        json.dumps({"title": canary}),
        quote(f"a={canary}"),
        "&".join(f"#{ord(letter)};" for letter in f" {canary}"),
        escape(said.decode()),
        b64encode(said).decode(),
        f"/leads?cursor={urlsafe_b64encode(said).decode().rstrip('=')}",
    )
    assert [text for text in quoted if heard(text) != {canary}] == []


@pytest.mark.parametrize(
    "written", ["87.3101亿元", "873,101万元", "8731010000.00", "873101000000", "0.873101", "8731.01"]
)
def test_a_figure_is_heard_in_whatever_unit(written: str) -> None:
    assert heard(f'"amount": {written},') == {"87.3101"}


def test_a_rounded_amount_is_heard() -> None:
    assert heard("约87.31亿元") == {ROUNDED}
    assert heard("1287.31亿元，id 0192-873101-a，873101fe") == frozenset()


@pytest.mark.parametrize("written", ["+8613911112222", "tel:13911112222", "电话13911112222转8"])
def test_a_telephone_is_heard_wherever_it_stands(written: str) -> None:
    assert heard(written) == {PLANTED["LeadInput"]["contact"]["phone"]}

"""One canary in every field people write into, each unlike all others: whoever reads one has read that field.

The records are those of the office at 东湖. ``PLANTED`` holds a body for each of the API's inputs that carry text or
figures; what a ledger carries stands beside.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from html import unescape
from io import BytesIO
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

import httpx
from openpyxl import load_workbook

from contracts.vocabulary.facts import FACTS

WORD = "金丝雀"
PARTNER_A = "xinhe-electronics"
"""The organisation of partner A."""
PERSON: Mapping[str, str] = {"name": "金丝雀联系", "phone": "13911112222", "email": "canary-person@quce.example"}
VISITOR: Mapping[str, str] = {"name": "金丝雀来客", "phone": "13922223333", "email": "canary-visitor@quce.example"}
_FIGURES = {"amount": "87.31{}亿元", "ratio": "87.31{}%", "decimal": "8731.{}", "integer": "8731{}"}


def _facts() -> dict[str, Any]:
    """Every figure the registry knows, each another one; a code by which policies of every zone are looked up."""
    figures = [fact for fact in FACTS.values() if fact.kind in _FIGURES]
    numbers = (number for number in range(11, 100) if number % 10)
    return {"industry_code": "3973"} | {
        fact.name: _FIGURES[fact.kind].format(number) for fact, number in zip(figures, numbers, strict=False)
    }


PLANTED: Mapping[str, Mapping[str, Any]] = {
    "LeadInput": {
        "title": "金丝雀项目", "zone": "donghu", "source_mode": "industry_chain", "summary": "金丝雀摘要",
        "referrer": "金丝雀引荐", "facts": _facts(),
        "investor": {"name": "金丝雀投资有限公司", "unified_social_credit_code": "91420100MACANARY78"},
        "contact": {**PERSON, "position": "金丝雀职务", "purpose": "金丝雀目的"},
        "first_contact": {"date": "2026-11-20", "evidence": "金丝雀凭据"},
    },
    "StageInput": {"to": "signed", "reason": "金丝雀缘由", "signed_amount": "87.3101亿元"},
    "FollowUpInput": {"text": "金丝雀跟进", "next_plan": "金丝雀计划", "next_on": "2027-01-05"},
    "AnswerInput": {"org": PARTNER_A, "text": "金丝雀回复"},
    "EnquiryInput": {
        **VISITOR, "zone": "donghu", "organisation": "金丝雀咨询有限公司", "question": "金丝雀问题",
        "facts": {"jobs": 873102}, "consent": True,
    },
    "MessageInput": {"text": "金丝雀补充"},
    "ReplyInput": {"text": "金丝雀答复"},
    "ReasonInput": {"reason": "金丝雀理由"},
    "NewInvitation": {
        "sign_in": "canary-guest", "name": "金丝雀来宾", "role": "partner", "email": "canary-mail@quce.example",
        "organisation": {"name": "金丝雀伙伴有限公司", "kind": "introducer"},
    },
    "NewToken": {"name": "金丝雀令牌", "expires_days": 1},
    "EligibilityInput": {"facts": {"jobs": 873103}},
    "DecisionInput": {"facts": {"jobs": 873103}},
    "DraftInput": {"text": "金丝雀草案"},
}  # fmt: skip
LEDGER: Mapping[str, Any] = {
    "项目名称": "金丝雀台账", "投资方": "金丝雀账主有限公司", "总投资（亿元）": 87.3104,
    "固定资产投资（亿元）": 87.3105, "用地需求（亩）": 8731.06, "项目简介": "金丝雀概况",
    "最新进展": "金丝雀进展", "引荐人": "金丝雀中介", "首谈人": "金丝雀首谈", "备注": "金丝雀备注",
    "意向落户区": "光谷", "当前阶段": "在谈", "更新时间": "2026-11-20",
}  # fmt: skip
LEDGER_FILE = "金丝雀文件.xlsx"
ASKED = "金丝雀提问"
"""The question of partner A."""

GUEST = frozenset({"金丝雀来宾", "canary-guest", "canary-mail@quce.example"})
DRAFT = frozenset({"金丝雀草案"})
TOKEN = frozenset({"金丝雀令牌"})
SAVED = frozenset({"873103"})
REASON = frozenset({"金丝雀理由"})
PERSONAL = frozenset({*PERSON.values(), *VISITOR.values()})
"""Shown to nobody but who says why."""
PORTAL = frozenset({"金丝雀项目", "金丝雀回复", ASKED})
"""What a partner reads of the canary lead, which is shared with them, and of their own enquiry."""


def leaves(body: Any) -> Iterator[str]:
    """The texts and figures of a body, as they are looked for."""
    if isinstance(body, Mapping):
        for value in body.values():
            yield from leaves(value)
    elif not isinstance(body, bool):
        yield str(body).removesuffix("亿元").removesuffix("%").removesuffix("有限公司")


def _is_canary(text: str) -> bool:
    return WORD in text or "8731" in text or "87.31" in text or "canary" in text.lower() or text in PERSONAL


CANARIES = frozenset(each for each in (*leaves(PLANTED), *leaves(LEDGER), LEDGER_FILE, ASKED) if _is_canary(each))


ROUNDED = "87.31亿"
"""What is left of an amount where a page shows two places of it."""
WORK = (CANARIES | {ROUNDED}) - GUEST - DRAFT - TOKEN - SAVED
"""What everybody reads who may read the office's work."""


_DIGITS: Mapping[str, str] = {
    each.replace(".", ""): each for each in CANARIES - PERSONAL if re.fullmatch(r"[0-9.]+", each)
}
"""A figure by its digits: yuan, fen, millionths and a share are the same ones, with a point or zeros elsewhere."""


def _pattern(canary: str) -> str:
    """A code is one only where it is not a part of an id or an instant; a telephone is one wherever it is."""
    return re.escape(canary) if canary in PERSONAL or not canary[0].isdigit() else _alone(re.escape(canary))


def _alone(pattern: str) -> str:
    return rf"(?<![0-9A-Za-z.-]){pattern}(?![0-9A-Za-z])"


_CANARY = re.compile("|".join(map(_pattern, sorted(CANARIES - set(_DIGITS.values())))))
_FIGURE = re.compile(_alone(r"(?:0\.)?(8\.?7\.?3\.?1\.?[0-9]\.?[0-9])0*(?:\.0+)?"))
_LEFT = re.compile(r"(?<![0-9A-Za-z.-])87\.31\s?亿")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_ONE_ALPHABET = str.maketrans("-_", "+/")


def _decoded(run: str) -> str:
    """What a run of letters says, should it be base64 of either alphabet."""
    try:
        return b64decode(run.translate(_ONE_ALPHABET) + "=" * (-len(run) % 4)).decode()
    except ValueError:
        return ""


def readings(text: str) -> Iterator[str]:
    """A text as it is; as an address, a page and JSON quote it; and what stands in it as base64."""
    yield text
    yield unquote(text)
    yield unescape(text)
    yield _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    yield from map(_decoded, _BASE64.findall(text))


def heard(text: str) -> frozenset[str]:
    """The canaries in a text, however they are quoted or written."""
    said = _THOUSANDS.sub("", "\n".join(readings(text)))
    figures = (_DIGITS.get(found.replace(".", "")) for found in _FIGURE.findall(said))
    rounded = {ROUNDED} if _LEFT.search(said) else frozenset[str]()
    return frozenset(_CANARY.findall(said)) | frozenset(filter(None, figures)) | rounded


def text_of(answer: httpx.Response) -> str:
    """Everything an answer says, in its headers and in the parts and cells of a workbook too."""
    said = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
    if "spreadsheetml" not in answer.headers.get("content-type", ""):
        return f"{said}\n{answer.text}"
    with ZipFile(BytesIO(answer.content)) as packed:
        said += "\n".join(f"{name}\n{packed.read(name).decode()}" for name in packed.namelist())
    book = load_workbook(BytesIO(answer.content), read_only=True)
    return said + json.dumps([list(row) for sheet in book for row in sheet.values], ensure_ascii=False, default=str)

"""What people of these tests send: a lead, a ledger; a word in it marks whose it is."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from openpyxl import Workbook

from tests.flows.canaries import LEDGER, LEDGER_FILE

Upload = dict[str, tuple[str, bytes, str]]
SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def registration(number: int, word: str = "寻常") -> dict[str, Any]:
    """A lead to register; ``word`` marks whose it is."""
    return {
        "title": f"{word}项目{number}",
        "zone": "donghu",
        "source_mode": "industry_chain",
        "investor": {"name": f"{word}投资{number}有限公司"},
        "contact": {"name": f"{word}联系", "phone": "13800001234"},
        "facts": {"industry_code": "3973", "fixed_asset_investment": "3.5亿元", "land_mu": 80, "jobs": 300},
        "first_contact": {"date": "2026-11-20", "evidence": "电话记录"},
        "summary": f"{word}摘要",
    }


def workbook(row: Mapping[str, Any]) -> bytes:
    """A ledger of one row, under its headings."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(row))
    sheet.append(list(row.values()))
    content = io.BytesIO()
    book.save(content)
    book.close()
    return content.getvalue()


def upload(number: int, word: str = "寻常") -> Upload:
    """The file part of an import."""
    row = {
        "项目名称": f"{word}台账{number}", "投资方": f"{word}台账{number}有限公司", "总投资（亿元）": 2.5,
        "意向落户区": "光谷", "当前阶段": "在谈", "更新时间": "2026-11-20",
    }  # fmt: skip
    return {"file": (f"{word}台账{number}.xlsx", workbook(row), SPREADSHEET)}


def canary_upload() -> Upload:
    """The ledger with a canary in every column."""
    return {"file": (LEDGER_FILE, workbook(LEDGER), SPREADSHEET)}


def policy(number: int, title: str = "示例设备补贴") -> str:
    """A policy to be drafted, in force long after these tests."""
    return f"""
id: draft-{number}
title: {title}
title_en: Equipment subsidy
standing: illustrative
version: 1
scope: {{zone: donghu}}
instrument: subsidy
beneficiary: enterprise
claim_mode: ordinary
summary: 设备投资补贴的示例。
valid: {{from: 2041-01-01, until: 2042-12-31, assumed: false}}
source: {{document: 示例, number: null, article: 第一条, published: null, grade: null, reference: null, note: null}}
cleanup: null
review: {{reviewer: 示例, conclusion: 不排除或限制竞争, basis: 公平竞争审查条例, on: 2026-01-05, until: 2042-12-31}}
exclusive_group: null
conditions:
  all:
    - {{id: fai, text: 固定资产投资不低于1亿元, fact: fixed_asset_investment, op: ge, value: 1亿元, clause: 第一条}}
benefit: {{kind: fixed, text: 奖励100万元, amount: 100万元}}
examples:
  - {{title: 够, as_of: 2041-06-01, facts: {{fixed_asset_investment: 2亿元}}, verdict: met, amount: 100万元}}
  - {{title: 不够, as_of: 2041-06-01, facts: {{fixed_asset_investment: 5000万元}}, verdict: not_met, unmet: [fai]}}
"""

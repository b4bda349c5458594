"""What people of these tests send: a lead, a ledger; a word in it marks whose it is."""

from __future__ import annotations

import io
from typing import Any

from openpyxl import Workbook


def registration(number: int, word: str = "寻常") -> dict[str, Any]:
    """A lead to register; ``word`` marks whose it is."""
    return {
        "title": f"{word}项目{number}",
        "zone": "donghu",
        "source_mode": "industry_chain",
        "investor": {"name": f"{word}投资{number}有限公司"},
        "contact": {"name": f"{word}联系", "phone": "13911112222" if word == "金丝雀" else "13800001234"},
        "facts": {"industry_code": "3973", "fixed_asset_investment": "3.5亿元", "land_mu": 80, "jobs": 300},
        "first_contact": {"date": "2026-11-20", "evidence": "电话记录"},
        "summary": f"{word}摘要",
    }


def workbook(number: int, word: str = "寻常") -> bytes:
    """A ledger of one row."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["项目名称", "投资方", "总投资（亿元）", "意向落户区", "当前阶段", "更新时间"])
    sheet.append([f"{word}台账{number}", f"{word}台账{number}有限公司", 2.5, "光谷", "在谈", "2026-11-20"])
    content = io.BytesIO()
    book.save(content)
    book.close()
    return content.getvalue()


def upload(number: int, word: str = "寻常") -> dict[str, tuple[str, bytes, str]]:
    """The file part of an import."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return {"file": (f"{word}台账{number}.xlsx", workbook(number, word), kind)}

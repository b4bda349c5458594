"""The fact registry as a page for those who write policies: ``docs/facts.md``, written by ``deploy.contracts``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from contracts.vocabulary.fact_list import HISTORICAL_ONLY, RECORDED_BY_OFFICE
from contracts.vocabulary.facts import FACTS, Fact

_KINDS: Final = {
    "amount": "金额", "integer": "整数", "decimal": "小数", "ratio": "比例", "boolean": "是否", "date": "日期",
    "code": "行业代码", "choice": "单选", "tags": "多选", "text": "文字",
}  # fmt: skip
_PERIODS: Final = {1: "每月", 12: "每年"}
_HEAD: Final = """# 事实登记

政策的条件和金额能用到的全部事实，由 `contracts/vocabulary/` 生成，请勿手改。
“可查”写明这项信息出自哪份材料：填写时照它填，审核时照它核。

| 名称 | 事实 | 类型 | 单位 | 怎么问 | 可查 |
|---|---|---|---|---|---|
"""


def fact_table() -> str:
    """Every fact, then the words of those that have a choice of words."""
    rows = "".join(_row(fact) for fact in FACTS.values())
    words = "".join(_words(fact) for fact in FACTS.values() if fact.choices)
    return f"{_HEAD}{rows}\n## 可选的词\n{words}"


def _row(fact: Fact) -> str:
    unit = "，".join(part for part in (fact.unit, _PERIODS.get(fact.months, "")) if part)
    cells = (f"`{fact.name}`", fact.label + _limits(fact), _KINDS[fact.kind], unit, fact.question, fact.evidence)
    return f"| {' | '.join(cells)} |\n"


def _limits(fact: Fact) -> str:
    if fact.name in HISTORICAL_ONLY:
        return "（只供历史条款）"
    return "（由招商部门记录）" if fact.name in RECORDED_BY_OFFICE else ""


def _words(fact: Fact) -> str:
    return f"\n**{fact.label}** `{fact.name}`：{_listed(f'`{word}` {label}' for word, label in fact.choices.items())}\n"


def _listed(words: Iterable[str]) -> str:
    return "、".join(words)

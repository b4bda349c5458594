"""What one text of a policy changes of another, field by field, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import yaml

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.fair_competition import GROUNDS
from contracts.vocabulary.policy_words import BENEFICIARIES, CLAIM_MODES, INSTRUMENTS, STANDINGS, VERDICT_WORDS
from services.incentives.policy import Leaf, Policy, leaves_of
from services.incentives.policy.examples import Example
from services.incentives.policy_text.sentences import sentence, shape
from services.incentives.policy_text.telling import scope_words

_PLAIN: Final[Mapping[str, str]] = {
    "title": "标题", "title_en": "英文标题", "standing": "效力", "version": "版本", "instrument": "支持方式",
    "beneficiary": "给谁", "claim_mode": "申报方式", "summary": "摘要", "exclusive_group": "就高不重复的组",
    "expenditures": "只报一项的支出", "tops_up": "补足差额", "shared_caps": "合计上限",
}  # fmt: skip
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "standing": STANDINGS, "instrument": INSTRUMENTS, "beneficiary": BENEFICIARIES, "claim_mode": CLAIM_MODES,
}  # fmt: skip
_PARTS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "valid": ("有效期", {"from": "开始", "until": "结束", "assumed": "为推定"}),
    "source": (
        "出处",
        {"document": "文件", "number": "文号", "article": "条款", "published": "发布日期", "grade": "来源等级",
         "reference": "资料编号", "note": "说明"},
    ),
    "cleanup": ("清理", {"pending": "待清理", "reason": "理由"}),
    "review": (
        "公平竞争审查",
        {"reviewer": "审查人", "conclusion": "结论", "basis": "依据", "ground": "例外情形", "on": "日期",
         "until": "到期日", "overrides": "对红旗的说明"},
    ),
    "benefit": (
        "支持内容",
        {"kind": "种类", "text": "文字", "amount": "金额", "rate": "比例", "base": "基数", "mode": "分档方式",
         "bands": "分档", "price": "单价", "units": "数量", "points": "点数", "loan": "贷款", "years": "年数",
         "level": "上级", "ratio": "配套比例", "worth": "估值", "cap": "总额上限", "cap_per_year": "每年上限",
         "instalments": "分年拨付", "yearly": "每年另算", "multipliers": "倍数", "lifetime": "累计上限",
         "recheck": "年度复核", "clawback": "追回", "borne": "各级分担"},
    ),
    "pool": ("资金池", {"name": "名称", "title": "标题", "total": "总额", "rule": "规则"}),
    "grandfathering": ("到期以后", {"by": "依据的日期", "until": "执行到", "text": "文字"}),
    "application": (
        "申报期",
        {"text": "文字", "from": "开始", "until": "结束", "yearly": "每年", "after": "起算日", "months": "月数"},
    ),
    "retention": ("留存", {"years": "年数", "of": "依据的事实", "text": "文字"}),
    "transition": ("新老划断", {"by": "依据的日期", "until": "上一版执行到", "text": "文字"}),
}  # fmt: skip
Said = dict[str, tuple[str, str]]
"""By path: what it is called, and what is said there."""


class Change(NamedTuple):
    """A field that says something else; ``before`` is None where it is new, ``after`` where it is gone."""

    path: str
    label: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """In one line."""
        if self.before is None:
            return f"新增 {self.label}：{self.after}"
        if self.after is None:
            return f"删去 {self.label}：{self.before}"
        return f"{self.label}：{self.before} → {self.after}"


def changes(old: Policy, new: Policy, codes: Mapping[str, str]) -> Iterator[Change]:
    """What ``new`` says otherwise, in the order of the file; ``codes`` are names of industries."""
    was, now = _said(old, codes), _said(new, codes)
    for path in dict.fromkeys((*was, *now)):
        before, after = was.get(path), now.get(path)
        if before != after:
            label = (after or before or ("", ""))[0]
            yield Change(path, label, before and before[1], after and after[1])


def _said(policy: Policy, codes: Mapping[str, str]) -> Said:
    """Everything a policy says, each thing once; what is empty is not said."""
    document = policy.model_dump(mode="json", by_alias=True)
    said: Said = {}
    for name, label in _PLAIN.items():
        if document[name] is not None:
            value = document[name]
            said[name] = (label, _flow(value) if isinstance(value, list) else _named(name, value))
    said["scope"] = ("适用范围", scope_words(policy))
    for part, (label, fields) in _PARTS.items():
        for name, value in (document[part] or {}).items():
            if value not in (None, []):
                said[f"{part}.{name}"] = (f"{label} {fields.get(name, name)}", _words(name, value))
    said["conditions"] = ("条件的组合", shape(policy.conditions))
    said |= {
        f"conditions.{leaf.id}": (f"条件 {leaf.id}", _condition(leaf, codes)) for leaf in leaves_of(policy.conditions)
    }
    return said | {f"examples.{each.title}": (f"例子「{each.title}」", _example(each)) for each in policy.examples}


def _named(name: str, value: Any) -> str:
    return _WORDS.get(name, {}).get(value, str(value))


def _condition(leaf: Leaf, codes: Mapping[str, str]) -> str:
    clause = f"〔{leaf.clause}〕" if leaf.clause else ""
    read = sentence(leaf, codes)
    return f"{leaf.text}{clause}" if leaf.text == read else f"{leaf.text}（{read}）{clause}"


def _example(example: Example) -> str:
    written = example.model_dump(mode="json", exclude={"title", "verdict", "facts", "note"}, exclude_none=True)
    return f"{VERDICT_WORDS[example.verdict]}，{_flow(written)}，{_flow(example.facts)}"


def _words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if name in ("base", "loan"):
        return "＋".join(FACTS[each].label for each in ([value] if isinstance(value, str) else value))
    if name == "ground":
        return GROUNDS.get(value, value)
    return value if isinstance(value, str) else _flow(value)


def _flow(value: Any) -> str:
    """A value that has no words of its own, as an author writes it in one line."""
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")

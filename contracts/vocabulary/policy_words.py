"""Words for the codes of policies, as pages, commands and checks say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from contracts.vocabulary.zones import ZONES, GroupId

INSTRUMENTS: Final[Mapping[str, str]] = {
    "subsidy": "补贴", "reward": "奖励", "rent_support": "租金支持", "land": "用地支持", "interest_subsidy": "贷款贴息",
    "matching_fund": "配套资金", "talent": "人才支持", "in_kind": "实物与服务",
}  # fmt: skip
CLAIM_MODES: Final[Mapping[str, str]] = {"automatic": "免申即享", "expedited": "快申快享", "ordinary": "申报"}
BENEFICIARIES: Final[Mapping[str, str]] = {
    "enterprise": "企业", "introducer": "引荐人", "person": "个人", "park_operator": "园区运营方",
}  # fmt: skip
STANDINGS: Final[Mapping[str, str]] = {"in_force": "现行有效", "historical": "历史政策", "illustrative": "示例"}
VERDICT_WORDS: Final[Mapping[str, str]] = {"met": "符合", "not_met": "不符合", "unknown": "待确认"}
OPERATOR_WORDS: Final[Mapping[str, str]] = {
    "eq": "等于", "ne": "不等于", "ge": "不低于", "gt": "高于", "le": "不超过", "lt": "低于", "between": "在区间内",
    "in": "是其中之一", "prefix_in": "行业在其中之一之下", "date_in": "在期间内，含首日、不含末日",
    "contains": "含有某项", "known": "已经知道",
}  # fmt: skip
PERIOD_WORDS: Final[Mapping[str, str]] = {"month": "按月", "quarter": "按季", "year": "按年"}
POOL_RULES: Final[Mapping[str, str]] = {"first_come": "先到先得", "pro_rata": "按比例分配", "cap_control": "总额控制"}
IN_FILES: Final[Mapping[str, Mapping[str, str]]] = {
    "Policy.standing": STANDINGS, "Policy.instrument": INSTRUMENTS, "Policy.beneficiary": BENEFICIARIES,
    "Policy.claim_mode": CLAIM_MODES, "Example.verdict": VERDICT_WORDS, "Leaf.op": OPERATOR_WORDS,
    "Leaf.period": PERIOD_WORDS, "Pool.rule": POOL_RULES,
    "PolicyScope.zone": {id: zone.name for id, zone in ZONES.items()},
    "PolicyScope.group": {each.value: each.label for each in GroupId},
}  # fmt: skip
"""By the field of a policy file in which they are written."""

LeftOut = Literal[
    "exclusive",
    "contender",
    "incomparable",
    "claimed",
    "made_up",
    "crowded",
    "version",
    "cleanup",
    "review",
    "beneficiary",
]
"""Less than another of its group; more than it if it holds; not comparable; the expenditure is claimed elsewhere; no
difference is left to make up; it would use up a shared cap; another version may apply; to be cleared away; without a
review that holds; somebody else's."""
STILL_COUNTED: Final[frozenset[LeftOut]] = frozenset({"contender", "incomparable", "version"})
"""Reasons for which a policy may yet count, once what is open is known."""

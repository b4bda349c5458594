"""Words for the codes of policies, as pages, commands and checks say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

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

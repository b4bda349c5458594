"""How a lead came about: the modes of 武政〔2018〕35号 三(二), and the plain ones beside them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class SourceMode(StrEnum):
    """The way an investor was found."""

    industry_chain = "industry_chain"
    platform = "platform"
    enterprise_referral = "enterprise_referral"
    capital = "capital"
    returnee = "returnee"
    enquiry = "enquiry"
    other = "other"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return LABELS[self][0]

    @property
    def label_en(self) -> str:
        """The English name."""
        return LABELS[self][1]


LABELS: Mapping[SourceMode, tuple[str, str]] = {
    SourceMode.industry_chain: ("产业链招商", "Industry chain"),
    SourceMode.platform: ("平台招商", "Platform"),
    SourceMode.enterprise_referral: ("以商招商", "Enterprise referral"),
    SourceMode.capital: ("资本招商", "Capital"),
    SourceMode.returnee: ("回归招商", "Returnees and alumni"),
    SourceMode.enquiry: ("主动咨询", "Enquiry"),
    SourceMode.other: ("其他", "Other"),
}

_SYNONYMS: Mapping[SourceMode, tuple[str, ...]] = {
    SourceMode.industry_chain: ("产业链", "链主", "强链补链"),
    SourceMode.platform: ("平台", "园区平台", "展会", "活动"),
    SourceMode.enterprise_referral: ("以商", "企业引荐", "企业介绍", "商会", "企业推荐", "以企招商"),
    SourceMode.capital: ("资本", "基金招商", "基金", "投资机构"),
    SourceMode.returnee: ("回归", "校友回归", "校友", "楚商回归", "乡贤", "校友招商", "楚商"),
    SourceMode.enquiry: ("咨询", "自主上门", "上门", "来访", "主动对接"),
    SourceMode.other: ("其它",),
}
_BY_NAME: Mapping[str, SourceMode] = {
    name: mode for mode, (label, _) in LABELS.items() for name in (mode.value, label, *_SYNONYMS[mode])
}
_LONGEST_FIRST = sorted(_BY_NAME, key=len, reverse=True)


def find_source_mode(text: str) -> SourceMode | None:
    """The mode a text names; None where it names none."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if plain in _BY_NAME:
        return _BY_NAME[plain]
    return next((_BY_NAME[name] for name in _LONGEST_FIRST if not name.isascii() and name in plain), None)

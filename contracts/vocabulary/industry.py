"""Industry codes of GB/T 4754-2017: their shape, the sections their divisions belong to, prefixes, 产业链.

Names live with the incentives service, which also loads official tables; all services agree on what a code is
and when one lies within another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

CODE = re.compile(r"[A-T]|[0-9]{2,4}")

_SECTION_DIVISIONS: Mapping[str, range] = {
    "A": range(1, 6), "B": range(6, 13), "C": range(13, 44), "D": range(44, 47), "E": range(47, 51),
    "F": range(51, 53), "G": range(53, 61), "H": range(61, 63), "I": range(63, 66), "J": range(66, 70),
    "K": range(70, 71), "L": range(71, 73), "M": range(73, 76), "N": range(76, 80), "O": range(80, 83),
    "P": range(83, 84), "Q": range(84, 86), "R": range(86, 91), "S": range(91, 97), "T": range(97, 98),
}  # fmt: skip

SECTIONS = tuple(_SECTION_DIVISIONS)
CHAINS: Mapping[str, tuple[str, ...]] = {
    "集成电路": ("6520", "3973"),
    "新型显示": ("3974",),
    "光电子信息": ("3976", "392"),
    "人工智能": ("6513",),
    "软件和信息服务": ("651",),
    "网络安全": ("6440",),
    "智能网联汽车": ("3962",),
    "新能源汽车": ("3612",),
    "汽车零部件": ("3670",),
    "新能源": ("3841",),
    "机器人": ("3491",),
    "低空经济": ("3963",),
    "商业航天": ("3742",),
    "航空制造": ("374",),
    "装备制造": ("34", "35"),
    "生命健康": ("2740", "276", "277"),
    "医疗器械": ("358",),
    "现代食品": ("1491",),
    "现代物流": ("5990",),
    "工业设计": ("7491",),
    "人力资源服务": ("7264",),
    "科技金融": ("66", "67"),
    "智能家居": ("385",),
    "新材料": ("265", "324"),
    "节能环保": ("772",),
    "数字经济": ("65",),
    "时尚创意": ("7492", "18"),
}
"""产业链 as offices name them, and the codes that usually fit: a suggestion, never a fact without confirmation."""

_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "集成电路": ("芯片", "半导体", "存储器", "光芯屏端网"),
    "新型显示": ("显示面板", "显示"),
    "光电子信息": ("光电子", "光通信", "激光", "光电"),
    "人工智能": ("大模型", "ai"),
    "软件和信息服务": ("软件", "信息服务", "信息技术服务", "软件和信息技术服务"),
    "网络安全": ("网安", "信息安全"),
    "智能网联汽车": ("智能网联", "网联汽车", "自动驾驶", "车路协同"),
    "新能源汽车": ("新能源与智能网联汽车", "电动汽车"),
    "汽车零部件": ("零部件", "汽车制造", "汽车"),
    "新能源": ("储能", "光伏", "氢能", "锂电", "动力电池"),
    "机器人": ("智能机器人", "工业机器人"),
    "低空经济": ("无人机", "通用航空", "低空"),
    "商业航天": ("航天", "卫星"),
    "航空制造": ("航空", "大飞机"),
    "装备制造": ("高端装备", "智能制造", "装备", "智能装备"),
    "生命健康": ("大健康", "生物医药", "医药", "生物技术"),
    "医疗器械": ("医疗设备", "体外诊断"),
    "现代食品": ("食品", "健康食品", "食品加工"),
    "现代物流": ("物流", "冷链", "供应链"),
    "工业设计": ("创意设计",),
    "人力资源服务": ("人力资源",),
    "科技金融": ("金融", "金融科技"),
    "智能家居": ("家电", "智能家电"),
    "新材料": ("先进材料", "复合材料"),
    "节能环保": ("环保", "绿色低碳"),
    "数字经济": ("大数据", "云计算", "区块链"),
    "时尚创意": ("时尚", "服装服饰", "文化创意"),
}
_BY_NAME: Mapping[str, str] = {name: chain for chain in CHAINS for name in (chain, *_SYNONYMS[chain])}
_LONGEST_FIRST = sorted((name for name in _BY_NAME if not name.isascii()), key=len, reverse=True)


def section_of(code: str) -> str | None:
    """The section letter of a code; None where there is none."""
    if len(code) == 1:
        return code if code in _SECTION_DIVISIONS else None
    division = int(code[:2])
    return next((letter for letter, divisions in _SECTION_DIVISIONS.items() if division in divisions), None)


def is_code(code: str) -> bool:
    """Whether a text has the shape of a code in an existing section."""
    return CODE.fullmatch(code) is not None and section_of(code) is not None


def within(code: str, prefix: str) -> bool:
    """Whether ``code`` lies within ``prefix``, a section letter or 2 to 4 digits."""
    return section_of(code) == prefix if len(prefix) == 1 else code.startswith(prefix)


@cache
def lineage(code: str) -> frozenset[str]:
    """A code with all that it lies within: its section, division and group."""
    coarser = (code[:length] for length in (2, 3) if length < len(code))
    return frozenset({code, section_of(code) or code, *coarser})


def suggest_codes(chain: str) -> tuple[str, ...]:
    """The codes that a 产业链 usually means; empty where nobody can tell."""
    name = chain_named(chain)
    return CHAINS[name] if name else ()


def chain_named(text: str) -> str | None:
    """The 产业链 of :data:`CHAINS` that a text names, also by a synonym; None where it names none."""
    plain = "".join(unicodedata.normalize("NFKC", text).split()).casefold()
    plain = plain.removesuffix("链").removesuffix("产业")
    if plain in _BY_NAME:
        return _BY_NAME[plain]
    return next((_BY_NAME[name] for name in _LONGEST_FIRST if name in plain), None)

"""The zones of the city and their groups: ids that every service uses, names that people use."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class GroupId(StrEnum):
    """Zones that policies may address together."""

    national = "national"
    zhongxin = "zhongxin"
    xincheng = "xincheng"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return {"national": "国家级开发区", "zhongxin": "中心城区", "xincheng": "新城区"}[self.value]


class ZoneId(StrEnum):
    """The fourteen zones."""

    donghu = "donghu"
    jingkai = "jingkai"
    linkonggang = "linkonggang"
    jiangan = "jiangan"
    jianghan = "jianghan"
    qiaokou = "qiaokou"
    hanyang = "hanyang"
    wuchang = "wuchang"
    qingshan = "qingshan"
    hongshan = "hongshan"
    caidian = "caidian"
    jiangxia = "jiangxia"
    huangpi = "huangpi"
    xinzhou = "xinzhou"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone: its id, full and everyday names, group and English name."""

    id: ZoneId
    name: str
    short: str
    group: GroupId
    name_en: str
    synonyms: tuple[str, ...] = ()


def _national(id: str, name: str, short: str, name_en: str, *synonyms: str) -> Zone:
    return Zone(ZoneId(id), name, short, GroupId.national, name_en, synonyms)


def _district(id: str, short: str, group: GroupId, name_en: str, *synonyms: str) -> Zone:
    return Zone(ZoneId(id), f"{short}区", short, group, f"{name_en} District", synonyms)


_CENTRE, _NEW = GroupId.zhongxin, GroupId.xincheng

ZONES: Mapping[str, Zone] = {
    zone.id.value: zone
    for zone in (
        _national(
            "donghu",
            "东湖新技术开发区",
            "东湖",
            "East Lake High-tech Development Zone",
            "光谷",
            "中国光谷",
            "东湖高新",
            "东湖高新区",
            "东湖新技术产业开发区",
            "东湖开发区",
            "武汉东湖新技术开发区",
        ),
        _national(
            "jingkai",
            "武汉经济技术开发区",
            "经开",
            "Wuhan Economic and Technological Development Zone",
            "车谷",
            "中国车谷",
            "武汉经开",
            "武汉经开区",
            "经开区",
            "沌口",
            "汉南",
            "汉南区",
            "武汉开发区",
        ),
        _national(
            "linkonggang",
            "临空港经济技术开发区",
            "临空港",
            "Wuhan Airport Economic and Technological Development Zone",
            "武汉临空港",
            "临空港经开区",
            "临空港开发区",
            "武汉临空港经济技术开发区",
            "武汉临空港经开区",
            "东西湖",
            "东西湖区",
        ),
        _district("jiangan", "江岸", _CENTRE, "Jiang'an"),
        _district("jianghan", "江汉", _CENTRE, "Jianghan"),
        _district("qiaokou", "硚口", _CENTRE, "Qiaokou", "桥口"),
        _district("hanyang", "汉阳", _CENTRE, "Hanyang"),
        _district("wuchang", "武昌", _CENTRE, "Wuchang"),
        _district("qingshan", "青山", _CENTRE, "Qingshan", "化工区", "武汉化工区"),
        _district("hongshan", "洪山", _CENTRE, "Hongshan"),
        _district("caidian", "蔡甸", _NEW, "Caidian", "中法生态城", "中法武汉生态示范城"),
        _district("jiangxia", "江夏", _NEW, "Jiangxia"),
        _district("huangpi", "黄陂", _NEW, "Huangpi", "盘龙城"),
        _district("xinzhou", "新洲", _NEW, "Xinzhou", "阳逻"),
    )
}

_BY_NAME: Mapping[str, str] = {
    name: zone.id.value for zone in ZONES.values() for name in (zone.id.value, zone.name, zone.short, *zone.synonyms)
}
_LONGEST_FIRST = sorted(_BY_NAME, key=len, reverse=True)


def find_zone(text: str) -> str | None:
    """The zone a text names, by id, name or everyday name; the first of several, None where it names none."""
    return next(iter(find_zones(text)), None)


def find_zones(text: str) -> tuple[str, ...]:
    """The zones a text names, in its order; a name within a longer one does not count by itself."""
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if plain in _BY_NAME:
        return (_BY_NAME[plain],)
    found: dict[int, str] = {}
    for name in _LONGEST_FIRST:
        while not name.isascii() and (place := plain.find(name)) >= 0:
            found[place] = _BY_NAME[name]
            plain = plain[:place] + "\0" * len(name) + plain[place + len(name) :]
    return tuple(dict.fromkeys(found[place] for place in sorted(found)))

"""Zones, source modes, industry chains and credit codes as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.credit_code import is_credit_code, normalise_credit_code
from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.industry import CHAINS, chain_named, is_code, section_of, suggest_codes, within
from contracts.vocabulary.source_modes import SourceMode, find_source_mode
from contracts.vocabulary.zones import ZONES, GroupId, ZoneId, find_zone, find_zones

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def test_fourteen_zones_in_three_groups() -> None:
    assert list(ZONES) == [zone.value for zone in ZoneId]
    sizes = {group: sum(zone.group is group for zone in ZONES.values()) for group in GroupId}
    assert sizes == {GroupId.national: 3, GroupId.zhongxin: 7, GroupId.xincheng: 4}


@pytest.mark.parametrize("zone", list(ZONES))
def test_a_zone_is_found_by_every_name_of_its_own(zone: str) -> None:
    found = ZONES[zone]
    for name in (
        found.id.value,
        found.name,
        found.short,
        f"武汉市{found.name}",
        f"湖北省武汉市{found.name}",
        *found.synonyms,
    ):
        assert find_zones(name) == (found.id.value,)


@pytest.mark.parametrize(
    ("text", "zones"),
    [
        ("光谷", ("donghu",)), ("车谷", ("jingkai",)), ("武汉临空港经济技术开发区", ("linkonggang",)),
        ("东西湖区", ("linkonggang",)),
        ("东湖高新区（光谷）", ("donghu",)), ("江夏、蔡甸", ("jiangxia", "caidian")),
        ("蔡甸/江夏", ("caidian", "jiangxia")),
        ("上海", ()), ("", ()), ("待定", ()),
    ],
)  # fmt: skip
def test_zones_in_a_text(text: str, zones: tuple[str, ...]) -> None:
    assert find_zones(text) == zones
    assert find_zone(text) == (zones[0] if zones else None)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("产业链招商", SourceMode.industry_chain), ("企业引荐", SourceMode.enterprise_referral),
        ("基金招商", SourceMode.capital),
        ("校友回归", SourceMode.returnee), ("校友", SourceMode.returnee), ("平台招商", SourceMode.platform),
        ("展会", SourceMode.platform), ("上门咨询", SourceMode.enquiry), ("其他", SourceMode.other), ("缘分", None),
    ],
)  # fmt: skip
def test_source_modes(text: str, mode: SourceMode | None) -> None:
    assert find_source_mode(text) is mode


def test_source_modes_have_labels() -> None:
    for mode in SourceMode:
        assert find_source_mode(mode.label) is mode
        assert mode.label_en


def test_chains_are_those_of_the_fact_registry_and_suggest_real_codes() -> None:
    assert set(CHAINS) == set(FACTS["industry_chain"].choices.values()) - {"其他"}
    for chain, codes in CHAINS.items():
        assert chain_named(chain) == chain_named(f"{chain}产业链") == chain
        assert suggest_codes(chain) == codes
        assert all(is_code(code) for code in codes)


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("芯片", "集成电路"), ("光芯屏端网", "集成电路"), ("生物医药", "生命健康"), ("ＡＩ", "人工智能"),
        ("新能源汽车", "新能源汽车"),
        ("新能源与智能网联汽车产业", "新能源汽车"), ("高端装备制造", "装备制造"), ("冷链物流", "现代物流"),
        ("殡葬", None),
    ],
)  # fmt: skip
def test_chains_by_other_names(text: str, chain: str | None) -> None:
    assert chain_named(text) == chain
    assert bool(suggest_codes(text)) is (chain is not None)


def test_industry_codes_nest() -> None:
    assert section_of("3962") == section_of("39") == section_of("C") == "C"
    for outer in ("C", "39", "396", "3962"):
        assert within("3962", outer)
    assert not within("39", "3962")
    assert not within("3962", "D")
    for text in ("", "9", "99", "0012", "U", "39621", "c", "３９", "3962\n"):
        assert not is_code(text)


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", max_size=5))
def test_a_code_lies_in_one_section(text: str) -> None:
    if is_code(text):
        assert within(text, text)
        assert within(text, section_of(text) or "")


@pytest.mark.parametrize("code", ["91350100M000100Y43", "91110108551385082Q", "91420100BWR3Q03MQ0"])
def test_valid_credit_codes(code: str) -> None:
    spaced = "　".join((code[:6].lower(), code[6:])).translate({ord("0"): "０"})
    assert normalise_credit_code(spaced) == code
    assert is_credit_code(code)


@given(st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(place: int, character: str) -> None:
    code = "91350100M000100Y43"
    changed = code[:place] + character + code[place + 1 :]
    assert is_credit_code(changed) is (changed == code)


@given(st.text(max_size=24))
def test_any_text_is_checked_without_failing(text: str) -> None:
    assert is_credit_code(normalise_credit_code(text)) in (True, False)
    assert not is_credit_code("")

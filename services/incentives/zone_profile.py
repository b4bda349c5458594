"""A zone as investors should see it: what it stands for, which industries it leads, what it has; one file each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from contracts.vocabulary.facts import FACTS, FactValue
from contracts.vocabulary.form import Form
from contracts.vocabulary.industry import is_code, suggest_codes, within
from contracts.vocabulary.zones import ZONES, GroupId, ZoneId
from services.incentives.authored import AuthoringError, AuthoringProblem, read_yaml
from services.incentives.policy.parts import Line, Text, Written
from services.incentives.policy.reading import validate

FACT_OF_CHAIN = "industry_chain"
FitName = Literal["lead", "related", "none"]
FITS: tuple[FitName, ...] = ("lead", "related", "none")


class Positioning(Written):
    """The seed's word for the zone's direction and its parts."""

    theme: Line
    items: list[Line] = Field(max_length=20)
    source: Line | None = None


class LeadIndustry(Written):
    """An industry the zone leads, as GB/T 4754 codes."""

    name: Line
    codes: list[str] = Field(min_length=1, max_length=40)
    source: Line | None = None

    @field_validator("codes")
    @classmethod
    def _codes(cls, codes: list[str]) -> list[str]:
        wrong = [code for code in codes if not is_code(code)]
        if wrong:
            raise ValueError(f"不是行业代码：{'、'.join(wrong)}，应为 GB/T 4754 的1位门类或2到4位数字")
        return codes


class Facility(Written):
    """A port, bonded zone or other standing advantage."""

    name: Line
    kind: Annotated[str, Form("^[a-z_]{1,40}$", "只用小写字母和 _，最多40个")]
    source: Line | None = None


class NationalBase(Written):
    """A national base that lies in the zone."""

    name: Line
    source: Line | None = None


class ChecklistItem(Written):
    """One of the ten items of 新九通一平."""

    name: Line
    status: Literal["planned", "in_place", "unknown"]
    note: Line | None = None


class Department(Written):
    """Who answers for a clause."""

    clause: Line
    subject: Line
    names: list[Line] = Field(min_length=1, max_length=30)


class ProfileSource(Written):
    """The document behind the profile, and its clauses."""

    document: Line
    title: Line | None = None
    published: date | None = None
    clauses: list[Line] = Field(max_length=40)


class ZoneProfile(Written):
    """One zone."""

    id: ZoneId
    name: Line
    name_en: Line
    short: Line
    group: GroupId
    level: Literal["national", "provincial", "district"]
    positioning: Positioning
    lead_industries: list[LeadIndustry] = Field(min_length=1, max_length=20)
    partner_cities: list[Line] = Field(max_length=20)
    corridor: Line | None = None
    facilities: list[Facility] = Field(max_length=30)
    national_bases: list[NationalBase] = Field(max_length=10)
    checklist_new_nine: list[ChecklistItem] = Field(min_length=10, max_length=10)
    departments: list[Department] = Field(max_length=40)
    contact_note: Text
    sources: ProfileSource

    @field_validator("group")
    @classmethod
    def _as_all_know_it(cls, group: GroupId, info: ValidationInfo) -> GroupId:
        zone = ZONES.get(info.data.get("id", ""))
        if zone is not None and zone.group != group:
            raise ValueError(f"{zone.name}属于 {zone.group.value}")
        return group


def read_zone(text: str, file: str) -> ZoneProfile:
    """The zone a text describes.

    Raises:
        AuthoringError: with all that is wrong.
    """
    return validate(ZoneProfile, read_yaml(text, file))


def load_zones(folder: Path) -> dict[str, ZoneProfile]:
    """Every zone of the city, in the city's order.

    Raises:
        AuthoringError: a file is wrong, misnamed or missing.
    """
    found: dict[str, ZoneProfile] = {}
    for path in sorted(folder.glob("*.yaml")):
        profile = read_zone(path.read_text("utf-8"), path.name)
        if path.stem != profile.id.value:
            raise AuthoringError(path.name, [AuthoringProblem("id", None, f"应与文件名相同：{path.stem}")])
        found[profile.id.value] = profile
    missing = [id for id in ZONES if id not in found]
    if missing:
        raise AuthoringError(folder.name, [AuthoringProblem("", None, f"缺少区的档案：{'、'.join(missing)}")])
    return {id: found[id] for id in ZONES}


def industry_fit(profile: ZoneProfile, facts: Mapping[str, FactValue]) -> FitName:
    """Whether a project's industry is one the zone leads, a neighbour of one, or neither.

    A 产业链 without a code can only suggest: it is a neighbour at best.
    """
    led = [code for industry in profile.lead_industries for code in industry.codes]
    code = _stated(facts, "industry_code")
    if code is not None:
        return _fit(code, led)
    chain = _stated(facts, FACT_OF_CHAIN)
    suggested = suggest_codes(chain_label(chain)) if chain else ()
    return "related" if any(_fit(each, led) == "lead" for each in suggested) else "none"


def _fit(code: str, led: list[str]) -> FitName:
    if any(within(code, each) for each in led):
        return "lead"
    if len(code) == 1:
        return "related" if any(within(each, code) for each in led) else "none"
    return "related" if any(each[:2] == code[:2] for each in led) else "none"


def _stated(facts: Mapping[str, FactValue], name: str) -> str | None:
    value = facts.get(name)
    return value.value if value is not None and value.state == "value" and isinstance(value.value, str) else None


def chain_label(chain: str) -> str:
    """The Chinese name of a 产业链 choice."""
    return FACTS[FACT_OF_CHAIN].choices.get(chain, chain)

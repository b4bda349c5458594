"""The stages of an investment lead and the states beside them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum


class Stage(StrEnum):
    """How far a lead has come, in order."""

    new = "new"
    assessing = "assessing"
    negotiating = "negotiating"
    admission_review = "admission_review"
    signed = "signed"
    company_registered = "company_registered"
    land_supplied = "land_supplied"
    construction_started = "construction_started"
    in_production = "in_production"
    at_capacity = "at_capacity"
    paid_out = "paid_out"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return STAGE_LABELS[self][0]

    @property
    def label_en(self) -> str:
        """The English name."""
        return STAGE_LABELS[self][1]

    @property
    def order(self) -> int:
        """Its place, from 0."""
        return list(Stage).index(self)


class LeadState(StrEnum):
    """Whether a lead is worked on, put aside or ended; a lead put aside remembers its stage."""

    active = "active"
    on_hold = "on_hold"
    closed = "closed"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return {"active": "推进中", "on_hold": "暂缓", "closed": "终止"}[self.value]

    @property
    def label_en(self) -> str:
        """The English name."""
        return {"active": "Active", "on_hold": "On hold", "closed": "Closed"}[self.value]


STAGE_LABELS: Mapping[Stage, tuple[str, str]] = {
    Stage.new: ("线索", "Lead"),
    Stage.assessing: ("研判", "Assessing"),
    Stage.negotiating: ("在谈", "Negotiating"),
    Stage.admission_review: ("评审", "Admission review"),
    Stage.signed: ("签约", "Signed"),
    Stage.company_registered: ("注册", "Company registered"),
    Stage.land_supplied: ("供地", "Land supplied"),
    Stage.construction_started: ("开工", "Construction started"),
    Stage.in_production: ("投产", "In production"),
    Stage.at_capacity: ("达产", "At capacity"),
    Stage.paid_out: ("兑现", "Paid out"),
}

_STAGE_SYNONYMS: Mapping[Stage, tuple[str, ...]] = {
    Stage.new: ("初步接触", "意向", "有意向", "新线索", "初步线索", "接触", "接洽", "初次接触", "储备"),
    Stage.assessing: ("研判中", "评估", "评估中", "初审", "分析研判"),
    Stage.negotiating: ("洽谈", "洽谈中", "谈判", "在谈项目", "深入洽谈", "商谈", "跟进中", "实地考察", "考察"),
    Stage.admission_review: ("准入评审", "评审中", "拟上会", "上会", "联审", "准入", "待评审", "项目评审"),
    Stage.signed: ("已签约", "签约待落地", "签约项目", "正式签约", "签订协议", "已签"),
    Stage.company_registered: ("已注册", "已注册公司", "注册公司", "公司注册", "完成注册", "工商注册"),
    Stage.land_supplied: (
        "已供地",
        "拿地",
        "摘牌",
        "已摘牌",
        "供地中",
        "租赁厂房",
        "租赁",
        "土地摘牌",
        "落实用地",
        "已拿地",
    ),
    Stage.construction_started: ("已开工", "在建", "建设中", "开工建设", "施工", "动工"),
    Stage.in_production: ("已投产", "试生产", "投产运营", "竣工", "竣工投产", "试运行"),
    Stage.at_capacity: ("已达产", "满产", "升规", "达产升规"),
    Stage.paid_out: ("已兑现", "政策兑现", "兑现中"),
}
_STATE_SYNONYMS: Mapping[LeadState, tuple[str, ...]] = {
    LeadState.on_hold: ("暂缓", "搁置", "暂停", "中止", "观望", "暂缓推进", "暂时搁置"),
    LeadState.closed: ("终止", "放弃", "流失", "已终止", "取消", "失败", "已放弃", "落户他地", "关闭"),
}

_BY_NAME: Mapping[str, tuple[Stage | None, LeadState]] = {
    **{
        name: (stage, LeadState.active)
        for stage, (label, _) in STAGE_LABELS.items()
        for name in (stage.value, label, *_STAGE_SYNONYMS[stage])
    },
    **{name: (None, state) for state, names in _STATE_SYNONYMS.items() for name in (state.value, *names)},
}
_NAMES = "|".join(sorted((name for name in _BY_NAME if not name.isascii()), key=len, reverse=True))
_NAMED = re.compile(_NAMES)
_NOT_YET = re.compile(rf"(?:尚未|还未|没有|未能|即将|准备|计划|预计|拟|未|待)[^,、;。]{{0,6}}?(?:{_NAMES})")
_HINDERED = re.compile(rf"({'|'.join(_STATE_SYNONYMS[LeadState.on_hold])})(?:{_NAMES})")
_BEFORE: Mapping[Stage, Stage] = {
    Stage.admission_review: Stage.admission_review,
    Stage.signed: Stage.negotiating,
    Stage.company_registered: Stage.signed,
    Stage.land_supplied: Stage.signed,
    Stage.construction_started: Stage.land_supplied,
    Stage.in_production: Stage.construction_started,
    Stage.at_capacity: Stage.in_production,
    Stage.paid_out: Stage.at_capacity,
}
"""Where a lead stands of which only is said that a stage is still to come: 拟签约 is in talks, 拟上会 in review."""


def find_stage(text: str) -> tuple[Stage | None, LeadState] | None:
    """The stage and state a text names; a state beside the stages leaves the stage None.

    「暂缓（签约）」 gives both. Of several stages the furthest counts, except those still to come:
    「已签约未开工」 is signed, 「拟签约」 in talks.
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split()).removesuffix("阶段")
    if plain in _BY_NAME:
        return _BY_NAME[plain]
    reached = _HINDERED.sub(r"\1", _NOT_YET.sub("", plain))
    found = [_BY_NAME[name] for name in _NAMED.findall(reached)]
    stages = [stage for stage, _ in found if stage is not None]
    states = [state for stage, state in found if stage is None]
    if stages or states:
        state = LeadState.closed if LeadState.closed in states else states[0] if states else LeadState.active
        return max(stages, key=lambda stage: stage.order, default=None), state
    ahead = [_BY_NAME[name][0] for match in _NOT_YET.findall(plain) for name in _NAMED.findall(match)]
    stage = next((_BEFORE.get(each, each) for each in ahead if each is not None), None)
    return None if stage is None else (stage, LeadState.active)

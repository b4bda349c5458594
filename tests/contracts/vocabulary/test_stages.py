"""Stages and states as offices write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.stages import LeadState, Stage, find_stage

ACTIVE, HELD, CLOSED = LeadState.active, LeadState.on_hold, LeadState.closed


@pytest.mark.parametrize("stage", list(Stage))
def test_a_stage_is_found_by_its_own_names(stage: Stage) -> None:
    for text in (stage.value, stage.label, f"{stage.label}阶段", f" 已{stage.label} "):
        assert find_stage(text) == (stage, ACTIVE)
    assert list(Stage)[stage.order] is stage
    assert stage.label_en


@pytest.mark.parametrize(
    ("text", "stage", "state"),
    [
        ("初步接触", Stage.new, ACTIVE), ("意向", Stage.new, ACTIVE), ("正在洽谈", Stage.negotiating, ACTIVE),
        ("拟上会", Stage.admission_review, ACTIVE), ("签约待落地", Stage.signed, ACTIVE),
        ("未签约", Stage.negotiating, ACTIVE),
        ("拟签约", Stage.negotiating, ACTIVE), ("预计12月签约", Stage.negotiating, ACTIVE),
        ("已签约未开工", Stage.signed, ACTIVE),
        ("已签约、已注册", Stage.company_registered, ACTIVE), ("已摘牌", Stage.land_supplied, ACTIVE),
        ("租赁厂房", Stage.land_supplied, ACTIVE), ("待开工", Stage.land_supplied, ACTIVE),
        ("已开工，计划年底投产", Stage.construction_started, ACTIVE), ("试生产", Stage.in_production, ACTIVE),
        ("搁置", None, HELD), ("暂缓（在谈）", Stage.negotiating, HELD), ("暂缓签约", None, HELD),
        ("放弃", None, CLOSED),
        ("签约后终止", Stage.signed, CLOSED), ("暂缓，拟终止", None, HELD),
    ],
)  # fmt: skip
def test_ways_of_writing(text: str, stage: Stage | None, state: LeadState) -> None:
    assert find_stage(text) == (stage, state)


@pytest.mark.parametrize("text", ["", "其他", "待定", "推进", "renewal"])
def test_other_texts_name_none(text: str) -> None:
    assert find_stage(text) is None


@given(st.text(max_size=30))
def test_any_text_is_read_or_none(text: str) -> None:
    found = find_stage(text)
    assert found is None or isinstance(found[1], LeadState)


def test_states_have_labels() -> None:
    assert [state.label for state in LeadState] == ["推进中", "暂缓", "终止"]
    assert all(state.label_en for state in LeadState)

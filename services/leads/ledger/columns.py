"""Which column holds what: offices name and order them as they like, so headers are found by what they say."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SEARCHED_ROWS = 30
ENOUGH = 3

_NAMES = {
    "title": "项目名称 项目 项目名 投资项目 招商项目 线索名称 拟投资项目",
    "investor": "投资方 投资方名称 企业名称 投资主体 投资单位 投资企业 公司名称 客商名称 投资商 单位名称 意向企业 投资人 企业",  # noqa: E501
    "code": "统一社会信用代码 信用代码 社会信用代码 统一信用代码 组织机构代码 税号",
    "chain": "产业链 产业类别 产业 所属产业 产业方向 产业领域 行业 所属行业 行业类别 所属产业链",
    "industry_code": "行业代码 国民经济行业代码 国民经济行业 行业分类代码",
    "summary": "项目简介 项目概况 建设内容 项目内容 主要内容 简介 项目情况 项目描述 建设规模及内容",
    "total": "总投资 总投资额 投资总额 计划总投资 拟投资额 投资额 计划投资 项目总投资 意向投资额 投资规模 预计总投资",
    "fixed": "固定资产投资 固定资产投资额 固投 固投额 其中固定资产投资 其中固投 固定资产",
    "land": "用地需求 用地面积 用地 需求用地 拟用地 土地需求 占地面积 用地规模",
    "source": "线索来源 来源 招商方式 来源方式 招商模式 信息来源 引进方式 项目来源 获取渠道",
    "referrer": "引荐人 介绍人 推荐人 引荐单位 中介机构 引荐机构",
    "first_contact": "首谈时间 首次接触时间 首次洽谈时间 首次对接时间 首谈日期 首次接触 接洽时间 首次接洽时间 登记时间 录入时间",  # noqa: E501
    "first_by": "首谈人 首谈联系人 首次接洽人",
    "owner": "跟踪负责人 负责人 跟进人 招商专员 责任人 项目负责人 对接人 招商负责人 包保责任人 跟踪人",
    "zone": "意向落户区 落户区 落地区域 拟落户区 意向区域 落户园区 落地区 拟落地区域 意向落地 所属区 区域 意向落户",
    "stage": "当前阶段 项目阶段 阶段 进展阶段 目前阶段 项目状态 状态 当前状态",
    "progress": "最新进展 进展情况 进展 目前进展 项目进展 工作进展 最新动态 推进情况",
    "updated": "更新时间 更新日期 填报时间 填报日期 最近更新 最后更新 更新 最近跟进时间",
    "contact": "联系人 企业联系人 企业方联系人 投资方联系人 对方联系人",
    "phone": "联系电话 电话 手机 联系方式 手机号 联系人电话 企业联系电话 手机号码",
    "remark": "备注 说明 其他 备注说明",
    "number": "序号 编号 No no.",
}  # fmt: skip
NAMES: Mapping[str, tuple[str, ...]] = {field: tuple(names.split()) for field, names in _NAMES.items()}

_FIELD_OF = {name: field for field, names in NAMES.items() for name in names}
_LONG = sorted((name for name in _FIELD_OF if len(name) >= 3), key=len, reverse=True)
_BRACKETS = re.compile(r"[(（\[【](.*?)[)）\]】]")
_MONEY_UNIT = re.compile(r"(?:万|亿|百万|千万)?(?:人民币|美)?元|万美元|亿美元|亿|万")
_UNIT_ROW = re.compile(r"单位[:：](.*)$")


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field stands, under which heading, in which unit."""

    index: int
    heading: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class Header:
    """The header row and what its columns hold."""

    row: int
    columns: Mapping[str, Column]

    def is_repeated(self, cells: Sequence[Any]) -> bool:
        """Whether a row is the header again, as at a page break."""
        headings = [(column.index, column.heading) for column in self.columns.values()]
        same = sum(1 for index, heading in headings if index < len(cells) and str(cells[index]).strip() == heading)
        return same >= max(ENOUGH, len(headings) // 2)


def find_header(rows: Sequence[Sequence[Any]]) -> Header | None:
    """The row that names the most columns; None where none names an investor or a project and two more."""
    best: Header | None = None
    for number, cells in enumerate(rows[:SEARCHED_ROWS]):
        columns = _columns(cells)
        named = {"title", "investor"} & set(columns)
        if named and len(columns) >= ENOUGH and (best is None or len(columns) > len(best.columns)):
            best = Header(number, columns)
    if best is None:
        return None
    unit = _sheet_unit(rows[: best.row])
    return Header(best.row, {field: _with_unit(field, column, unit) for field, column in best.columns.items()})


def field_of(heading: str) -> str | None:
    """The field a heading names, exactly or as its longest known part."""
    plain = _plain(heading)
    if plain in _FIELD_OF:
        return _FIELD_OF[plain]
    return next((_FIELD_OF[name] for name in _LONG if name in plain), None)


def _columns(cells: Sequence[Any]) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    partial: list[tuple[str, Column]] = []
    for index, cell in enumerate(cells):
        if not isinstance(cell, str) or not cell.strip() or len(cell) > 40:
            continue
        field = field_of(cell)
        if field is None:
            continue
        column = Column(index, cell.strip(), _unit_in(cell))
        if _plain(cell) in _FIELD_OF:
            columns.setdefault(field, column)
        else:
            partial.append((field, column))
    for field, column in partial:
        columns.setdefault(field, column)
    return columns


def _plain(heading: str) -> str:
    text = "".join(unicodedata.normalize("NFKC", heading).split())
    return _BRACKETS.sub("", text).strip("*:：")


def _unit_in(heading: str) -> str | None:
    for inside in _BRACKETS.findall(unicodedata.normalize("NFKC", heading)):
        if match := _MONEY_UNIT.search(inside):
            return match[0]
    return None


def _sheet_unit(rows: Sequence[Sequence[Any]]) -> str | None:
    for cells in rows:
        for cell in cells:
            if isinstance(cell, str) and (match := _UNIT_ROW.search(cell.strip())):
                money = _MONEY_UNIT.search(match[1])
                if money:
                    return money[0]
    return None


def _with_unit(field: str, column: Column, unit: str | None) -> Column:
    if field in ("total", "fixed") and column.unit is None:
        return Column(column.index, column.heading, unit)
    return column

"""What a heading of a ledger names: offices call and order their columns as they like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

_NAMES = {
    "number": "序号 序 编号 项目序号 no no. 项目编号",
    "title": "项目名称 项目名 项目 投资项目 招商项目 拟投资项目 意向项目 在谈项目 签约项目 线索名称 拟建项目 名称",
    "investor": """
        投资方 投资方名称 投资主体 投资单位 投资企业 企业名称 投资商 客商名称 客商 意向企业 目标企业 投资公司
        投资人 投资者 资方 资方名称 项目投资方 公司名称 单位名称 项目单位 企业 公司
    """,
    "code": "统一社会信用代码 社会信用代码 统一信用代码 信用代码 统一代码 纳税人识别号 税号",
    "chain": """
        产业链 所属产业链 产业链条 产业类别 所属产业 产业领域 产业方向 主导产业 产业类型 产业 赛道 所属行业
        行业类别 行业领域 行业
    """,
    "industry_code": "行业代码 国民经济行业代码 行业分类代码 行业编码 国标行业代码 行业小类 国民经济行业",
    "summary": """
        项目简介 项目概况 建设内容 主要建设内容 项目内容 主要内容 建设规模及内容 投资内容 项目描述 基本情况
        项目情况 简介
    """,
    "total": """
        总投资 总投资额 投资总额 计划总投资 计划总投资额 拟投资总额 项目总投资 预计总投资 协议总投资 拟投资额
        拟投资 计划投资额 计划投资 预计投资 意向投资额 意向投资 协议投资额 投资规模 投资金额 投资额
    """,
    "fixed": "固定资产投资 固定资产投资额 固投 固投额 计划固投 拟固投 预计固投 固投规模 固定资产",
    "land": """
        用地需求 需求用地 用地面积 用地规模 土地需求 拟用地 拟用地面积 占地面积 土地面积 供地面积 用地亩数 占地
        用地
    """,
    "source": """
        线索来源 招商方式 招商模式 招商途径 来源方式 信息来源 项目来源 引进方式 招引方式 获取渠道 线索渠道 渠道
        来源
    """,
    "referrer": "引荐人 引荐单位 引荐机构 引荐方 推荐人 推荐单位 介绍人 中介机构 信息提供人",
    "first_contact": """
        首谈时间 首谈日期 首次接触时间 首次接触日期 首次洽谈时间 首次对接时间 首次接洽时间 首次联系时间
        初次接触时间 首次接触 接触时间 接洽时间 对接时间 洽谈时间 首报时间 登记时间 录入时间
    """,
    "first_by": "首谈人 首谈联系人 首次接触人 首次接洽人 首次对接人",
    "owner": """
        跟踪负责人 跟进负责人 招商负责人 项目负责人 招商专员 跟踪人 跟进人 负责人 责任人 经办人 对接人 招商人员
        包保责任人 项目专员
    """,
    "zone": """
        意向落户区 拟落户区 意向落地区 拟落地区 落户区域 落地区域 意向区域 意向落地区域 拟落地区域 拟落户区域
        落户区 落地区 意向落户 意向落地 意向落户地 拟落户地 落户园区 落地园区 承接区 项目所在地 所属区 选址意向
        意向选址 选址 区域
    """,
    "stage": """
        当前阶段 项目阶段 目前阶段 所处阶段 推进阶段 进展阶段 跟进阶段 线索阶段 当前状态 项目状态 跟进状态
        项目进度 阶段 状态
    """,
    "progress": """
        最新进展 最新进展情况 进展情况 项目进展 项目进展情况 目前进展 当前进展 工作进展 推进情况 跟进情况
        洽谈情况 最新动态 进展
    """,
    "updated": """
        更新时间 更新日期 最近更新时间 最近更新 最后更新时间 最后更新 填报时间 填报日期 填表时间 报送时间
        最近跟进时间 最新跟进时间 最近跟进 更新
    """,
    "contact": """
        联系人 企业联系人 企业方联系人 投资方联系人 资方联系人 客商联系人 对方联系人 联系人姓名 联系人及电话
        联系人及联系方式 联系人联系方式
    """,
    "phone": """
        联系电话 联系方式 联系人电话 企业联系电话 企业联系方式 联系人联系电话 联系人手机 手机号码 手机号 手机
        电话 电话号码 联系号码 投资方电话 投资方联系电话 投资方联系方式 企业联系人电话
    """,
    "remark": "备注 备注说明 其他 其它 说明",
}
FIELDS: Mapping[str, tuple[str, ...]] = {field: tuple(names.split()) for field, names in _NAMES.items()}

_EXACT: Mapping[str, tuple[str, int]] = {
    name: (field, rank) for field, names in FIELDS.items() for rank, name in enumerate(names)
}
_PARTS = sorted((name for name in _EXACT if len(name) >= 3), key=len, reverse=True)
_LONGER_BY = 8
_PARTLY = 1000
"""A heading that only contains a name ranks behind every heading that is one."""

_BRACKETS = re.compile(r"[(\[【〔{](.*?)[)\]】〕}]")
_NOISE = re.compile(r"[*:、,，。/_\-“”\"'·]|^\d+[.、]|^其中|^是否")
_CURRENCY = "人民币|美元|美金|港元|港币|欧元|日元|英镑|元"
_MONEY = re.compile(rf"(?:万亿|亿|千万|百万|万|千)?(?:{_CURRENCY})(?:人民币)?|亿|万(?!平)")
_MONEY_AT_END = re.compile(rf"(?:(?:亿|千万|百万|万)(?:{_CURRENCY})?|(?<=[/:、 ])元)(?:人民币)?$")
_AREA = re.compile(r"公顷|平方米|平米|㎡|m2|亩")
_OTHER_MONEY = re.compile(r"年度|本年|当年|今年|累计|完成|到位|设备|实际|外资|每亩|亩均|本月|本期|年产值|税")
"""Words that make 「…计划投资额」 another figure than the project's total."""
_THEIRS = re.compile(r"^(?:企业方?|投资企业|投资方|资方|客商|对方|项目方)")
_PRIVATE = re.compile(r"电话|手机|联系方式|邮箱|邮件|email|微信|qq|身份证|传真")


def plain(heading: str) -> str:
    """A heading without white space, brackets, numbering and punctuation."""
    text = _BRACKETS.sub("", _flat(heading))
    return _NOISE.sub("", _MONEY_AT_END.sub("", text))


def field_of(heading: str) -> tuple[str, int] | None:
    """The field a heading names and how well, less being better; None where it names none."""
    text = plain(heading)
    if text in _EXACT:
        return _EXACT[text]
    if is_private(heading):
        theirs = _EXACT.get(_THEIRS.sub("", text))
        return theirs if theirs and theirs[0] in ("contact", "phone") else None
    for name in _PARTS:
        if name in text and len(text) <= len(name) + _LONGER_BY:
            field = _EXACT[name][0]
            if field in ("total", "fixed") and _OTHER_MONEY.search(text):
                return None
            return field, _PARTLY - len(name)
    return None


def is_private(heading: str) -> bool:
    """Whether a column holds ways to reach a person, which belong nowhere but with a contact."""
    return _PRIVATE.search(_flat(heading)) is not None


def money_unit(heading: str) -> str | None:
    """The unit of money a heading states: ``亿元``, ``万美元``."""
    flat = _flat(heading)
    for inside in _BRACKETS.findall(flat):
        if match := _MONEY.search(inside):
            return match[0]
    match = _MONEY_AT_END.search(flat)
    return match[0] if match else None


def area_unit(heading: str) -> str | None:
    """The unit of area a heading states."""
    match = _AREA.search(_flat(heading))
    return match[0] if match else None


def stated_unit(text: str) -> str | None:
    """The unit of money of a unit row such as 「单位：亿元、亩」 or a title such as 「…台账（万元）」."""
    flat = _flat(text)
    after = re.search(r"单位:(.*)$", flat)
    for part in ([after[1]] if after else []) + _BRACKETS.findall(flat):
        if match := _MONEY.search(part):
            return match[0]
    return None


def _flat(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()

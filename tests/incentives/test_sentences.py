"""What the engine reads, in sentences: every operator, every quantity, every kind of benefit."""

from __future__ import annotations

from typing import Any

import pytest

from services.incentives.policy import leaves_of
from services.incentives.policy_text.sentences import benefit_sentences, sentence, shape
from tests.incentives.writing import FAI, JOBS, policy

NAMES = {"39": "计算机制造", "C": "制造业"}
BY_INDUSTRY = {"by": "industry_code", "cases": [{"in": ["C", "65"], "value": "2亿元"}], "otherwise": "none"}
BY_YEAR = {"by": "entry_date", "cases": [{"in": [2022, 2023], "value": "40元"}], "otherwise": "none"}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"fact": "jobs", "op": "eq", "value": 100}, "新增就业等于100人"),
        ({"fact": "jobs", "op": "known"}, "新增就业已经填写"),
        (
            {"fact": "jobs", "op": "between", "value": {"low": 3, "high": 9, "high_open": True}},
            "新增就业不低于3人、低于9人",
        ),
        ({"fact": "land_mu", "op": "gt", "value": 80.5}, "用地需求高于80.5亩"),
        ({"fact": "rd_ratio", "op": "le", "value": "15%"}, "研发费用占营业收入比例不超过15%"),
        ({"fact": "listed", "op": "ne", "value": True}, "上市公司不为“是”"),
        ({"fact": "project_kind", "op": "in", "value": ["rd", "service"]}, "项目类型是以下之一：研发中心、服务"),
        ({"fact": "qualifications", "op": "contains", "value": "unicorn"}, "资质荣誉含有独角兽企业"),
        (
            {"fact": "industry_code", "op": "prefix_in", "value": ["39", "65"]},
            "行业属于以下行业之一：39 计算机制造、65",
        ),
        (
            {"fact": "entry_date", "op": "date_in", "value": {"from": "2026-01-01", "until": "2027-01-01"}},
            "意向入驻时间在2026-01-01 及以后、2026-12-31 及以前",
        ),
        (
            {"fact": "rent_price_sqm_month", "op": "le", "value": "1440元", "period": "year"},
            "每平方米月租金不超过1,440元（按年计）",
        ),
        (
            {"per": {"of": "expected_annual_tax", "by": "land_mu"}, "op": "ge", "value": "10万元"},
            "每亩预计年税收不低于10万元",
        ),
        ({"since": {"date": "recognised_on"}, "op": "le", "value": 36}, "认定日期距今不超过36个月"),
        (
            {"sum": ["equipment_investment", "software_investment"], "op": "ge", "value": "1000万美元"},
            "设备投资、软件投入合计不低于1,000万美元",
        ),
        (
            {"fact": "annual_revenue", "op": "ge", "value": BY_INDUSTRY},
            "年营业收入按行业：制造业、65不低于2亿元，其他不符合",
        ),
    ],
)
def test_a_condition_in_a_sentence(written: dict[str, Any], words: str) -> None:
    (leaf,) = leaves_of(policy(conditions={"id": "a", "text": "甲", **written}).conditions)
    assert sentence(leaf, NAMES) == words


def test_the_shape_of_a_tree() -> None:
    tree = {"all": [FAI, {"any": [JOBS, {"not": JOBS | {"id": "many"}}]}]}
    assert shape(policy(conditions=tree).conditions) == "都要满足（fai、其一（jobs、不得（many）））"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"kind": "fixed", "amount": "未公布", "cap": "30万元"}, ["一笔未公布", "总额最高30万元"]),
        (
            {
                "kind": "rate",
                "rate": "10%",
                "base": ["equipment_investment", "software_investment"],
                "yearly": ["100%", "50%"],
            },
            ["（设备投资＋软件投入） × 10%", "每年另算一笔，共2年，各年按100%、50%"],
        ),
        (
            {
                "kind": "banded",
                "base": "jobs",
                "bands": [{"from": 0, "to": 9, "amount": "1元"}, {"from": 9, "amount": "2元"}],
            },
            ["按新增就业分档，落在哪一档拿哪一档：0 起、不到 9：1元；9 起：2元"],
        ),
        (
            {
                "kind": "per_unit",
                "price": BY_YEAR,
                "units": [{"fact": "rent_area_sqm", "up_to": 3000}, 12],
                "cap_per_year": "5元",
            },
            ["（按意向入驻时间：2022年、2023年40元，其他不给） × 租用面积（最多3,000平方米） × 12", "每年最高5元"],
        ),
        ({"kind": "interest", "points": "1.5%", "loan": "loan_amount", "years": 2}, ["贷款金额 × 1.5% × 2年"]),
        (
            {
                "kind": "match",
                "level": "city",
                "ratio": "1:0.5",
                "base": "upper_level_grant",
                "multipliers": [{"times": 1.2, "text": "港资", "when": {"any": [FAI, JOBS]}}],
            },
            [
                "市级配套：上级资金实际到账额 × 0.5",
                "满足条件的再乘 1.2：港资（以下满足其一：固定资产投资不低于1亿元、新增就业不低于100人）",
            ],
        ),
        ({"kind": "in_kind", "worth": "30万元"}, ["实物或服务，约节省30万元"]),
    ],
)
def test_a_benefit_in_sentences(written: dict[str, Any], words: list[str]) -> None:
    assert benefit_sentences(policy(benefit={"text": "奖励", **written}).benefit, NAMES) == words


def test_a_computed_cap() -> None:
    cap = {"plus": ["30万元", {"rate": "100%", "base": ["fiscal_contribution", "affiliates_fiscal_contribution"]}]}
    benefit = {"kind": "fixed", "text": "奖励", "amount": "1元", "cap": cap}
    lines = benefit_sentences(policy(benefit=benefit).benefit, NAMES)
    assert lines[-1] == "总额最高30万元＋（年地方财政贡献＋关联企业年地方财政贡献） × 100%"

"""Policies for tests, written as an author would write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.incentives.catalogue import Catalogue, build_catalogue
from services.incentives.policy import Policy, policy_from
from services.incentives.zone_profile import load_zones

ZONES = load_zones(Path(__file__).resolve().parents[2] / "services" / "incentives" / "zones")

FAI = {"id": "fai", "text": "固定资产投资不低于1亿元", "fact": "fixed_asset_investment", "op": "ge", "value": "1亿元"}
CODE = {"id": "industry", "text": "属于汽车制造", "fact": "industry_code", "op": "prefix_in", "value": ["36", "3962"]}
DISHONEST = {"id": "dishonest", "text": "列入严重失信主体名单", "fact": "serious_dishonesty", "op": "eq", "value": True}
JOBS = {"id": "jobs", "text": "新增就业不少于100人", "fact": "jobs", "op": "ge", "value": 100}


def document(**changes: Any) -> dict[str, Any]:
    """A whole policy in JSON; ``changes`` replace fields."""
    return {
        "id": "jingkai-example",
        "title": "汽车产业投资奖励",
        "standing": "illustrative",
        "scope": {"zone": "jingkai"},
        "instrument": "reward",
        "summary": "对汽车产业投资给予奖励。",
        "valid": {"from": "2026-01-01", "until": "2028-12-31"},
        "source": {"document": "区策示例政策"},
        "review": {"reviewer": "审查员", "conclusion": "不排除或限制竞争", "basis": "第十二条", "on": "2026-01-05"},
        "conditions": FAI,
        "benefit": {"kind": "fixed", "text": "奖励200万元", "amount": "200万元"},
        "examples": [
            {"title": "够", "as_of": "2026-06-01", "facts": {"fixed_asset_investment": "2亿元"}, "verdict": "met"},
            {"title": "不够", "as_of": "2026-06-01", "facts": {"fixed_asset_investment": 1}, "verdict": "not_met"},
        ],
        **changes,
    }


def policy(**changes: Any) -> Policy:
    """The same as a policy."""
    return policy_from(document(**changes), "test")


def catalogue(*policies: Policy, illustrative: bool = True) -> Catalogue:
    """A catalogue of these policies over the real zones."""
    return build_catalogue(policies, ZONES, illustrative=illustrative)


def fixed(id: str, amount: str, **changes: Any) -> Policy:
    """A policy of a fixed sum."""
    return policy(id=id, title=f"奖励 {id}", benefit={"kind": "fixed", "text": "奖励", "amount": amount}, **changes)

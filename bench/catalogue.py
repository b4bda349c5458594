"""Catalogues for whole matches, in as many zones as asked for: of plain policies, and of every form that is written.

Plain ones have the conditions of the engine's workload and a fixed sum, a share with a cap, a price a unit or bands;
one in five excludes others of its zone. Those of every form are the policies that ship, with other figures, and with as
many conditions as the plain ones have.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final

from bench.workload import SEED, policies
from contracts.vocabulary.facts import PPM
from services.incentives.catalogue import Catalogue, build_catalogue
from services.incentives.policy import Policy, policy_from
from services.incentives.policy.tree import All, Leaf, Not, leaves_of
from services.incentives.policy_folder import load_policies
from services.incentives.settings import POLICIES, ZONES
from services.incentives.zone_profile import load_zones

_TERM: Final = {"from_": date(2026, 1, 1), "until": date(2028, 12, 31)}
_BENEFITS: Final[tuple[dict[str, Any], ...]] = (
    {"kind": "fixed", "text": "奖励200万元", "amount": "200万元"},
    {
        "kind": "rate",
        "text": "按投资的5%，最高500万元",
        "base": "fixed_asset_investment",
        "rate": "5%",
        "cap": "500万元",
    },
    {"kind": "rate", "text": "按研发费用的10%", "base": "rd_spending", "rate": "10%", "cap_per_year": "100万元"},
    {"kind": "per_unit", "text": "每人2万元", "price": "2万元", "units": [{"fact": "jobs"}], "cap": "300万元"},
    {
        "kind": "banded",
        "text": "按人数分档",
        "base": "rd_staff",
        "mode": "step",
        "bands": [{"from": 1, "to": 50, "amount": "30万元"}, {"from": 50, "to": None, "amount": "80万元"}],
    },
)


def plain(count: int, zones: int) -> Catalogue:
    """So many plain policies."""
    bases = [_written(benefit) for benefit in _BENEFITS]
    made = [
        bases[number % len(bases)].model_copy(
            update={"id": name, "conditions": conditions, "exclusive_group": "best" if number % 5 == 0 else None}
        )
        for number, (name, conditions) in enumerate(policies(count).items())
    ]
    return _catalogue(made, zones)


def of_every_form(count: int, zones: int, seed: int = SEED) -> Catalogue:
    """So many policies in which everything occurs that the shipped ones write."""
    draw = random.Random(seed)
    shipped = load_policies(POLICIES)
    made = [
        _another(draw, shipped[number % len(shipped)], number, leaves_of(conditions))
        for number, conditions in enumerate(policies(count).values())
    ]
    return _catalogue(made, zones)


def _written(benefit: dict[str, Any]) -> Policy:
    facts = {"fixed_asset_investment": "2亿元"}
    return policy_from(
        {
            "id": "plain",
            "title": "投资奖励",
            "standing": "illustrative",
            "scope": {"zone": "jingkai"},
            "instrument": "reward",
            "summary": "按条件给予奖励。",
            "valid": {"from": _TERM["from_"], "until": _TERM["until"]},
            "source": {"document": "测速用政策"},
            "review": {"reviewer": "审查员", "conclusion": "不排除竞争", "basis": "第十二条", "on": "2026-01-05"},
            "conditions": {"id": "fai", "text": "投资", "fact": "fixed_asset_investment", "op": "ge", "value": 1},
            "benefit": benefit,
            "examples": [
                {"title": title, "as_of": "2026-06-01", "facts": facts, "verdict": "met"} for title in ("甲", "乙")
            ],
        },
        "bench",
    )


def _catalogue(made: Sequence[Policy], zones: int) -> Catalogue:
    """The policies in turn of the zones, which are profiles of real ones under other names."""
    real = list(load_zones(ZONES).values())
    names = [f"zone-{number}" for number in range(zones)]
    profiles = {
        name: real[number % len(real)].model_copy(update={"id": name, "name": name})
        for number, name in enumerate(names)
    }
    catalogue = build_catalogue(made, profiles, illustrative=True)
    catalogue.policies = {
        each.id: replace(catalogue.policies[each.id], zones=(names[number // 10 % zones],))
        for number, each in enumerate(made)
    }
    return catalogue


def _another(draw: random.Random, policy: Policy, number: int, plain: Sequence[Leaf]) -> Policy:
    """The same form with other figures, in force, and with as many conditions as the plain policy of these."""
    conditions = policy.conditions.model_copy(deep=True)
    for figures in _figures(conditions):
        figures["value"] = max(1, figures["value"] * draw.choice((50, 80, 100, 120, 200)) // 100)
    return policy.model_copy(
        update={
            "id": f"{policy.id}-{number}",
            "conditions": All.model_construct(all=[conditions, *plain[len(leaves_of(conditions)) :]]),
            "valid": policy.valid.model_copy(update=_TERM),
            "tops_up": policy.tops_up and [f"{id}-{number}" for id in policy.tops_up],
        }
    )


def _figures(node: Any) -> Iterator[dict[str, Any]]:
    """The fields of conditions with a plain whole figure."""
    if isinstance(node, Leaf):
        if type(node.value) is int and node.op in ("ge", "gt", "le", "lt") and node.value < PPM * PPM:
            yield vars(node)
        return
    for child in [node.not_] if isinstance(node, Not) else node.all if isinstance(node, All) else node.any:
        yield from _figures(child)

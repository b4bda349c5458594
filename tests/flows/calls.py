"""Every operation of the API: who may use it, who may read the canary office's work in it, and a call that works.

A test compares this table with OpenAPI, so that no new route goes without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.flows.world import ANONYMOUS, FINISHED_WEEK, World, registration, upload

OFFICERS = frozenset({"donghu", "hanyang", "bureau"})
MANAGERS = frozenset({"manager", "manager-donghu"})
STAFF = OFFICERS | MANAGERS
INSIDE = frozenset({"donghu", "bureau", *MANAGERS})
WORKING = INSIDE & OFFICERS
ADMINISTRATOR = frozenset({"admin"})
EDITOR = frozenset({"editor"})
REVIEWER = frozenset({"reviewer"})
SIGNED_IN = STAFF | ADMINISTRATOR | {"editor", "reviewer", "partner-a", "partner-b"}
ANYBODY = SIGNED_IN | {ANONYMOUS}
NOBODY: frozenset[str] = frozenset()
COLLEAGUES = frozenset({"donghu", "bureau", "manager", "manager-donghu", "admin"})


@dataclass
class Call:
    """The parts of one request that works."""

    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    files: Mapping[str, tuple[str, bytes, str]] | None = None


Make = Callable[[World], Call]


@dataclass(frozen=True)
class Rule:
    """Who may call an operation, and who finds the canary in the answer. Everybody else must not."""

    who: frozenset[str]
    make: Make
    sees: frozenset[str] = NOBODY


def plain(_world: World) -> Call:
    """Nothing to say."""
    return Call()


def by_its_words(_world: World) -> Call:
    """A search for the canary."""
    return Call(query={"q": "金丝雀"})


def a_long_page(_world: World) -> Call:
    """As much as a page holds."""
    return Call(query={"limit": 200})


def a_lead(world: World) -> Call:
    """The canary lead."""
    return Call({"id": world.lead})


def a_fresh_lead(body: Callable[[World], Any]) -> Make:
    """A lead of its own for each change, at its current revision."""

    def make(world: World) -> Call:
        lead = world.new_lead()
        return Call({"id": lead}, headers=world.etag(f"/leads/{lead}"), json=body(world))

    return make


def an_account(world: World) -> dict[str, Any]:
    """Somebody to be hired."""
    number = next(world.numbers)
    return {
        "sign_in": f"officer{number}",
        "name": f"新人{number}",
        "role": "officer",
        "password": f"long-enough-{number}",
        "zones": ["donghu"],
        "email": f"officer{number}@quce.example",
    }


def a_fresh_account(world: World) -> Call:
    """An account of its own for each change."""
    made = world.post("admin", "/accounts", json=an_account(world))["id"]
    return Call({"id": made}, headers=world.etag(f"/accounts/{made}", "admin"), json={"name": "改名"})


def a_fresh_token(world: World) -> Call:
    """A token to be withdrawn."""
    made = world.post("donghu", "/tokens", json={"name": "待撤销", "expires_days": 1})
    return Call({"id": made["id"]}, headers={"If-Match": f'"{made["revision"]}"'})


def an_import(world: World) -> Call:
    """The canary import."""
    return Call({"id": world.imported})


def an_export(world: World) -> Call:
    """What the officer exported, the canary lead in it; a table of text, so that it can be looked into."""
    return Call({"id": world.exported})


def a_policy(world: World) -> str:
    """A policy to be drafted, in force long after these tests."""
    return f"""
id: draft-{next(world.numbers)}
title: 示例设备补贴
title_en: Equipment subsidy
standing: illustrative
version: 1
scope: {{zone: donghu}}
instrument: subsidy
beneficiary: enterprise
claim_mode: ordinary
summary: 设备投资补贴的示例。
valid: {{from: 2041-01-01, until: 2042-12-31, assumed: false}}
source: {{document: 示例, number: null, article: 第一条, published: null, grade: null, reference: null, note: null}}
cleanup: null
review: {{reviewer: 示例, conclusion: 不排除或限制竞争, basis: 公平竞争审查条例, on: 2026-01-05, until: 2042-12-31}}
exclusive_group: null
conditions:
  all:
    - {{id: fai, text: 固定资产投资不低于1亿元, fact: fixed_asset_investment, op: ge, value: 1亿元, clause: 第一条}}
benefit: {{kind: fixed, text: 奖励100万元, amount: 100万元}}
examples:
  - {{title: 够, as_of: 2041-06-01, facts: {{fixed_asset_investment: 2亿元}}, verdict: met, amount: 100万元}}
  - {{title: 不够, as_of: 2041-06-01, facts: {{fixed_asset_investment: 5000万元}}, verdict: not_met, unmet: [fai]}}
"""


def a_draft(world: World) -> Call:
    """A policy that waits for its review."""
    made = world.post("editor", "/policies", json={"text": a_policy(world)})
    return Call({"id": made["id"]}, headers={"If-Match": f'"{made["revision"]}"'})


def a_review(world: World) -> Call:
    """Its review."""
    body = {"approved": True, "conclusion": "不排除或限制竞争", "basis": "公平竞争审查条例第十二条"}
    return replace(a_draft(world), json=body)


def a_reviewed_draft(world: World) -> Call:
    """A policy that waits for its publication."""
    review = a_review(world)
    path = f"/policies/{review.path['id']}/review"
    made = world.post("reviewer", path, json=review.json, headers=dict(review.headers))
    return Call(review.path, headers={"If-Match": f'"{made["revision"]}"'})


def a_decision(world: World) -> Call:
    """An answer that an officer saved for the desk; a visitor's is for whoever knows its id."""
    return Call({"id": world.post("donghu", "/decisions", json={"facts": {"jobs": 300}})["id"]})


def a_code_table(world: World) -> Call:
    """A table that applies long after these tests."""
    codes = [
        {"code": "C", "level": "section", "name": "制造业", "section": "C"},
        {"code": "39", "level": "division", "name": "计算机、通信和其他电子设备制造业", "section": "C"},
    ]
    return Call(json={"version": f"test-{next(world.numbers)}", "valid_from": "2091-01-01", "codes": codes})


LEADS: Mapping[str, Rule] = {
    "POST /leads": Rule(OFFICERS, lambda world: Call(json=registration(next(world.numbers)))),
    "GET /leads": Rule(STAFF, by_its_words, INSIDE),
    "GET /leads/board": Rule(STAFF, plain),
    "GET /leads/{id}": Rule(INSIDE, a_lead, INSIDE),
    "PATCH /leads/{id}": Rule(WORKING, a_fresh_lead(lambda _: {"title": "改过的项目"})),
    "POST /leads/{id}/stage": Rule(WORKING, a_fresh_lead(lambda _: {"to": "assessing"})),
    "POST /leads/{id}/assign": Rule(WORKING, a_fresh_lead(lambda world: {"owner": world.accounts["donghu"]})),
    "POST /leads/{id}/follow-ups": Rule(WORKING, a_fresh_lead(lambda _: {"text": "已电话沟通"})),
    "GET /leads/{id}/follow-ups": Rule(INSIDE, a_lead, INSIDE),
    "GET /leads/{id}/timeline": Rule(INSIDE, a_lead, INSIDE),
    "GET /investors": Rule(STAFF, by_its_words, INSIDE),
    "GET /investors/{id}": Rule(INSIDE, lambda world: Call({"id": world.lead_page["investor"]["id"]}), INSIDE),
    "GET /contacts/{id}": Rule(INSIDE, lambda world: Call({"id": world.lead_page["contacts"][0]["id"]})),
    "POST /imports": Rule(OFFICERS, lambda world: Call(files=upload(next(world.numbers)))),
    "GET /imports": Rule(STAFF, a_long_page, INSIDE),
    "GET /imports/{id}": Rule(INSIDE, an_import, INSIDE),
    "GET /imports/{id}/rows": Rule(INSIDE, an_import, INSIDE),
    "POST /exports": Rule(STAFF, lambda _: Call(json={"kind": "leads"})),
    "GET /exports/{id}": Rule(frozenset({"donghu"}), an_export),
    "GET /exports/{id}/file": Rule(frozenset({"donghu"}), an_export, frozenset({"donghu"})),
    "GET /jobs/{id}": Rule(INSIDE, an_import),
    "DELETE /jobs/{id}": Rule(WORKING, an_import),
}

NOTIFY: Mapping[str, Rule] = {
    "PUT /recipients/{account}": Rule(
        ADMINISTRATOR,
        lambda world: Call(
            {"account": f"somebody-{next(world.numbers)}"},
            json={"name": "某人", "email": "somebody@quce.example", "zones": [], "role": "reviewer"},
        ),
    ),
    "GET /recipients/{account}": Rule(
        frozenset({"donghu", "admin"}), lambda world: Call({"account": world.accounts["donghu"]})
    ),
    "GET /notifications": Rule(SIGNED_IN, a_long_page, INSIDE),
    "GET /notifications/count": Rule(SIGNED_IN, plain),
    "POST /notifications/{id}/read": Rule(
        frozenset({"donghu"}), lambda world: Call({"id": world.notification}), frozenset({"donghu"})
    ),
    "POST /notifications/read-all": Rule(SIGNED_IN, plain),
    "GET /deliveries": Rule(SIGNED_IN, plain),
    "GET /digests": Rule(MANAGERS, plain),
    "GET /digests/{week}": Rule(MANAGERS, lambda world: Call({"week": world.week}), MANAGERS),
    "GET /digests/{week}/figures/{figure}/records": Rule(
        MANAGERS, lambda world: Call({"week": world.week, "figure": world.figure}), MANAGERS
    ),
    "POST /digests/{week}/send": Rule(MANAGERS | ADMINISTRATOR, lambda _: Call({"week": FINISHED_WEEK})),
    "GET /reports/{name}": Rule(STAFF, lambda _: Call({"name": "funnel"})),
}

GATEWAY: Mapping[str, Rule] = {
    "POST /sessions": Rule(
        ANYBODY, lambda world: Call(json={"account": "reviewer", "password": world.passwords["reviewer"]})
    ),
    "GET /sessions/current": Rule(SIGNED_IN, plain),
    "DELETE /sessions/current": Rule(SIGNED_IN, plain),
    "GET /accounts": Rule(SIGNED_IN, plain),
    "POST /accounts": Rule(ADMINISTRATOR, lambda world: Call(json=an_account(world))),
    "GET /accounts/{id}": Rule(COLLEAGUES, lambda world: Call({"id": world.accounts["donghu"]})),
    "PATCH /accounts/{id}": Rule(ADMINISTRATOR, a_fresh_account),
    "GET /tokens": Rule(SIGNED_IN, plain),
    "POST /tokens": Rule(SIGNED_IN, lambda _: Call(json={"name": "脚本", "expires_days": 1})),
    "DELETE /tokens/{id}": Rule(frozenset({"donghu"}), a_fresh_token),
}

INCENTIVES: Mapping[str, Rule] = {
    "GET /leads/{id}/matches": Rule(INSIDE, a_lead),
    "GET /zones": Rule(ANYBODY, plain),
    "GET /zones/{id}": Rule(ANYBODY, lambda _: Call({"id": "donghu"})),
    "GET /policies": Rule(ANYBODY, plain),
    "GET /policies/{id}": Rule(ANYBODY, lambda world: Call({"id": world.policy})),
    "GET /policies/{id}/versions/{number}": Rule(ANYBODY, lambda world: Call({"id": world.policy, "number": 1})),
    "POST /policies": Rule(EDITOR, lambda world: Call(json={"text": a_policy(world)})),
    "POST /policies/{id}/review": Rule(REVIEWER, a_review),
    "POST /policies/{id}/publish": Rule(EDITOR, a_reviewed_draft),
    "POST /policies/{id}/dry-run": Rule(EDITOR | REVIEWER, a_draft),
    "POST /eligibility": Rule(ANYBODY, lambda _: Call(json={"facts": {"jobs": 300}})),
    "POST /decisions": Rule(ANYBODY, lambda _: Call(json={"facts": {"jobs": 300}})),
    "GET /decisions/{id}": Rule(frozenset({"donghu", "manager-donghu"}), a_decision),
    "GET /industry-codes": Rule(ANYBODY, plain),
    "POST /industry-codes": Rule(ADMINISTRATOR | EDITOR, a_code_table),
}

RULES: Mapping[str, Rule] = {**LEADS, **INCENTIVES, **NOTIFY, **GATEWAY}

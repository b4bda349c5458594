"""The whole table: what each service does, and what every service answers of itself to those who run it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tests.flows.calls import (
    ADMINISTRATOR,
    ANYBODY,
    EDITOR,
    GATEWAY,
    INSIDE,
    LEADS,
    NOTIFY,
    REVIEWER,
    SIGNED_IN,
    STAFF,
    WORKING,
    Call,
    Make,
    Rule,
    a_fresh_lead,
    a_lead,
    a_long_page,
    plain,
)
from tests.flows.canaries import PARTNER_A, PLANTED
from tests.flows.samples import policy
from tests.flows.world import ANONYMOUS, World


def a_letter(service: str, body: Any = None) -> Make:
    """A dead letter of its own for each decision."""

    def make(world: World) -> Call:
        id, revision = world.new_letter(service)
        return Call({"id": id}, headers={"If-Match": f'"{revision}"'}, json=body)

    return make


def all_letters(service: str) -> Make:
    """As many as the dry run counts."""

    def make(world: World) -> Call:
        counted = world.post("admin", f"/dead-letters/{service}/dry-run", json={})
        return Call(json={"expected": counted["lanes"]})

    return make


def operating(service: str) -> Mapping[str, Rule]:
    """What every service answers of itself."""
    letters = f"/dead-letters/{service}"
    return {
        f"GET {letters}": Rule(ADMINISTRATOR, plain),
        f"GET {letters}/{{id}}": Rule(ADMINISTRATOR, a_letter(service)),
        f"POST {letters}/dry-run": Rule(ADMINISTRATOR, lambda _: Call(json={})),
        f"POST {letters}/replay": Rule(ADMINISTRATOR, all_letters(service)),
        f"POST {letters}/{{id}}/replay": Rule(ADMINISTRATOR, a_letter(service)),
        f"POST {letters}/{{id}}/discard": Rule(ADMINISTRATOR, a_letter(service, {"reason": "重复的旧消息"})),
        f"GET /system/{service}": Rule(ADMINISTRATOR, plain),
    }


def a_draft(world: World) -> Call:
    """A policy that waits for its review."""
    made = world.post("editor", "/policies", json={"text": policy(next(world.numbers))})
    return Call({"id": made["id"]}, headers={"If-Match": f'"{made["revision"]}"'})


def a_review(world: World) -> Call:
    """Its review."""
    body = {
        "approved": True, "conclusion": "不排除或限制竞争", "basis": "公平竞争审查条例第十二条",
        "ground": "technology", "until": "2042-12-31", "overrides": [{"rule": "hand-picked", "reason": "名录公开"}],
    }  # fmt: skip
    return replace(a_draft(world), json=body)


def a_reviewed_draft(world: World) -> Call:
    """A policy that waits for its publication."""
    review = a_review(world)
    path = f"/policies/{review.path['id']}/review"
    made = world.post("reviewer", path, json=review.json, headers=dict(review.headers))
    return Call(review.path, headers={"If-Match": f'"{made["revision"]}"'})


def a_code_table(world: World) -> Call:
    """A table that applies long after these tests."""
    codes = [
        {"code": "C", "level": "section", "name": "制造业", "section": "C"},
        {"code": "39", "level": "division", "name": "计算机、通信和其他电子设备制造业", "section": "C"},
    ]
    return Call(json={"version": f"test-{next(world.numbers)}", "valid_from": "2091-01-01", "codes": codes})


def an_enquiry(world: World) -> dict[str, Any]:
    """A visitor's question to 东湖."""
    number = next(world.numbers)
    return {
        "zone": "donghu", "organisation": f"寻常咨询{number}有限公司", "name": "来客", "phone": "13800001234",
        "question": "厂房租金怎么补？", "facts": {"jobs": 120}, "consent": True,
    }  # fmt: skip


def a_code(**more: str) -> Make:
    """The code of a fresh enquiry."""
    return lambda world: Call(
        json={"code": world.post(ANONYMOUS, "/enquiries", json=an_enquiry(world))["code"], **more}
    )


def an_enquiry_to_answer(world: World) -> Call:
    """A fresh enquiry that has its lead, at its current revision."""
    asked = an_enquiry(world)
    world.post(ANONYMOUS, "/enquiries", json=asked)
    found = world.arrived("organisation", asked["organisation"])
    return Call({"id": found["id"]}, headers={"If-Match": f'"{found["revision"]}"'}, json={"text": "按租金一半补"})


ENQUIRIES: Mapping[str, Rule] = {
    "POST /enquiries": Rule(ANYBODY, lambda world: Call(json=an_enquiry(world))),
    "GET /enquiries": Rule(STAFF, a_long_page, INSIDE),
    "POST /enquiries/track": Rule(ANYBODY, a_code()),
    "POST /enquiries/track/message": Rule(ANYBODY, a_code(text="另需宿舍")),
    "POST /enquiries/track/withdraw": Rule(ANYBODY, a_code()),
    "POST /enquiries/{id}/answer": Rule(WORKING, an_enquiry_to_answer),
    "GET /duties/{zone}": Rule(INSIDE, lambda _: Call({"zone": "donghu"})),
    "PUT /duties/{zone}": Rule(WORKING, lambda _: Call({"zone": "donghu"}, json={"officer": None})),
}

DESK = frozenset({"donghu", "manager-donghu"})


def own_decisions(world: World) -> Call:
    """What everybody who reads the canary lead was told of it, and the desk of the saved facts."""
    for who in INSIDE:
        world.get(who, f"/leads/{world.lead}/matches")
    for who in DESK:
        world.post(who, "/eligibility", json=PLANTED["EligibilityInput"])
    return Call(query={"limit": 200})


INCENTIVES: Mapping[str, Rule] = {
    "GET /leads/{id}/matches": Rule(INSIDE, a_lead, INSIDE),
    "GET /zones": Rule(ANYBODY, plain),
    "GET /zones/{id}": Rule(ANYBODY, lambda _: Call({"id": "donghu"})),
    "GET /policies": Rule(ANYBODY, a_long_page, EDITOR | REVIEWER | ADMINISTRATOR),
    "GET /policies/{id}": Rule(ANYBODY, lambda world: Call({"id": world.policy})),
    "GET /policies/{id}/versions/{number}": Rule(ANYBODY, lambda world: Call({"id": world.policy, "number": 1})),
    "POST /policies": Rule(EDITOR, lambda world: Call(json={"text": policy(next(world.numbers))})),
    "POST /policies/{id}/review": Rule(REVIEWER, a_review),
    "POST /policies/{id}/publish": Rule(EDITOR, a_reviewed_draft),
    "GET /policies/{id}/checks": Rule(EDITOR | REVIEWER | ADMINISTRATOR, a_draft),
    "POST /policies/{id}/dry-run": Rule(EDITOR | REVIEWER, a_draft),
    "POST /eligibility": Rule(ANYBODY, lambda _: Call(json={"facts": {"jobs": 300}})),
    "POST /decisions": Rule(ANYBODY, lambda _: Call(json={"facts": {"jobs": 300}})),
    "GET /decisions": Rule(SIGNED_IN, own_decisions, INSIDE),
    "GET /decisions/{id}": Rule(DESK, lambda world: Call({"id": world.decision}), DESK),
    "GET /decisions/{id}/replay": Rule(DESK, lambda world: Call({"id": world.decision}), DESK),
    "GET /industry-codes": Rule(ANYBODY, plain),
    "POST /industry-codes": Rule(ADMINISTRATOR | EDITOR, a_code_table),
}


def a_shared_lead(body: Any) -> Make:
    """A lead of its own that partner A follows, at its current revision."""

    def make(world: World) -> Call:
        lead = world.new_lead()
        world.share(lead)
        return Call({"id": lead}, headers=world.etag(f"/leads/{lead}"), json=body)

    return make


PARTNERS = frozenset({"partner-a", "partner-b"})
ASKED_BY = frozenset({"partner-a"})
PORTAL: Mapping[str, Rule] = {
    "GET /projects": Rule(PARTNERS, a_long_page, ASKED_BY),
    "GET /projects/{id}": Rule(ASKED_BY, a_lead, ASKED_BY),
    "GET /projects/enquiries": Rule(PARTNERS, a_long_page, ASKED_BY),
    "GET /projects/enquiries/{id}": Rule(ASKED_BY, lambda world: Call({"id": world.asked}), ASKED_BY),
    "POST /leads/{id}/share": Rule(WORKING, a_fresh_lead(lambda _: {"org": PARTNER_A})),
    "POST /leads/{id}/unshare": Rule(WORKING, a_shared_lead({"org": PARTNER_A})),
    "POST /leads/{id}/answers": Rule(WORKING, a_shared_lead({"org": PARTNER_A, "text": "按租金一半补"})),
    "GET /leads/{id}/answers": Rule(INSIDE, a_lead, INSIDE),
}


OPERATING: Mapping[str, Rule] = {
    name: rule for service in ("leads", "incentives", "notify", "gateway") for name, rule in operating(service).items()
}

RULES: Mapping[str, Rule] = {**LEADS, **ENQUIRIES, **PORTAL, **INCENTIVES, **NOTIFY, **OPERATING, **GATEWAY}

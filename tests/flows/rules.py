"""The whole table: what each service does, and what every service answers of itself to those who run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.flows.calls import (
    ADMINISTRATOR,
    ANYBODY,
    GATEWAY,
    INCENTIVES,
    INSIDE,
    LEADS,
    NOTIFY,
    STAFF,
    WORKING,
    Call,
    Make,
    Rule,
    a_long_page,
    plain,
)
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

    def arrived() -> list[dict[str, Any]]:
        items = world.get("donghu", "/enquiries?limit=200")["items"]
        return [each for each in items if each["organisation"] == asked["organisation"] and each["lead_id"]]

    found = world.wait(arrived)[0]
    return Call({"id": found["id"]}, headers={"If-Match": f'"{found["revision"]}"'}, json={"text": "按租金一半补"})


ENQUIRIES: Mapping[str, Rule] = {
    "POST /enquiries": Rule(ANYBODY, lambda world: Call(json=an_enquiry(world))),
    "GET /enquiries": Rule(STAFF, a_long_page),
    "POST /enquiries/track": Rule(ANYBODY, a_code()),
    "POST /enquiries/track/message": Rule(ANYBODY, a_code(text="另需宿舍")),
    "POST /enquiries/track/withdraw": Rule(ANYBODY, a_code()),
    "POST /enquiries/{id}/answer": Rule(WORKING, an_enquiry_to_answer),
    "GET /duties/{zone}": Rule(INSIDE, lambda _: Call({"zone": "donghu"})),
    "PUT /duties/{zone}": Rule(WORKING, lambda _: Call({"zone": "donghu"}, json={"officer": None})),
}

OPERATING: Mapping[str, Rule] = {**operating("leads"), **operating("incentives"), **operating("notify")}

RULES: Mapping[str, Rule] = {**LEADS, **ENQUIRIES, **INCENTIVES, **NOTIFY, **OPERATING, **GATEWAY}

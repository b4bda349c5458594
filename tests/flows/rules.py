"""The whole table: what each service does, and what every service answers of itself to those who run it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.flows.calls import ADMINISTRATOR, GATEWAY, INCENTIVES, LEADS, NOTIFY, Call, Make, Rule, plain
from tests.flows.world import World


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


OPERATING: Mapping[str, Rule] = {**operating("leads"), **operating("incentives"), **operating("notify")}

RULES: Mapping[str, Rule] = {**LEADS, **INCENTIVES, **NOTIFY, **OPERATING, **GATEWAY}

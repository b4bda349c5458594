"""A person erased from the running suite: found in no file of any service, and no figure moves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.flows.world import API, World, open_world, registration
from tests.leads.test_contacts import CONTACT, NAME, found_in, ledger, note

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SETTLED = 0.5


def figures(world: World) -> list[Any]:
    """The board, a report and this week's digest as the manager reads them."""
    digest = world.get("manager", f"/digests/{world.week}")
    counted = [(each["id"], each["value"]) for section in digest["sections"] for each in section["figures"]]
    return [world.get("manager", "/leads/board"), world.get("manager", "/reports/funnel")["items"], counted]


def settled(world: World) -> list[Any]:
    """The figures once they stand still."""

    def still() -> list[Any]:
        before = figures(world)
        time.sleep(SETTLED)
        return before if figures(world) == before else []

    found: list[Any] = world.wait(still)
    return found


def test_no_file_holds_an_erased_person_and_no_figure_moves(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        body = registration(1) | {"contact": CONTACT, "summary": note(), "referrer": NAME}
        lead = world.post("donghu", "/leads", json=body)["id"]
        world.post("donghu", f"/leads/{lead}/follow-ups", json={"text": note(), "next_plan": f"约{NAME}"})
        made = world.post("donghu", "/imports", files={"file": ("台账.xlsx", ledger(), WORKBOOK)})["id"]
        world.wait(lambda: world.get("donghu", f"/jobs/{made}")["state"] == "finished")
        row = world.get("donghu", f"/imports/{made}/rows")["items"][0]["lead"]
        assert world.figure
        before = settled(world)
        for id in (lead, row):
            contact = world.get("bureau", f"/leads/{id}")["contacts"][0]["id"]
            path, etag = f"{API}/contacts/{contact}", world.etag(f"/contacts/{contact}", "bureau")
            completed = world.ask("bureau", "PATCH", path, headers=etag, json={"email": CONTACT["email"]})
            assert completed.is_success, completed.text
            etag = world.etag(f"/contacts/{contact}", "bureau")
            assert world.ask("bureau", "POST", f"{path}/unmask", json={"reason": f"找{NAME}"}).is_success
            gone = world.ask("bureau", "DELETE", path, headers=etag, json={"reason": f"{NAME}要求"})
            assert gone.is_success, gone.text
        assert found_in(tmp_path) == set()
        assert settled(world) == before
    assert found_in(tmp_path) == set()

"""A person erased from the running suite: found in no file of any service, and no figure moves."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.flows.opening import open_world
from tests.flows.rules import an_enquiry
from tests.flows.world import ANONYMOUS, API, World, registration
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


def enquiry(world: World) -> str:
    """A visitor asks in the person's name and the office answers; gives the lead."""
    said = an_enquiry(world) | {"name": NAME, "phone": CONTACT["phone"], "question": note()}
    world.post(ANONYMOUS, "/enquiries", json=said)

    def arrived() -> list[dict[str, Any]]:
        items = world.get("donghu", "/enquiries?limit=200")["items"]
        return [each for each in items if each["organisation"] == said["organisation"] and each["lead_id"]]

    [found] = world.wait(arrived)
    path, headers = f"{API}/enquiries/{found['id']}/answer", {"If-Match": f'"{found["revision"]}"'}
    answered = world.ask("donghu", "POST", path, headers=headers, json={"text": f"{NAME}您好，请来看地。"})
    assert answered.is_success, answered.text
    lead: str = found["lead_id"]
    return lead


def export(world: World) -> None:
    """A file of the list, kept for a week."""
    made = world.post("donghu", "/exports", json={"kind": "leads", "format": "csv"})["id"]
    world.ended(f"/jobs/{made}")


def backup(world: World) -> Path:
    """Made now; where it lies."""
    made = world.post("admin", "/backups", json={})["id"]
    world.ended(f"/backups/{made}", "admin")
    return Path(world.get("admin", f"/backups/{made}")["file"])


def test_no_file_holds_an_erased_person_and_no_figure_moves(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        body = registration(1) | {"contact": CONTACT, "summary": note(), "referrer": NAME}
        lead = world.post("donghu", "/leads", json=body)["id"]
        world.post("donghu", f"/leads/{lead}/follow-ups", json={"text": note(), "next_plan": f"约{NAME}"})
        made = world.post("donghu", "/imports", files={"file": ("台账.xlsx", ledger(), WORKBOOK)})["id"]
        world.ended(f"/jobs/{made}")
        row = world.get("donghu", f"/imports/{made}/rows")["items"][0]["lead"]
        asked = enquiry(world)
        export(world)
        assert world.figure
        before = settled(world)
        for id in (lead, row, asked):
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
        assert b"leads.db" in backup(world).read_bytes()
        assert found_in(tmp_path) == set()
    assert found_in(tmp_path) == set()

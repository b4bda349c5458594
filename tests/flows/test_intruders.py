"""What hangs on one's own work and is not one's own stays shut, and what is one's own opens nothing beyond."""

from __future__ import annotations

import pytest

from tests.flows.calls import Call
from tests.flows.canaries import PLANTED
from tests.flows.intruders import FIGURE, MARK
from tests.flows.test_role_matrix import leaked, send
from tests.flows.world import API, ELSEWHERE, FINISHED_WEEK, World

AT_FIRST, MOVED = {"If-Match": '"1"'}, {"If-Match": '"2"'}
"""A stray was written twice: made, and given to others."""
WHY = PLANTED["ReasonInput"]
OF_A_CONTACT = (
    ("GET /contacts/{id}", None),
    ("PATCH /contacts/{id}", {"position": "经理"}),
    ("DELETE /contacts/{id}", WHY),
    ("POST /contacts/{id}/unmask", WHY),
    ("POST /contacts/{id}/export", WHY),
)
SHUT = [
    *(("donghu", operation, "hidden", body) for operation, body in OF_A_CONTACT),
    *(("hanyang", operation, "stray", body) for operation, body in OF_A_CONTACT if "DELETE" not in operation),
    ("donghu", "POST /enquiries/{id}/answer", "intruding-enquiry", {"text": "好"}),
    ("partner-a", "GET /projects/enquiries/{id}", "intruding-enquiry", None),
    ("donghu", "GET /exports/{id}", "intruding-export", None),
    ("donghu", "GET /exports/{id}/file", "intruding-export", None),
    ("donghu", "GET /jobs/{id}", "intruding-export", None),
    ("donghu", "POST /notifications/{id}/read", "intruding-notification", None),
    ("donghu", "DELETE /tokens/{id}", "intruding-token", None),
    ("admin", "GET /backups/{id}", "intruding-backup", None),
]


@pytest.mark.parametrize(("who", "operation", "id", "body"), SHUT)
def test_an_intruder_is_not_there(world: World, who: str, operation: str, id: str, body: object) -> None:
    known = getattr(world, id, id)
    answer = send(world, who, operation, Call({"id": known}, headers=MOVED if id == "stray" else AT_FIRST, json=body))
    assert answer.status_code == 404, answer.text
    assert MARK not in answer.text


def test_an_investor_of_nobody_shows_nothing_on_a_lead_of_ours(world: World) -> None:
    page = world.ask("donghu", "GET", f"{API}/leads/{world.hushed}")
    assert page.is_success, page.text
    assert MARK not in page.text
    id = world.exported("donghu", q=world.get("donghu", f"/leads/{world.hushed}")["title"])
    assert MARK not in world.ask("donghu", "GET", f"{API}/exports/{id}/file").text


def test_a_frozen_digest_shows_no_lead_that_is_out_of_sight_by_now(world: World) -> None:
    answer = world.ask(ELSEWHERE, "GET", f"{API}/digests/{FINISHED_WEEK}/figures/{FIGURE}/records")
    assert answer.is_success, answer.text
    assert MARK not in answer.text
    assert not leaked(answer)


def test_an_assignment_says_nothing_of_a_lead_that_is_out_of_sight(world: World) -> None:
    for owner in (world.accounts["hanyang"], "nobody"):
        call = Call({"id": world.lead}, headers=AT_FIRST, json={"owner": owner})
        assert send(world, "hanyang", "POST /leads/{id}/assign", call).status_code == 404


def test_reading_all_reads_nobody_elses(world: World) -> None:
    world.new_lead()
    unread = world.wait(lambda: world.get("donghu", "/notifications/count")["unread"])
    assert world.ask("hanyang", "POST", f"{API}/notifications/read-all").is_success
    assert world.get("donghu", "/notifications/count")["unread"] >= unread

"""What hangs on one's own work and is not one's own stays shut, and what is one's own opens nothing beyond."""

from __future__ import annotations

import pytest

from tests.flows.calls import Call
from tests.flows.canaries import PLANTED
from tests.flows.intruders import EARLIER_WEEK, FIGURE, MARK, SIGNED, figure_of
from tests.flows.rules import RULES
from tests.flows.samples import policy
from tests.flows.test_page_matrix import Browser
from tests.flows.test_role_matrix import leaked, send
from tests.flows.world import API, ELSEWHERE, FINISHED_WEEK, World

AT_FIRST, MOVED = {"If-Match": '"1"'}, {"If-Match": '"2"'}
"""A stray was written twice: made, and given to others."""
WHY = PLANTED["ReasonInput"]
REVIEW = {"approved": True, "conclusion": "不排除或限制竞争", "basis": "公平竞争审查条例第十二条"}
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
    ("editor", "GET /policies/{id}", "intruding-policy", None),
    ("editor", "GET /policies/{id}/versions/{number}", "unversioned", None),
    ("editor", "GET /policies/{id}/checks", "intruding-policy", None),
    ("editor", "POST /policies/{id}/publish", "intruding-policy", None),
    ("editor", "POST /policies/{id}/dry-run", "intruding-policy", None),
    ("reviewer", "POST /policies/{id}/review", "intruding-policy", REVIEW),
]


@pytest.mark.parametrize(("who", "operation", "id", "body"), SHUT)
def test_an_intruder_is_not_there(world: World, who: str, operation: str, id: str, body: object) -> None:
    known = getattr(world, id, id)
    answer = send(
        world, who, operation, Call({"id": known, "number": 1}, headers=MOVED if id == "stray" else AT_FIRST, json=body)
    )
    assert answer.status_code == 404, answer.text
    assert MARK not in answer.text


def test_an_investor_of_nobody_shows_nothing_on_a_lead_of_ours(world: World) -> None:
    page = world.ask("donghu", "GET", f"{API}/leads/{world.hushed}")
    assert page.is_success, page.text
    assert MARK not in page.text
    id = world.exported("donghu", q=world.get("donghu", f"/leads/{world.hushed}")["title"])
    assert MARK not in world.ask("donghu", "GET", f"{API}/exports/{id}/file").text


def test_a_frozen_digest_shows_no_lead_that_is_out_of_sight_by_now(world: World) -> None:
    digest = world.get(ELSEWHERE, f"/digests/{FINISHED_WEEK}")
    figures = {figure["id"] for section in digest["sections"] for figure in section["figures"]}
    assert FIGURE in figures
    for figure in figures:
        answer = world.ask(ELSEWHERE, "GET", f"{API}/digests/{FINISHED_WEEK}/figures/{figure}/records")
        assert answer.is_success, answer.text
        assert MARK not in answer.text
        assert not leaked(answer)


def test_a_frozen_digest_counts_its_managers_zones_alone(world: World) -> None:
    assert figure_of(world, ELSEWHERE, FINISHED_WEEK, SIGNED) == 0


def test_an_assignment_says_nothing_of_a_lead_that_is_out_of_sight(world: World) -> None:
    for owner in (world.accounts["hanyang"], "nobody"):
        call = Call({"id": world.lead}, headers=AT_FIRST, json={"owner": owner})
        assert send(world, "hanyang", "POST /leads/{id}/assign", call).status_code == 404


def test_a_count_counts_what_is_listed(world: World) -> None:
    call = Call(query={"unread": True, "limit": 200})
    listed, following = 0, True
    while following:
        page = send(world, "donghu", "GET /notifications", call).json()
        listed, following = listed + len(page["items"]), page["next"]
        call = Call(query={**call.query, "cursor": following})
    assert world.get("donghu", "/notifications/count")["unread"] == listed


def test_reading_all_reads_nobody_elses(world: World) -> None:
    world.new_lead()
    unread = world.wait(lambda: world.get("donghu", "/notifications/count")["unread"])
    assert world.ask("hanyang", "POST", f"{API}/notifications/read-all").is_success
    assert world.get("donghu", "/notifications/count")["unread"] >= unread


def test_a_draft_of_nobody_takes_its_name_and_says_no_more(world: World) -> None:
    text = policy(1).replace("id: draft-1", "id: intruding-policy")
    answer = send(world, "editor", "POST /policies", Call(json={"text": text}))
    assert answer.status_code == 409, answer.text
    assert MARK not in answer.text


def test_a_digest_out_of_sight_is_not_listed_and_corrects_nothing(world: World) -> None:
    weeks = {each["week"] for each in world.get(ELSEWHERE, "/digests?limit=200")["items"]}
    assert FINISHED_WEEK in weeks
    assert EARLIER_WEEK not in weeks
    assert world.get(ELSEWHERE, f"/digests/{EARLIER_WEEK}")["frozen_at"] is None
    assert EARLIER_WEEK not in world.ask(ELSEWHERE, "GET", f"{API}/digests/{FINISHED_WEEK}").text


def test_deliveries_are_ones_own_and_name_nobody_elses_address(world: World) -> None:
    assert world.new_failure()
    listed = world.get("hanyang", "/deliveries?limit=200")["items"]
    assert {each["recipient"] for each in listed} <= {world.accounts["hanyang"]}
    assert world.get("donghu", "/deliveries/intruding-delivery")["address"] is None


def test_a_report_counts_no_more_without_an_amount_than_there_are(world: World) -> None:
    assert world.asked
    for who in ("hanyang", ELSEWHERE):
        for name in ("funnel", "by_zone", "weekly"):
            items = world.get(who, f"/reports/{name}")["items"]
            assert [each for each in items if each["uncounted"] > each["count"]] == []


def test_a_lead_is_offered_to_those_alone_whom_its_officer_may_know(world: World) -> None:
    offered = f'name="owner" value="{world.accounts["bureau"]}"'
    for who in ("bureau", "donghu"):
        browser = Browser(world, who)
        page = browser.open("GET", f"/leads/{world.lead}").text
        browser.client.close()
        assert (offered in page) == (who == "bureau")


def test_an_erasure_leaves_the_files_of_another_office(world: World) -> None:
    own, other = world.exported("donghu"), world.exported("hanyang")
    erased = send(world, "donghu", "DELETE /contacts/{id}", RULES["DELETE /contacts/{id}"].make(world))
    assert erased.is_success, erased.text
    world.wait(lambda: world.ask("donghu", "GET", f"{API}/exports/{own}").status_code == 404)
    assert world.ask("hanyang", "GET", f"{API}/exports/{other}").is_success

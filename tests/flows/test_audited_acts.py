"""Every act of a person stands in the audit log: by whom, to what, at whose desk; and in the page's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gateway.pages.acts import DID
from tests.flows.calls import Call, Make
from tests.flows.opening import open_world
from tests.flows.rules import RULES
from tests.flows.test_role_matrix import send
from tests.flows.world import World

SERVICES = ("leads", "incentives", "notify", "gateway")
ACTS: Mapping[str, str] = {
    "POST /leads": "lead.registered",
    "PATCH /leads/{id}": "lead.changed",
    "POST /leads/{id}/stage": "lead.moved",
    "POST /leads/{id}/assign": "lead.assigned",
    "POST /leads/{id}/follow-ups": "lead.followed_up",
    "POST /leads/{id}/share": "lead.shared",
    "POST /leads/{id}/unshare": "lead.unshared",
    "POST /leads/{id}/answers": "partner.answered",
    "POST /contacts": "contact.added",
    "PATCH /contacts/{id}": "contact.corrected",
    "DELETE /contacts/{id}": "contact.erased",
    "POST /contacts/{id}/unmask": "contact.unmasked",
    "POST /contacts/{id}/export": "contact.exported",
    "POST /imports": "import.requested",
    "POST /exports": "leads.exported",
    "POST /enquiries": "enquiry.received",
    "POST /enquiries/track/withdraw": "enquiry.withdrawn",
    "POST /enquiries/{id}/answer": "enquiry.answered",
    "PUT /duties/{zone}": "duty.set",
    "POST /policies": "policy.drafted",
    "POST /policies/{id}/review": "policy.reviewed",
    "POST /policies/{id}/publish": "policy.published",
    "POST /industry-codes": "codes.loaded",
    "PUT /recipients/{account}": "recipient.changed",
    "POST /deliveries/retry": "deliveries.retried",
    "POST /deliveries/{id}/retry": "delivery.retried",
    "POST /deliveries/{id}/confirm": "delivery.confirmed",
    "POST /deliveries/{id}/discard": "delivery.discarded",
    "POST /digests/{week}/send": "digest.sent",
    "POST /sessions": "session.opened",
    "POST /sessions/end-others": "session.ended",
    "DELETE /sessions/{id}": "session.ended",
    "POST /accounts": "account.opened",
    "PATCH /accounts/{id}": "account.changed",
    "POST /accounts/{id}/password-reset": "password.reset",
    "POST /accounts/{id}/end-sessions": "session.ended",
    "POST /accounts/{id}/invitation": "account.invited",
    "POST /invitations": "account.invited",
    "POST /invitations/accept": "invitation.accepted",
    "POST /backups": "backup.requested",
    "POST /tokens": "token.made",
    "DELETE /tokens/{id}": "token.withdrawn",
    **{
        f"POST /dead-letters/{service}{path}": what
        for service in SERVICES
        for path, what in {
            "/replay": "dead_letters.replayed",
            "/{id}/replay": "dead_letter.replayed",
            "/{id}/discard": "dead_letter.discarded",
        }.items()
    },
}
SILENT: Mapping[str, str] = {
    "POST /eligibility": "a question, with its answer on record as a decision",
    "POST /decisions": "an answer kept for its reader; it concerns nobody",
    "POST /enquiries/track": "a question",
    "POST /enquiries/track/message": "the visitor's own words, kept with the enquiry",
    "POST /policies/{id}/dry-run": "a question",
    "POST /deliveries/dry-run": "a question",
    "POST /notifications/{id}/read": "one's own reading",
    "POST /notifications/read-all": "one's own reading",
    "POST /recipients/{account}/invitation": "a service's errand; the act is account.invited",
    "DELETE /jobs/{id}": "tried in tests/leads: this import has ended",
    "DELETE /sessions/current": "a token has no session to end: tried in tests/gateway",
    "POST /sessions/current/password": "not with a token: tried in tests/gateway",
    "POST /setup": "over in this world: tried in tests/gateway",
    **{f"POST /dead-letters/{service}/dry-run": "a question" for service in SERVICES},
}  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A suite of its own: where others have left much to be matched, the log comes after it."""
    with open_world(tmp_path_factory.mktemp("acts")) as opened:
        yield opened


def a_known_recipient(world: World) -> Call:
    """Somebody who is reached already, under another name; the first time is a part of opening an account."""
    call = RULES["PUT /recipients/{account}"].make(world)
    assert send(world, "admin", "PUT /recipients/{account}", call).is_success
    return replace(call, json={**call.json, "name": "改名"})


CALLS: Mapping[str, Make] = {"PUT /recipients/{account}": a_known_recipient}
BY_OTHERS = ("POST /sessions", "POST /invitations/accept", "POST /enquiries/track/withdraw")
"""Done by whoever comes with a password or a code, whatever else they are signed in as."""
CHANGING = [name for name in RULES if not name.startswith("GET ")]


def test_every_change_is_in_one_of_the_tables() -> None:
    assert sorted(CHANGING) == sorted([*ACTS, *SILENT])
    assert set(ACTS.values()) <= set(DID)


@pytest.mark.parametrize("operation", sorted(ACTS))
def test_an_act_stands_in_the_log(world: World, operation: str) -> None:
    rule = RULES[operation]
    who = "donghu" if "donghu" in rule.who else min(rule.who)
    answer = send(world, who, operation, CALLS.get(operation, rule.make)(world))
    assert answer.is_success, answer.text
    entry = world.wait(lambda: told(world, operation, answer.headers["x-trace-id"]))
    assert entry["office"] in {"donghu", "city"}
    assert entry["subject"]
    assert entry["hash"]
    if operation not in BY_OTHERS:
        assert entry["who"] == world.accounts[who]


def told(world: World, operation: str, trace: str) -> dict[str, Any] | None:
    """The entry of this very request."""
    found = world.get("admin", f"/audit?what={ACTS[operation]}&limit=50")["items"]
    return next((each for each in found if each["trace"] == trace), None)


@pytest.mark.parametrize("operation", sorted(name for name in SILENT if RULES[name].who))
def test_a_question_leaves_no_trace(world: World, operation: str) -> None:
    rule = RULES[operation]
    who = "donghu" if "donghu" in rule.who else min(rule.who)
    trace = send(world, who, operation, rule.make(world)).headers["x-trace-id"]
    act = send(world, "donghu", "POST /tokens", RULES["POST /tokens"].make(world)).headers["x-trace-id"]
    world.wait(lambda: told(world, "POST /tokens", act))
    assert trace not in {each["trace"] for each in world.get("admin", "/audit?limit=100")["items"]}

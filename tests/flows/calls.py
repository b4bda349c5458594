"""Every operation of the API: who may use it, who may read the canary office's work in it, and a call that works.

A test compares this table with OpenAPI, so that no new route goes without.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.flows.canaries import DRAFT, GUEST, PLANTED, PORTAL, REASON, SAVED, TOKEN, WORD, WORK
from tests.flows.world import ANONYMOUS, ELSEWHERE, FINISHED_WEEK, World, registration, upload

OFFICERS = frozenset({"donghu", "hanyang", "bureau"})
OVERSEERS = frozenset({"manager", "manager-donghu"})
MANAGERS = OVERSEERS | {ELSEWHERE}
STAFF = OFFICERS | MANAGERS
INSIDE = frozenset({"donghu", "bureau", *OVERSEERS})
WORKING = INSIDE & OFFICERS
ADMINISTRATOR = frozenset({"admin"})
EDITOR = frozenset({"editor"})
REVIEWER = frozenset({"reviewer"})
SIGNED_IN = STAFF | ADMINISTRATOR | {"editor", "reviewer", "partner-a", "partner-b"}
ANYBODY = SIGNED_IN | {ANONYMOUS}
NOBODY: frozenset[str] = frozenset()
READS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(INSIDE, WORK),
    "donghu": WORK | GUEST | TOKEN | SAVED,
    "manager-donghu": WORK | SAVED,
    "admin": GUEST | DRAFT | REASON | {"金丝雀伙伴"},
    "editor": DRAFT,
    "reviewer": DRAFT,
    "partner-a": PORTAL,
}
"""What each person may read, wherever it is; everybody else reads nothing."""
HOSTS = frozenset({"donghu", "admin"})
"""Who sees the canary guest: the officer who invited them, and the administrator."""


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
    return Call(query={"q": WORD})


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


def a_fresh_account_at(world: World) -> Call:
    """An account of its own at its revision, for acts that say nothing more."""
    return replace(a_fresh_account(world), json=None)


def a_fresh_token(world: World) -> Call:
    """A token to be withdrawn."""
    made = world.post("donghu", "/tokens", json={"name": "待撤销", "expires_days": 1})
    return Call({"id": made["id"]}, headers={"If-Match": f'"{made["revision"]}"'})


def an_invitation(world: World) -> dict[str, Any]:
    """A partner to be invited."""
    number = next(world.numbers)
    organisation = {"name": f"寻常伙伴{number}有限公司", "kind": "investor"}
    return {"sign_in": f"guest{number}", "name": f"来宾{number}", "role": "partner", "organisation": organisation}


def a_fresh_guest(world: World) -> Call:
    """Somebody whom the officer at 东湖 invited."""
    made = world.post("donghu", "/invitations", json=an_invitation(world))
    return Call({"id": made["id"]}, headers={"If-Match": '"1"'})


def a_code_to_accept(world: World) -> Call:
    """A link of one's own for each to accept."""
    link = world.post("donghu", "/invitations", json=an_invitation(world))["link"]
    return Call(json={"code": link.partition("code=")[2], "password": "a-long-enough-one"})


def a_fresh_session(world: World) -> Call:
    """Another sign-in of the officer at 东湖."""
    world.open_session("donghu")
    return Call({"id": world.get("donghu", "/sessions")["items"][0]["id"]})


def a_contact(world: World) -> Call:
    """The canary's contact."""
    return Call({"id": world.contact})


def a_fresh_contact(body: Any, *, changing: bool = False) -> Make:
    """A person of a lead of its own for each act."""

    def make(world: World) -> Call:
        id = world.get("donghu", f"/leads/{world.new_lead()}")["contacts"][0]["id"]
        return Call({"id": id}, headers=world.etag(f"/contacts/{id}") if changing else {}, json=body)

    return make


def a_new_contact(world: World) -> Call:
    """Somebody else of the canary's investor."""
    basis = {"legal_basis": "consent", "notice_given": "in_person"}
    return Call(json={"lead_id": world.lead, "name": "路人甲", "phone": "13800005678", **basis})


WHY = PLANTED["ReasonInput"]


def an_import(world: World) -> Call:
    """The canary import."""
    return Call({"id": world.imported})


def a_failure(body: Any, *, doubted: bool = False) -> Make:
    """A mail of its own for each decision."""

    def make(world: World) -> Call:
        id, revision = world.new_failure(doubted=doubted)
        return Call({"id": id}, headers={"If-Match": f'"{revision}"'}, json=body)

    return make


def an_export(world: World) -> Call:
    """What the officer exported, the canary lead in it; a table of text, so that it can be looked into."""
    return Call({"id": world.exported()})


def all_failures(world: World) -> Call:
    """As many as the dry run counts."""
    return Call(json={"expected": world.post("admin", "/deliveries/dry-run", json={})["count"]})


LEADS: Mapping[str, Rule] = {
    "POST /leads": Rule(OFFICERS, lambda world: Call(json=registration(next(world.numbers)))),
    "GET /leads": Rule(STAFF, by_its_words, INSIDE),
    "GET /leads/board": Rule(STAFF, by_its_words, INSIDE),
    "GET /leads/{id}": Rule(INSIDE, a_lead, INSIDE),
    "PATCH /leads/{id}": Rule(WORKING, a_fresh_lead(lambda _: {"title": "改过的项目"})),
    "POST /leads/{id}/stage": Rule(WORKING, a_fresh_lead(lambda _: {"to": "assessing"})),
    "POST /leads/{id}/assign": Rule(WORKING, a_fresh_lead(lambda world: {"owner": world.accounts["donghu"]})),
    "POST /leads/{id}/follow-ups": Rule(WORKING, a_fresh_lead(lambda _: {"text": "已电话沟通"})),
    "GET /leads/{id}/follow-ups": Rule(INSIDE, a_lead, INSIDE),
    "GET /leads/{id}/timeline": Rule(INSIDE, a_lead, INSIDE),
    "GET /investors": Rule(STAFF, by_its_words, INSIDE),
    "GET /investors/{id}": Rule(INSIDE, lambda world: Call({"id": world.lead_page["investor"]["id"]}), INSIDE),
    "POST /contacts": Rule(WORKING, a_new_contact),
    "GET /contacts/{id}": Rule(INSIDE, a_contact, INSIDE),
    "PATCH /contacts/{id}": Rule(WORKING, a_fresh_contact({"position": "经理"}, changing=True)),
    "DELETE /contacts/{id}": Rule(WORKING, a_fresh_contact(WHY, changing=True)),
    "POST /contacts/{id}/unmask": Rule(WORKING, lambda world: replace(a_contact(world), json=WHY), WORKING),
    "POST /contacts/{id}/export": Rule(WORKING, lambda world: replace(a_contact(world), json=WHY), WORKING),
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


TOLD = frozenset({"donghu", "partner-a"})
"""Who was told of the canary lead: its owner, and the partner with whom it is shared."""
NOTIFY: Mapping[str, Rule] = {
    "PUT /recipients/{account}": Rule(
        ADMINISTRATOR,
        lambda world: Call(
            {"account": f"somebody-{next(world.numbers)}"},
            json={"name": "某人", "email": "somebody@quce.example", "zones": [], "role": "reviewer"},
        ),
    ),
    "GET /recipients/{account}": Rule(ADMINISTRATOR, lambda world: Call({"account": world.guest}), ADMINISTRATOR),
    "POST /recipients/{account}/invitation": Rule(
        ADMINISTRATOR,
        lambda world: Call({"account": world.accounts["donghu"]}, json={"link": f"/invitation?code={'0' * 64}"}),
    ),
    "GET /notifications": Rule(SIGNED_IN, a_long_page, TOLD),
    "GET /notifications/count": Rule(SIGNED_IN, plain),
    "POST /notifications/{id}/read": Rule(
        frozenset({"donghu"}), lambda world: Call({"id": world.notification}), frozenset({"donghu"})
    ),
    "POST /notifications/read-all": Rule(SIGNED_IN, plain),
    "GET /deliveries": Rule(SIGNED_IN, plain),
    "GET /deliveries/{id}": Rule(frozenset({"donghu", "admin"}), a_failure(None)),
    "POST /deliveries/dry-run": Rule(ADMINISTRATOR, lambda _: Call(json={})),
    "POST /deliveries/retry": Rule(ADMINISTRATOR, all_failures),
    "POST /deliveries/{id}/retry": Rule(ADMINISTRATOR, a_failure({})),
    "POST /deliveries/{id}/confirm": Rule(ADMINISTRATOR, a_failure({"reason": "电话确认已收到"}, doubted=True)),
    "POST /deliveries/{id}/discard": Rule(ADMINISTRATOR, a_failure({"reason": "人已离职"})),
    "GET /digests": Rule(MANAGERS, plain),
    "GET /digests/{week}": Rule(MANAGERS, lambda world: Call({"week": world.week}), OVERSEERS),
    "GET /digests/{week}/figures/{figure}/records": Rule(
        MANAGERS, lambda world: Call({"week": world.week, "figure": world.figure}), OVERSEERS
    ),
    "POST /digests/{week}/send": Rule(MANAGERS | ADMINISTRATOR, lambda _: Call({"week": FINISHED_WEEK})),
    "GET /reports/{name}": Rule(STAFF, lambda _: Call({"name": "funnel"}), INSIDE),
}

GATEWAY: Mapping[str, Rule] = {
    "POST /sessions": Rule(
        ANYBODY, lambda world: Call(json={"account": "reviewer", "password": world.passwords["reviewer"]})
    ),
    "GET /sessions": Rule(SIGNED_IN, plain),
    "POST /sessions/end-others": Rule(SIGNED_IN, plain),
    "DELETE /sessions/{id}": Rule(frozenset({"donghu"}), a_fresh_session),
    "POST /sessions/current/password": Rule(
        NOBODY, lambda _: Call(json={"current": "a-long-enough-one", "new": "another-long-one"})
    ),
    "GET /sessions/current": Rule(SIGNED_IN, plain),
    "DELETE /sessions/current": Rule(SIGNED_IN, plain),
    "GET /accounts": Rule(SIGNED_IN, a_long_page, HOSTS),
    "POST /accounts": Rule(ADMINISTRATOR, lambda world: Call(json=an_account(world))),
    "GET /accounts/{id}": Rule(HOSTS, lambda world: Call({"id": world.guest}), HOSTS),
    "PATCH /accounts/{id}": Rule(ADMINISTRATOR, a_fresh_account),
    "POST /accounts/{id}/password-reset": Rule(ADMINISTRATOR, a_fresh_account_at),
    "POST /accounts/{id}/end-sessions": Rule(ADMINISTRATOR, a_fresh_account_at),
    "POST /accounts/{id}/invitation": Rule(HOSTS, a_fresh_guest),
    "POST /invitations": Rule(OFFICERS | ADMINISTRATOR, lambda world: Call(json=an_invitation(world))),
    "POST /invitations/accept": Rule(ANYBODY, a_code_to_accept),
    "POST /setup": Rule(NOBODY, lambda _: Call(json={"sign_in": "first", "name": "第一位", "code": "x" * 24})),
    "POST /backups": Rule(ADMINISTRATOR, lambda _: Call(json={})),
    "GET /backups": Rule(ADMINISTRATOR, plain),
    "GET /backups/{id}": Rule(ADMINISTRATOR, lambda world: Call({"id": world.backup})),
    "GET /audit": Rule(ADMINISTRATOR, a_long_page, ADMINISTRATOR),
    "GET /audit/verdict": Rule(ADMINISTRATOR, plain),
    "GET /audit/{id}": Rule(ADMINISTRATOR, lambda world: Call({"id": world.audited}), ADMINISTRATOR),
    "GET /tokens": Rule(SIGNED_IN, plain, frozenset({"donghu"})),
    "POST /tokens": Rule(SIGNED_IN, lambda _: Call(json={"name": "脚本", "expires_days": 1})),
    "DELETE /tokens/{id}": Rule(frozenset({"donghu"}), a_fresh_token),
}

"""Every operation of the API as everybody: who should be answered is, and nobody else learns anything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.flows.calls import ANYBODY, HOSTS, READS, WHY, Call
from tests.flows.canaries import ASKED, CANARIES, PERSONAL, PORTAL, WORD, heard, text_of
from tests.flows.intruders import MARK
from tests.flows.rules import RULES
from tests.flows.settling import settle
from tests.flows.world import ANONYMOUS, API, LAPSED, World

OPENAPI = Path(__file__).resolve().parent.parent.parent / "contracts" / "openapi.json"
METHODS = ("get", "put", "post", "patch", "delete")
ARRIVING = frozenset({"POST /sessions", "POST /setup", "POST /invitations/accept"})
"""What looks at no credential that the caller has already."""
UNMASKING = frozenset({"POST /contacts/{id}/unmask", "POST /contacts/{id}/export"})
"""What shows a person in full, for a reason."""
BRIEF = frozenset({"GET /accounts"})
"""What shows administrators more than others: a directory of names."""
SINGING = sorted((name, who) for name, rule in RULES.items() for who in rule.sees & rule.who)
FILTERS = (
    "/leads?q=金丝雀", "/leads?sort=investor", "/leads?zone=donghu&office=donghu", "/leads/board?zone=donghu",
    "/investors?q=金丝雀", "/enquiries?limit=200", "/imports?limit=200", "/reports/by_zone", "/reports/weekly",
    "/deliveries?limit=200", "/accounts?q=金丝雀", "/accounts?zone=donghu",
)  # fmt: skip


def operations() -> list[str]:
    """Every operation of the checked-in OpenAPI, without the prefix."""
    paths = json.loads(OPENAPI.read_text("utf-8"))["paths"]
    return [
        f"{method.upper()} {path.removeprefix(API)}"
        for path, item in paths.items()
        for method in METHODS
        if method in item
    ]


def send(world: World, who: str, operation: str, call: Call) -> httpx.Response:
    """Make this call as this person."""
    method, template = operation.split(" ", 1)
    path = API + template.format(**call.path)
    return world.ask(
        who, method, path, params=dict(call.query), headers=dict(call.headers), json=call.json, files=call.files
    )


def leaked(answer: httpx.Response) -> frozenset[str]:
    """The canaries in an answer, its headers included."""
    return heard(text_of(answer))


def sung(world: World, who: str, operation: str, call: Call) -> frozenset[str]:
    """The canaries in the answer and on all its next pages."""
    found: frozenset[str] = frozenset()
    while True:
        answer = send(world, who, operation, call)
        assert answer.is_success, answer.text
        found |= leaked(answer)
        following = answer.json().get("next") if answer.headers["content-type"] == "application/json" else None
        if following is None:
            return found
        call = replace(call, query={**call.query, "limit": 200, "cursor": following})


def test_every_operation_has_a_rule_and_every_rule_an_operation() -> None:
    assert sorted(RULES) == sorted(operations())


@pytest.mark.parametrize("who", sorted(ANYBODY))
@pytest.mark.parametrize("operation", sorted(RULES))
def test_cell(world: World, operation: str, who: str) -> None:
    rule = RULES[operation]
    call = rule.make(world)
    answer = send(world, who, operation, call)
    if who in rule.who:
        assert answer.is_success, answer.text
    else:
        refused = {401, 404} if who == ANONYMOUS else {403, 404}
        assert answer.status_code in refused, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        _unchanged(world, operation, call)
    told = leaked(answer)
    assert who in rule.sees or not told
    assert told <= READS.get(who, frozenset()) - (frozenset() if operation in UNMASKING else PERSONAL)
    assert MARK not in answer.text


@pytest.mark.parametrize("who", LAPSED)
@pytest.mark.parametrize("operation", sorted(set(RULES) - ARRIVING))
def test_a_lapsed_credential_opens_nothing(world: World, operation: str, who: str) -> None:
    call = RULES[operation].make(world)
    answer = send(world, who, operation, call)
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert not leaked(answer)
    _unchanged(world, operation, call)


@pytest.fixture(scope="module")
def songs(world: World) -> Mapping[str, Mapping[str, frozenset[str]]]:
    """What everybody who may reads in each operation's answer."""
    settle(world)
    found: dict[str, dict[str, frozenset[str]]] = defaultdict(dict)
    for operation, who in SINGING:
        found[operation][who] = sung(world, who, operation, RULES[operation].make(world))
    return found


@pytest.mark.parametrize(("operation", "who"), SINGING)
def test_the_canary_sings_where_it_may(
    songs: Mapping[str, Mapping[str, frozenset[str]]], operation: str, who: str
) -> None:
    told, said = songs[operation][who], frozenset[str]().union(*songs[operation].values())
    assert told, "a matrix that finds no canary proves nothing"
    if operation not in BRIEF:
        assert said & READS[who] <= told, "whoever may read it reads all of it"


def test_every_canary_is_read_by_somebody_who_may(
    world: World, songs: Mapping[str, Mapping[str, frozenset[str]]]
) -> None:
    read = frozenset[str]().union(*(told for each in songs.values() for told in each.values()))
    for lead in world.get("donghu", f"/leads?limit=200&q={WORD}")["items"]:
        page = f"{API}/leads/{lead['id']}"
        read |= leaked(world.ask("donghu", "GET", page)) | leaked(world.ask("donghu", "GET", f"{page}/follow-ups"))
        for contact in world.get("donghu", f"/leads/{lead['id']}")["contacts"]:
            shown = world.ask("donghu", "POST", f"{API}/contacts/{contact['id']}/unmask", json=WHY)
            read |= leaked(shown)
    assert CANARIES - read == frozenset()


@pytest.mark.parametrize("path", FILTERS)
@pytest.mark.parametrize("who", ["hanyang", "admin", "partner-a", "partner-b", "editor", "reviewer", ANONYMOUS])
def test_no_filter_finds_another_office(world: World, path: str, who: str) -> None:
    assert world.lead
    told = leaked(world.ask(who, "GET", API + path))
    assert not told or (who in HOSTS and path.startswith("/accounts"))


@pytest.mark.parametrize(
    ("path", "canary"),
    [
        ("?limit=200", "金丝雀项目"),
        ("/{lead}", "金丝雀回复"),
        ("/enquiries?limit=200", ASKED),
        ("/enquiries/{asked}", ASKED),
    ],
)
def test_a_project_sings_for_its_partner_and_tells_nothing_else(world: World, path: str, canary: str) -> None:
    address = f"{API}/projects{path.format(lead=world.lead, asked=world.asked)}"
    told = leaked(world.ask("partner-a", "GET", address))
    assert canary in told
    assert told <= PORTAL
    assert not leaked(world.ask("partner-b", "GET", address))


@pytest.mark.parametrize("who", sorted(ANYBODY))
def test_a_visitor_may_hand_on_a_saved_answer(world: World, who: str) -> None:
    made = world.post(ANONYMOUS, "/decisions", json={"facts": {"jobs": 300}})["id"]
    assert world.get(who, f"/decisions/{made}")["decision"] == made


def test_counts_tell_nothing_of_another_office(world: World) -> None:
    assert world.lead
    own = world.get("hanyang", "/leads?limit=200")["items"]
    board = world.get("hanyang", "/leads/board")
    assert sum(column["count"] for column in board["columns"]) + board["on_hold"] + board["closed"] == len(own)


def _unchanged(world: World, operation: str, call: Call) -> None:
    """A refused change left its fresh object as it was."""
    expected = call.headers.get("If-Match")
    collection = operation.split("/")[1]
    if expected is not None and collection in ("leads", "accounts"):
        reader = "admin" if collection == "accounts" else "donghu"
        assert world.etag(f"/{collection}/{call.path['id']}", reader)["If-Match"] == expected

"""Where else the canaries could be: exported files, work under way, mails, events, the log."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.flows.calls import INSIDE, READS, STAFF, WORKING, Call
from tests.flows.canaries import CANARIES, GUEST, LEDGER_FILE, PERSONAL, PLANTED, REASON, heard
from tests.flows.crash.evidence import Evidence
from tests.flows.mails import mails
from tests.flows.test_role_matrix import leaked, send
from tests.flows.world import ANONYMOUS, API, LAPSED, World

PEOPLE = sorted({*STAFF, "admin", "editor", "reviewer", "partner-a", "partner-b", ANONYMOUS, *LAPSED})
FIGURES = frozenset(each for each in CANARIES if each[0].isdigit()) - PERSONAL
NAMES = frozenset({"金丝雀项目", "金丝雀投资", "金丝雀台账", "金丝雀账主", "金丝雀咨询", LEDGER_FILE})
TOLD_TO_SERVICES = NAMES | FIGURES | REASON | (GUEST - {PLANTED["NewInvitation"]["email"]})
"""What services may tell each other: names of projects and companies, figures, why somebody was shown."""


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize("who", sorted(STAFF))
def test_a_file_holds_what_its_reader_may_read(world: World, who: str, format: str) -> None:
    id = world.exported(who, format=format)
    answer = world.ask(who, "GET", f"{API}/exports/{id}/file")
    progress, told = world.get(who, f"/jobs/{id}")["progress"], leaked(answer)
    assert progress["done"] == progress["total"]
    assert bool(told) == (who in INSIDE)
    assert told <= READS.get(who, frozenset()) - PERSONAL


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("kind", ["import", "export"])
def test_a_job_is_its_readers_alone(world: World, kind: str, who: str, method: str) -> None:
    id = world.imported if kind == "import" else world.exported()
    answer = send(world, who, f"{method} /jobs/{{id}}", Call({"id": id}))
    readers = {"donghu"} if kind == "export" else INSIDE if method == "GET" else WORKING
    refused = {401} if who in LAPSED else {401, 403, 404}
    assert answer.is_success if who in readers else answer.status_code in refused, answer.text
    assert leaked(answer) <= READS.get(who, frozenset()) - PERSONAL


def test_a_mail_tells_its_reader_what_they_may_read(world: World) -> None:
    world.wait(lambda: not Evidence(world.settings.data).backlog().get("deliveries", 0))
    addresses = {world.get("admin", f"/recipients/{account}")["email"]: who for who, account in world.accounts.items()}
    said = mails(world.settings.data)
    told = {address: heard(text) for address, text in said.items()}
    assert any(told.values()), "no mail is about the canary"
    for address, canaries in told.items():
        who = addresses.get(address)
        invited = GUEST | {"金丝雀伙伴"} if address == PLANTED["NewInvitation"]["email"] else frozenset()
        assert canaries <= (READS.get(who, frozenset()) if who else invited) - PERSONAL, (address, who)


def test_a_mail_tells_no_secret_and_no_person(world: World) -> None:
    tokens = [client.headers.get("Authorization", "").removeprefix("Bearer ") for client in world.clients.values()]
    never = [*filter(None, tokens), *world.passwords.values(), *PERSONAL, "13800001234", "寻常联系", "来客"]
    assert [each for text in mails(world.settings.data).values() for each in never if each in text] == []


def test_an_event_carries_names_and_figures_alone(world: World) -> None:
    told: dict[str, set[str]] = defaultdict(set)
    for each in Evidence(world.settings.data).published():
        told[each.event["type"]] |= heard(json.dumps(each.event, ensure_ascii=False))
    found: frozenset[str] = frozenset().union(*told.values())
    assert "金丝雀项目" in found
    assert {type: rest for type, each in told.items() if (rest := each - TOLD_TO_SERVICES)} == {}


def test_the_audit_log_tells_no_titles_and_no_figures(world: World) -> None:
    assert world.audited
    entries: list[Any] = list(Evidence(world.settings.data).documents("gateway", "audit").values())
    said = heard(json.dumps([each.body for each in entries], ensure_ascii=False))
    assert said <= REASON | GUEST
    assert said >= REASON

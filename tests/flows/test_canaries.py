"""Secrets and people go through every flow and are found in no log, event, dead letter or metric.

No mail gets out of this world, whose mail server is dead; what mails say is looked at in test_canary_places.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path

import httpx

from tests.collector import TRACES, collector
from tests.flows.canaries import PERSON, PERSONAL, PLANTED, VISITOR, WORD, readings, text_of
from tests.flows.conftest import PLANTING
from tests.flows.crash.evidence import SERVICES, Evidence
from tests.flows.opening import open_world
from tests.flows.rules import RULES
from tests.flows.test_page_matrix import Browser
from tests.flows.test_role_matrix import send
from tests.flows.test_tracing import SAID
from tests.flows.world import ANONYMOUS, API, World

SECRET = "CANARY-smtp-p4ssword"
HOOK = "CANARY-webhook-key"
REFERRERS = ("金丝雀引荐", "金丝雀中介", "金丝雀首谈")
MAIL = str(PLANTED["NewInvitation"]["email"])
NEVER = (SECRET, HOOK, MAIL, *PERSONAL, *REFERRERS)
TELEPHONE = re.compile(r"(?<![0-9A-Za-z])(?<!\d\.)1[3-9][0-9]{9}(?![0-9A-Za-z])")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[a-z]+")
GIVEN = ("code", "token", "password", "csrf", "link")
"""Where an answer gives somebody a secret, which has more letters than any code that is none."""
LONG = 12
ORDINARY = ("13800001234", "寻常联系", "来客")
"""The people of the calls with which the role matrix makes every operation work."""
MOVING = ("POST /deliveries/retry",)
"""Mails go on failing here, so that a count may be another one when it is acted upon."""
TOLD = "金丝雀项目"
"""What events do carry: were it not found, this test would be looking in the wrong place."""


def settings(folder: Path) -> dict[str, str]:
    """Every secret an operator may set, each in its file; the log at its most talkative."""
    (folder / "smtp").write_text(f"smtp://office:{SECRET}@127.0.0.1:9")
    (folder / "hook").write_text(f"http://127.0.0.1:9/send?key={HOOK}")
    (folder / "key").write_text(HOOK)
    return {
        "QUCE_LOG_LEVEL": "DEBUG",
        "QUCE_SMTP_URL_FILE": str(folder / "smtp"),
        "QUCE_WEBHOOK_URL_FILE": str(folder / "hook"),
        "QUCE_WEBHOOK_SECRET_FILE": str(folder / "key"),
    }


def telling(folder: Path, url: str) -> dict[str, str]:
    """The same where spans are collected, and FastAPI was told to send its own there, with every path and query."""
    own = {"QUCE_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_ENDPOINT": url, "FASTAPI_OTEL_AUTO_CONFIGURE": "true"}
    return settings(folder) | own


def every_flow(world: World) -> list[httpx.Response]:
    """What people do, what they do wrong, and what cannot be delivered."""
    assert all(getattr(world, planted) for planted in PLANTING)
    exported, body = world.exported(), dict(PLANTED["LeadInput"])
    world.wait(lambda: [each for each in world.get("donghu", "/deliveries")["items"] if each["attempts"]])
    wrong = body | {"contact": {**PERSON, "email": "不是邮箱", "unknown": PERSON["phone"]}}
    return [
        world.ask("donghu", "GET", f"{API}/exports/{exported}/file"),
        world.ask("donghu", "POST", f"{API}/leads", json=wrong | {"zone": "nowhere"}),
        world.ask(ANONYMOUS, "POST", f"{API}/sessions", json={"account": "donghu", "password": SECRET}),
        world.ask("donghu", "GET", f"{API}/deliveries"),
        world.ask("admin", "GET", f"{API}/deliveries"),
        world.ask(ANONYMOUS, "GET", "/metrics"),
    ]


def succeeds(world: World, who: str, operation: str) -> bool:
    """Whether it does this time."""
    return send(world, who, operation, RULES[operation].make(world)).is_success


def secrets_in(answer: httpx.Response) -> Iterator[str]:
    """The secrets that somebody is given: codes, links, tokens, one-time passwords, cookies."""
    yield from answer.cookies.values()
    said = answer.json() if answer.content and answer.headers["content-type"] == "application/json" else {}
    texts = [said[name] for name in GIVEN if isinstance(said, dict) and isinstance(said.get(name), str)]
    codes = [text.partition("code=")[2] if "/" in text else text for text in texts]
    yield from (code for code in codes if len(code) >= LONG)


def every_page(world: World) -> None:
    """What people type into pages, right and wrong."""
    visitor, officer = Browser(world, ANONYMOUS), Browser(world, "donghu")
    phone = PERSON["phone"]
    for browser, method, path, form in (
        (officer, "GET", f"/leads?q={phone}", {}),
        (officer, "GET", f"/leads/new/similar?investor_name={phone}", {}),
        (officer, "POST", f"/leads/{world.lead}/contacts", {**PERSON, "email": "不是邮箱"}),
        (officer, "POST", "/leads/new", {"contact_phone": phone, "contact_name": PERSON["name"]}),
        (visitor, "GET", f"/eligibility?fact.jobs={phone}", {}),
        (visitor, "POST", "/enquiries", {**VISITOR, "zone": "nowhere"}),
        (visitor, "POST", "/enquiries/track", {"code": SECRET}),
        (visitor, "POST", "/sign-in", {"account": phone, "password": SECRET}),
        (visitor, "POST", "/invitation", {"code": SECRET, "password": SECRET, "again": HOOK}),
    ):
        assert browser.open(method, path, form).status_code < 500
    for browser in (visitor, officer):
        browser.client.close()


def every_operation(world: World) -> list[str]:
    """Each operation of the API once, by somebody who may where there is anybody; the secrets that came of it."""
    found: list[str] = []
    for operation, rule in RULES.items():
        who = min(rule.who, default=ANONYMOUS)
        if operation in MOVING:
            world.wait(partial(succeeds, world, who, operation))
        else:
            answer = send(world, who, operation, rule.make(world))
            assert answer.is_success == bool(rule.who), (operation, answer.text)
            found += secrets_in(answer)
    return found


def parked(data: Path) -> list[bytes]:
    """The dead letters of every service, as they were heard."""
    found = [each for service in SERVICES for each in Evidence(data).documents(service, "parked").values()]
    return [bytes.fromhex(each.body["value"]) for each in found]


def test_no_canary_sings(tmp_path: Path) -> None:
    with collector() as spans, open_world(tmp_path, telling(tmp_path, spans.url)) as world:
        given = every_operation(world)
        answers = every_flow(world)
        every_page(world)
        lead = world.lead
        passwords = [password for account, password in world.passwords.items() if account != ANONYMOUS]
        tokens = [str(client.headers["Authorization"]).removeprefix("Bearer ") for who, client in world.clients.items()
                  if who != ANONYMOUS]  # fmt: skip
    log = (tmp_path / "suite.log").read_text("utf-8")
    bus = json.dumps([each.event for each in Evidence(tmp_path / "data").published()], ensure_ascii=False)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("bus.db*")).decode("utf-8", "replace")
    letters = b"\n".join(parked(tmp_path / "data")).decode()
    assert TOLD in bus
    assert TOLD in letters
    assert '"level":"debug"' in log
    assert len(set(given)) >= len(GIVEN)
    assert {each.service for each in spans.spans} == {f"quce-{service}" for service in SERVICES}
    assert {key for each in spans.spans for key in each.attributes} <= SAID
    assert {path for path, _ in spans.bodies} == {TRACES}
    assert [each for each in (WORD, lead) if each in spans.said] == []
    kept = {"log": log, "events": bus, "stored events": stored, "dead letters": letters, "spans": spans.said}
    shown = {str(each.url): text_of(each) for each in answers}
    forbidden = [*NEVER, *passwords, *tokens, *given]
    sung = [(place, each) for place, text in (kept | shown).items() for each in forbidden if each in said(text)]
    assert sung == []
    ordinary = [(place, each) for place, text in kept.items() for each in ORDINARY if each in said(text)]
    assert ordinary == []
    private = {place: [*TELEPHONE.findall(text), *ADDRESS.findall(text)] for place, text in kept.items()}
    assert {place: found for place, found in private.items() if found} == {}


@cache
def said(text: str) -> str:
    """A text, however what it says is quoted."""
    return "\n".join(readings(text))

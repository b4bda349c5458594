"""Secrets and people go through every flow and are found in no log, event, dead letter or metric.

No mail gets out of this world, whose mail server is dead; what mails say is looked at in test_canary_places.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import httpx

from tests.flows.canaries import PERSON, PERSONAL, PLANTED
from tests.flows.conftest import PLANTING
from tests.flows.crash.evidence import SERVICES, Evidence
from tests.flows.opening import open_world
from tests.flows.rules import RULES
from tests.flows.test_role_matrix import send
from tests.flows.world import ANONYMOUS, API, World

SECRET = "CANARY-smtp-p4ssword"
HOOK = "CANARY-webhook-key"
REFERRERS = ("金丝雀引荐", "金丝雀中介", "金丝雀首谈")
NEVER = (SECRET, HOOK, *PERSONAL, *REFERRERS)
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


def every_operation(world: World) -> None:
    """Each operation of the API once, by somebody who may where there is anybody."""
    for operation, rule in RULES.items():
        who = min(rule.who, default=ANONYMOUS)
        if operation in MOVING:
            world.wait(partial(succeeds, world, who, operation))
        else:
            answer = send(world, who, operation, rule.make(world))
            assert answer.is_success == bool(rule.who), (operation, answer.text)


def parked(data: Path) -> list[bytes]:
    """The dead letters of every service, as they were heard."""
    found = [each for service in SERVICES for each in Evidence(data).documents(service, "parked").values()]
    return [bytes.fromhex(each.body["value"]) for each in found]


def test_no_canary_sings(tmp_path: Path) -> None:
    with open_world(tmp_path, settings(tmp_path)) as world:
        every_operation(world)
        answers = every_flow(world)
        passwords = [password for account, password in world.passwords.items() if account != ANONYMOUS]
        tokens = [str(client.headers["Authorization"]).removeprefix("Bearer ") for who, client in world.clients.items()
                  if who != ANONYMOUS]  # fmt: skip
    log = (tmp_path / "suite.log").read_bytes()
    bus = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("bus.db*"))
    letters = b"".join(parked(tmp_path / "data"))
    assert TOLD.encode() in bus
    assert TOLD.encode() in letters
    assert b'"level":"debug"' in log
    places = {
        "log": log,
        "events": bus,
        "dead letters": letters,
        **{str(each.url): each.content for each in answers},
    }
    forbidden = [*NEVER, *passwords, *tokens]
    sung = [(place, each) for place, text in places.items() for each in forbidden if each.encode() in text]
    assert sung == []
    assert [each for each in ORDINARY for text in (log, bus, letters) if each.encode() in text] == []

"""Secrets and people go through every flow and are found in no log, event, dead letter, mail or metric."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.flows.opening import open_world
from tests.flows.rules import RULES
from tests.flows.test_role_matrix import send
from tests.flows.world import ANONYMOUS, API, World, registration, upload

SECRET = "CANARY-smtp-p4ssword"
HOOK = "CANARY-webhook-key"
PHONE, PERSON, MAIL, REFERRER = "13911112222", "金丝雀联系", "canary-person@example.com", "金丝雀引荐"
NEVER = (SECRET, HOOK, PHONE, PERSON, MAIL, REFERRER)
ORDINARY = ("13800001234", "寻常联系", "来客")
"""The people of the calls with which the role matrix makes every operation work."""
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
    body = registration(1, "金丝雀") | {"referrer": REFERRER}
    body["contact"] |= {"email": MAIL}
    lead = world.post("donghu", "/leads", json=body)["id"]
    world.post("donghu", f"/leads/{lead}/follow-ups", json={"text": "已电话沟通"})
    imported = world.post("donghu", "/imports", files=upload(1, "金丝雀"))["id"]
    world.wait(lambda: world.get("donghu", f"/jobs/{imported}")["state"] == "finished")
    exported = world.post("donghu", "/exports", json={"kind": "leads", "format": "csv"})["id"]
    world.wait(lambda: world.get("donghu", f"/jobs/{exported}")["state"] == "finished")
    world.wait(lambda: [each for each in world.get("donghu", "/deliveries")["items"] if each["attempts"]])
    wrong = body | {"contact": {"name": PERSON, "phone": PHONE, "email": "不是邮箱", "unknown": PHONE}}
    return [
        world.ask("donghu", "GET", f"{API}/exports/{exported}/file"),
        world.ask("donghu", "POST", f"{API}/leads", json=wrong | {"zone": "nowhere"}),
        world.ask(ANONYMOUS, "POST", f"{API}/sessions", json={"account": "donghu", "password": SECRET}),
        world.ask("donghu", "GET", f"{API}/deliveries"),
        world.ask("admin", "GET", f"{API}/deliveries"),
        world.ask(ANONYMOUS, "GET", "/metrics"),
    ]


def every_operation(world: World) -> None:
    """Each operation of the API once, by somebody who may where there is anybody."""
    for operation, rule in RULES.items():
        answer = send(world, min(rule.who, default=ANONYMOUS), operation, rule.make(world))
        assert answer.is_success == bool(rule.who), (operation, answer.text)


def test_no_canary_sings(tmp_path: Path) -> None:
    with open_world(tmp_path, settings(tmp_path)) as world:
        every_operation(world)
        answers = every_flow(world)
        passwords = [password for account, password in world.passwords.items() if account != ANONYMOUS]
        tokens = [str(client.headers["Authorization"]).removeprefix("Bearer ") for who, client in world.clients.items()
                  if who != ANONYMOUS]  # fmt: skip
    log = (tmp_path / "suite.log").read_bytes()
    bus = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("bus.db*"))
    mails = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("mail/*"))
    assert TOLD.encode() in bus
    assert b'"level":"debug"' in log
    places = {"log": log, "events": bus, "mails": mails, **{str(each.url): each.content for each in answers}}
    forbidden = [*NEVER, *passwords, *tokens]
    sung = [(place, each) for place, text in places.items() for each in forbidden if each.encode() in text]
    assert sung == []
    assert [each for each in ORDINARY for text in (log, bus, mails) if each.encode() in text] == []

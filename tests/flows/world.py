"""A running suite with everybody signed in and one office's work in it, for tests that ask as different people."""

from __future__ import annotations

import itertools
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from bench.suite import QUCE, ROOT, environment, free_port, serving
from tests.flows.samples import registration as registration
from tests.flows.samples import upload as upload
from tests.flows.troubles import dead_letter, failed_delivery

API = "/api/v1"
ANONYMOUS = "anonymous"
PATIENCE = 20.0
POLL = 0.05
FINISHED_WEEK = "2026-W46"
EXPIRED, DISABLED = "expired", "disabled"
ELSEWHERE = "manager-hanyang"
"""A manager whose zone is another."""
LAPSED = (EXPIRED, DISABLED)
"""Once officers at 东湖: a token that has run out, and an account that was disabled with its token in hand."""

PORTAL_CANARIES = ("金丝雀项目", "金丝雀回复", "金丝雀提问")
"""What a partner reads of the canary lead, which is shared with them, and of their own enquiry."""
CANARIES = (
    *PORTAL_CANARIES, "金丝雀投资", "金丝雀摘要", "金丝雀跟进", "金丝雀台账", "金丝雀联系", "13911112222",
)  # fmt: skip
"""What only the office that holds the canary lead, the bureau and their managers may read."""
PARTNER_A = "xinhe-electronics"
"""The organisation of partner A."""


@dataclass
class World:
    """The suite's address and people, and ids of what the office at 东湖 did."""

    url: str
    clients: dict[str, httpx.Client]
    passwords: dict[str, str]
    data: Path
    accounts: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        """One request as this person; changes carry a key of their own."""
        headers = {"Idempotency-Key": f"world-{time.time_ns()}-{next(self.numbers)}", **options.pop("headers", {})}
        client = self.clients[who]
        try:
            return client.request(method, path, headers=headers, **options)
        finally:
            client.cookies.clear()

    def get(self, who: str, path: str) -> Any:
        """The JSON of an answer that must succeed."""
        answer = self.ask(who, "GET", API + path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def post(self, who: str, path: str, **options: Any) -> Any:
        """The JSON of a change that must succeed."""
        answer = self.ask(who, "POST", API + path, **options)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    def wait(self, what: Callable[[], Any]) -> Any:
        """What becomes true soon."""
        deadline = time.monotonic() + PATIENCE
        while not (found := what()):
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(POLL)
        return found

    def new_lead(self, who: str = "donghu") -> str:
        """A lead nobody looks at, to be changed freely."""
        made: str = self.post(who, "/leads", json=registration(next(self.numbers)))["id"]
        return made

    def etag(self, path: str, who: str = "donghu") -> dict[str, str]:
        """The header that says which revision is meant."""
        return {"If-Match": f'"{self.get(who, path)["revision"]}"'}

    def open_session(self, who: str) -> None:
        """Another browser of theirs signs in."""
        with httpx.Client(base_url=self.url, timeout=60) as browser:
            opened = browser.post(f"{API}/sessions", json={"account": who, "password": self.passwords[who]})
            assert opened.status_code == 201, opened.text

    @cached_property
    def guest(self) -> str:
        """A partner whom the officer at 东湖 invited."""
        organisation = {"name": "寻常伙伴有限公司", "kind": "introducer"}
        asked = {"sign_in": "guest", "name": "来宾", "role": "partner", "organisation": organisation}
        made: str = self.post("donghu", "/invitations", json=asked)["id"]
        return made

    @cached_property
    def lead(self) -> str:
        """The canary lead, with a follow-up, matched."""
        made: str = self.post("donghu", "/leads", json=registration(0, "金丝雀"))["id"]
        self.post("donghu", f"/leads/{made}/follow-ups", json={"text": "金丝雀跟进"})
        self.share(made)
        self.post("donghu", f"/leads/{made}/answers", json={"org": PARTNER_A, "text": "金丝雀回复"})
        self.wait(lambda: self.ask("donghu", "GET", f"{API}/leads/{made}/matches").is_success)
        return made

    def share(self, lead: str) -> None:
        """Share a lead of 东湖 with partner A, as soon as the leads service has heard of them."""
        path, body = f"/leads/{lead}", {"org": PARTNER_A}
        self.wait(
            lambda: self.ask("donghu", "POST", f"{API}{path}/share", json=body, headers=self.etag(path)).is_success
        )

    @cached_property
    def asked(self) -> str:
        """The canary enquiry of partner A, at 东湖, with its lead."""
        body = {
            "zone": "donghu", "organisation": "芯禾电子（示例）有限公司", "name": "林嘉怡", "phone": "13800001234",
            "question": "金丝雀提问", "facts": {"fixed_asset_investment": "2亿元"}, "consent": True,
        }  # fmt: skip
        made: str = self.post("partner-a", "/enquiries", json=body)["id"]

        def arrived() -> bool:
            items = self.get("donghu", "/enquiries?limit=200")["items"]
            return any(each["id"] == made and each["lead_id"] for each in items)

        self.wait(arrived)
        return made

    @cached_property
    def lead_page(self) -> dict[str, Any]:
        """The canary lead as its office reads it."""
        page: dict[str, Any] = self.get("donghu", f"/leads/{self.lead}")
        return page

    @cached_property
    def imported(self) -> str:
        """The canary import, finished."""
        made: str = self.post("donghu", "/imports", files=upload(0, "金丝雀"))["id"]
        self.wait(lambda: self.get("donghu", f"/jobs/{made}")["state"] == "finished")
        return made

    def exported(self, who: str = "donghu", kind: str = "leads", format: str = "csv") -> str:
        """A finished export of this person with the canary in it; made anew, as an erasure drops what there was."""
        assert self.lead
        made: str = self.post(who, "/exports", json={"kind": kind, "format": format, "q": "金丝雀"})["id"]
        self.wait(lambda: self.get(who, f"/jobs/{made}")["state"] == "finished")
        return made

    @cached_property
    def notification(self) -> str:
        """The officer's notification of the canary lead's match."""
        lead = self.lead

        def heard() -> list[str]:
            items = self.get("donghu", "/notifications?limit=200")["items"]
            return [item["id"] for item in items if item["lead_id"] == lead]

        found: list[str] = self.wait(heard)
        return found[0]

    def new_letter(self, service: str) -> tuple[str, int]:
        """A dead letter nobody has decided on, about the canary; its id and revision."""
        return dead_letter(self.data, service, next(self.numbers), "金丝雀项目")

    def new_failure(self, *, doubted: bool = False) -> tuple[str, int]:
        """A mail to the officer at 东湖 that did not arrive, about the canary; its id and revision."""
        return failed_delivery(self.data, self.accounts["donghu"], next(self.numbers), "金丝雀项目", doubted=doubted)

    @cached_property
    def week(self) -> str:
        """The running week."""
        items = self.get("manager", "/digests")["items"]
        return str(max(item["week"] for item in items))

    @cached_property
    def figure(self) -> str:
        """A figure of the running week that counts the canary lead."""
        assert self.lead

        def counting() -> list[str]:
            digest = self.get("manager", f"/digests/{self.week}")
            figures = [figure for section in digest["sections"] for figure in section["figures"]]
            return [figure["id"] for figure in figures if figure["value"]]

        found: list[str] = self.wait(counting)
        return found[0]

    @cached_property
    def backup(self) -> str:
        """A finished backup."""
        made: str = self.post("admin", "/backups", json={})["id"]
        self.wait(lambda: self.get("admin", f"/backups/{made}")["state"] == "finished")
        return made

    @cached_property
    def audited(self) -> str:
        """A line of the audit log."""
        assert self.backup
        found: list[dict[str, Any]] = self.wait(lambda: self.get("admin", "/audit?what=backup.requested")["items"])
        return str(found[0]["id"])

    @cached_property
    def policy(self) -> str:
        """A policy of the catalogue."""
        found: str = self.get("donghu", "/policies?limit=1")["items"][0]["id"]
        return found


@contextmanager
def open_world(folder: Path, extra: Mapping[str, str] | None = None) -> Iterator[World]:
    """Seed a data folder, serve it, sign everybody in."""
    env = {**environment(folder / "data", free_port()), **(extra or {})}
    env.pop("QUCE_BENCH", None)
    seeded = subprocess.run([*QUCE, "seed", "--json"], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert seeded.returncode == 0, seeded.stderr
    sign_ins = {each["account"]: each["password"] for each in json.loads(seeded.stdout)["sign_ins"]}
    expired = _expired_token(env)
    with served_world(folder, sign_ins, extra) as world, ExitStack() as stack:
        for who in LAPSED:
            world.clients[who] = stack.enter_context(httpx.Client(base_url=world.url, timeout=60))
        world.clients[EXPIRED].headers["Authorization"] = f"Bearer {expired}"
        _disable(world, world.clients[DISABLED])
        _hire(world, ELSEWHERE, stack.enter_context(httpx.Client(base_url=world.url, timeout=60)))
        yield world


@contextmanager
def served_world(folder: Path, sign_ins: Mapping[str, str], extra: Mapping[str, str] | None = None) -> Iterator[World]:
    """Serve the data folder that is there already, sign everybody in."""
    port = free_port()
    env = {**environment(folder / "data", port), **(extra or {})}
    env.pop("QUCE_BENCH", None)
    with serving([*QUCE, "serve"], port, "/readyz", env, folder / "suite.log"), ExitStack() as stack:
        url = f"http://127.0.0.1:{port}"
        world = World(url, {}, dict(sign_ins), folder / "data")
        for who in (ANONYMOUS, *sign_ins):
            client = stack.enter_context(httpx.Client(base_url=url, timeout=60))
            world.clients[who] = client
            if who != ANONYMOUS:
                world.accounts[who] = _bearer(client, who, sign_ins[who])
        yield world


def _expired_token(env: Mapping[str, str]) -> str:
    """A token of one day that was made three days ago."""
    then = (datetime.now(UTC) - timedelta(days=3)).isoformat()
    command = [*QUCE, "token", "create", "--as", "donghu", "--days", "1", "--json"]
    made = subprocess.run(command, cwd=ROOT, env={**env, "QUCE_NOW": then}, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    token: str = json.loads(made.stdout)["token"]
    return token


def _hire(world: World, sign_in: str, client: httpx.Client) -> None:
    """A manager of 汉阳, with a token; the demo has none."""
    password = world.passwords[sign_in] = f"{sign_in}-long-enough"
    hired = {"sign_in": sign_in, "name": "钱卫东", "role": "manager", "password": password, "zones": ["hanyang"]}
    world.post("admin", "/accounts", json=hired)
    world.clients[sign_in] = client
    world.accounts[sign_in] = _bearer(client, sign_in, password)


def _disable(world: World, client: httpx.Client) -> None:
    """Hire an officer, give them a token, and disable the account."""
    hired = {"sign_in": "former", "name": "前同事", "role": "officer", "password": "long-enough-1", "zones": ["donghu"]}
    id = world.post("admin", "/accounts", json=hired)["id"]
    _bearer(client, "former", "long-enough-1")
    headers = world.etag(f"/accounts/{id}", "admin")
    disabled = world.ask("admin", "PATCH", f"{API}/accounts/{id}", json={"active": False}, headers=headers)
    assert disabled.is_success, disabled.text


def _bearer(client: httpx.Client, sign_in: str, password: str) -> str:
    """Sign in, make a token, go on with it alone; gives the account's id."""
    opened = client.post(f"{API}/sessions", json={"account": sign_in, "password": password})
    assert opened.status_code == 201, opened.text
    session = opened.json()
    headers = {"X-CSRF-Token": session["csrf"], "Idempotency-Key": f"token-{sign_in}-{time.time_ns()}"}
    made = client.post(f"{API}/tokens", json={"name": "测试", "expires_days": 1}, headers=headers)
    assert made.status_code == 201, made.text
    client.cookies.clear()
    client.headers["Authorization"] = f"Bearer {made.json()['token']}"
    account: str = session["account"]
    return account

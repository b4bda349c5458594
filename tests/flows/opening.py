"""Opens a world: seeds a data folder, serves it, signs everybody in."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from bench.suite import QUCE, ROOT, environment, free_port, serving
from tests.flows.world import ANONYMOUS, API, DISABLED, ELSEWHERE, EXPIRED, LAPSED, World


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

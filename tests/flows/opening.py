"""Opens a world: seeds a data folder, serves it, signs everybody in."""

from __future__ import annotations

import itertools
import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bench.processes import processes
from bench.suite import QUCE, ROOT, environment, serving
from deploy.brokers.installation import installation
from deploy.brokers.servers import free_port
from kit.settings import Settings
from tests.flows.world import ANONYMOUS, API, DISABLED, ELSEWHERE, EXPIRED, LAPSED, World

Run = Callable[[Path, Mapping[str, str]], AbstractContextManager[Sequence[str]]]
"""Serves an installation with these settings: gives the addresses people ask it at, all the same to them."""


@contextmanager
def one_process(folder: Path, env: Mapping[str, str]) -> Iterator[Sequence[str]]:
    """The whole suite in a process."""
    port = int(env["QUCE_PORT"])
    with serving([*QUCE, "serve"], port, "/readyz", dict(env), folder / "suite.log"):
        yield [f"http://127.0.0.1:{port}"]


def seeded(env: Mapping[str, str]) -> dict[str, str]:
    """Fill an empty installation with the demo; gives everybody's password."""
    command = [*QUCE, "seed", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {each["account"]: each["password"] for each in json.loads(done.stdout)["sign_ins"]}


def token_of(url: str, sign_in: str, password: str) -> str:
    """A token of somebody, from a running suite."""
    with httpx.Client(base_url=url, timeout=60) as client:
        _bearer(client, sign_in, password)
        return client.headers["Authorization"].removeprefix("Bearer ")


@contextmanager
def open_world(folder: Path, extra: Mapping[str, str] | None = None, run: Run = one_process) -> Iterator[World]:
    """Seed a data folder, serve it, sign everybody in."""
    env = {**environment(folder / "data", free_port()), **(extra or {})}
    env.pop("QUCE_BENCH", None)
    sign_ins = seeded(env)
    expired = _expired_token(env)
    with served_world(folder, sign_ins, extra, run) as world, ExitStack() as stack:
        for who in LAPSED:
            world.clients[who] = stack.enter_context(httpx.Client(base_url=world.url, timeout=60))
        world.clients[EXPIRED].headers["Authorization"] = f"Bearer {expired}"
        _disable(world, world.clients[DISABLED])
        _hire(world, ELSEWHERE, stack.enter_context(httpx.Client(base_url=world.url, timeout=60)))
        yield world


@contextmanager
def open_world_as(request: pytest.FixtureRequest, folder: Path) -> Iterator[World]:
    """A world in one process; with ``--on-cluster`` the one of the whole run."""
    if request.config.getoption("--on-cluster"):
        yield request.getfixturevalue("cluster_world")
        return
    with open_world(folder) as world:
        yield world


@contextmanager
def open_cluster_world(folder: Path) -> Iterator[World]:
    """A world of two replicas of each service, on servers of their own."""
    with installation(folder / "servers") as settings, open_world(folder, settings, processes) as world:
        yield world


@contextmanager
def served_world(
    folder: Path, sign_ins: Mapping[str, str], extra: Mapping[str, str] | None = None, run: Run = one_process
) -> Iterator[World]:
    """Serve what is there already, sign everybody in, each at one of its addresses."""
    extra = extra or {}
    env = {**environment(folder / "data", free_port()), **extra}
    env.pop("QUCE_BENCH", None)
    settings = Settings(data=folder / "data", store_url=extra.get("QUCE_STORE_URL", "sqlite:"))
    with run(folder, env) as urls, ExitStack() as stack:
        world = World(urls[0], {}, dict(sign_ins), settings)
        for who, url in zip((ANONYMOUS, *sign_ins), itertools.cycle(urls)):
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

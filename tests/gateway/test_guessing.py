"""Guessing passwords: slowed, told of once, without telling which names exist and without shutting their owners out."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.limits import network_of
from gateway.model import account_id
from kit.settings import Settings
from tests.gateway.conftest import World

ROUNDS = 60
TRIES = 3
"""A difference that is there is there each time; one of the machine's is not."""
RATIO = 1.2
UNKNOWN = "nobody-here"
WRONG = "wrong-password"


def browser_at(world: World, address: str) -> httpx.AsyncClient:
    """A browser of its own at this address."""
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False, client=(address, 5000))
    client = httpx.AsyncClient(transport=transport, base_url="http://quce.test")
    world.clients.append(client)
    return client


async def attempt(browser: httpx.AsyncClient, account: str, password: str = WRONG) -> httpx.Response:
    return await browser.post("/api/v1/sessions", json={"account": account, "password": password})


async def state_names(world: World) -> list[str]:
    """Names of every kind: known, unknown, disabled, invited."""
    admin = await world.signed_in("admin")
    path = f"/accounts/{account_id(world.ports.secret, 'hanyang')}"
    assert (await world.change(admin, path, {"active": False}, "PATCH")).status_code == 200
    asked = {"sign_in": "invited", "name": "来宾", "role": "reviewer"}
    made = await admin.post("/api/v1/invitations", json=asked, headers={"Idempotency-Key": "i"})
    assert made.status_code == 201
    return ["donghu", UNKNOWN, "hanyang", "invited"]


async def medians(world: World, names: list[str], said: set[str]) -> dict[str, float]:
    """How long each kind of name takes beside the others of its round, so that the machine's other work cancels out."""
    right = world.sign_ins["hanyang"].password
    browser = world.browser()
    beside: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        took: dict[str, float] = {}
        for name in random.sample(names, len(names)):
            started = time.perf_counter()
            answer = await attempt(browser, name, right if name == "hanyang" else WRONG)
            took[name] = time.perf_counter() - started
            document: dict[str, Any] = answer.json()
            document.pop("trace_id")
            said.add(f"{answer.status_code} {document} {sorted(set(answer.headers) - {'x-trace-id'})}")
        for name, seconds in took.items():
            beside[name].append(seconds / statistics.mean(took.values()))
    return {name: statistics.median(each) for name, each in beside.items()}


async def test_all_kinds_of_names_get_the_same_answer_in_the_same_time(world: World) -> None:
    names = await state_names(world)
    said: set[str] = set()
    tries: list[dict[str, float]] = []
    while len(tries) < TRIES:
        tries.append(found := await medians(world, names, said))
        if max(found.values()) / min(found.values()) <= RATIO:
            break
    assert len(said) == 1
    assert max(tries[-1].values()) / min(tries[-1].values()) <= RATIO, tries


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff::1", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("unix:", ""),
        ("", ""),
    ],
)
def test_a_network_is_what_one_subscriber_has(address: str, network: str) -> None:
    assert network_of(address) == network


class TestLimits:
    """Limits at their normal size."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"rate_limit_factor": 1.0})

    async def test_the_wait_grows_and_is_told_once_each(self, world: World) -> None:
        browser = world.browser()
        waits = []
        for _ in range(6):
            while (answer := await attempt(browser, "donghu")).status_code == 401:
                pass
            waits.append(int(answer.headers["retry-after"]))
            assert (await attempt(browser, "donghu")).status_code == 429
            world.clock.advance(timedelta(seconds=waits[-1] + 1))
        assert waits == [60, 120, 240, 480, 900, 900]
        told = [each for each in await world.told() if each["what"] == "session.refused"]
        assert [(each["subject"], each["office"], each["who"]) for each in told] == [
            (f"account:{account_id(world.ports.secret, 'donghu')}", "donghu", "")
        ] * 6

    async def test_locked_names_answer_alike_whether_they_exist_or_not(self, world: World) -> None:
        said: list[Any] = []
        for name in ("donghu", UNKNOWN):
            answers = [await attempt(browser_at(world, f"192.0.2.{len(said)}"), name) for _ in range(7)]
            document = answers[-1].json()
            document.pop("trace_id")
            said.append(([each.status_code for each in answers], document, answers[-1].headers["retry-after"]))
        assert said[0] == said[1]

    async def test_a_stranger_does_not_keep_a_known_colleague_out(self, world: World) -> None:
        known = browser_at(world, "192.0.2.1")
        right = world.sign_ins["donghu"].password
        assert (await attempt(known, "donghu", right)).status_code == 201
        statuses = Counter[int]()
        for network in range(10, 50):
            statuses[(await attempt(browser_at(world, f"10.0.{network}.1"), "donghu")).status_code] += 1
        assert statuses == {401: 20, 429: 20}
        assert (await attempt(browser_at(world, "10.0.99.1"), "donghu", right)).status_code == 429
        assert (await attempt(known, "donghu", right)).status_code == 201
        elsewhere = browser_at(world, "10.0.98.1")
        elsewhere.cookies.set("quce_device", known.cookies["quce_device"])
        assert (await attempt(elsewhere, "donghu", right)).status_code == 201

    async def test_a_known_browser_guesses_no_faster_and_only_its_owners_name(self, world: World) -> None:
        known = browser_at(world, "192.0.2.1")
        assert (await attempt(known, "donghu", world.sign_ins["donghu"].password)).status_code == 201
        assert [(await attempt(known, "donghu")).status_code for _ in range(7)] == [401] * 5 + [429] * 2
        assert [(await attempt(known, "jingkai")).status_code for _ in range(7)] == [401] * 5 + [429] * 2
        forged = browser_at(world, "192.0.2.9")
        forged.cookies.set("quce_device", known.cookies["quce_device"][:-1] + "x")
        assert [(await attempt(forged, "donghu")).status_code for _ in range(7)] == [401] * 5 + [429] * 2

    async def test_a_thousand_wrong_passwords_are_slowed(self, world: World) -> None:
        browsers = [browser_at(world, f"10.{number}.0.1") for number in range(50)]
        answers = await asyncio.gather(*(attempt(browsers[number % 50], "donghu") for number in range(1000)))
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses[401] <= 20
        assert set(statuses) <= {401, 429, 503}

    async def test_ones_own_password_is_guessed_no_faster(self, world: World) -> None:
        browser = await world.signed_in("donghu")
        statuses = []
        for number in range(7):
            body = {"current": WRONG, "new": "a-long-enough-one"}
            headers = {"Idempotency-Key": str(number)}
            answer = await browser.post("/api/v1/sessions/current/password", json=body, headers=headers)
            statuses.append(answer.status_code)
        assert statuses == [403] * 5 + [429] * 2

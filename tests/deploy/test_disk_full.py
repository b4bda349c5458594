"""The embedded suite on a full disk: changes are put off in words, reading goes on, and room is all it needs."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.backup.making import back_up
from deploy.embedded import Suite, open_suite
from kit.clock import SystemClock
from kit.errors import StoreFull
from kit.settings import Settings
from operating.ids import random_id
from tests.disks import full_disk, left_in
from tests.flows.samples import registration, upload

API, UNFINISHED = "/api/v1", ("queued", "running")
ROOM = 5_000_000
"""Bytes: more than any file of the suite, less than a backup with one of this size in it."""


@pytest.fixture
async def suite(tmp_path: Path) -> AsyncIterator[Suite]:
    async with open_suite(Settings(data=tmp_path / "data")) as opened:
        yield opened


@asynccontextmanager
async def signed_in(suite: Suite, who: str) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(suite.gateway, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://quce.test") as client:
        password = next(each.password for each in suite.sign_ins if each.account == who)
        answer = await client.post(f"{API}/sessions", json={"account": who, "password": password})
        client.headers["X-CSRF-Token"] = answer.json()["csrf"]
        yield client


async def register(officer: httpx.AsyncClient, number: int, key: str) -> httpx.Response:
    return await officer.post(f"{API}/leads", json=registration(number), headers={"Idempotency-Key": key})


async def settled(suite: Suite) -> None:
    """Wait until the services have told one another everything, so that nobody writes for another reason."""
    async with asyncio.timeout(30):
        for ports in suite.ports.values():
            while await ports.store.pending(1):  # noqa: ASYNC110 - through the port
                await asyncio.sleep(0.02)


def put_off(answer: httpx.Response) -> bool:
    problem: dict[str, Any] = answer.json()
    assert "磁盘空间不足" in problem["detail"]
    return (answer.status_code, problem["type"], answer.headers["retry-after"]) == (503, "/problems/store-full", "60")


async def test_changes_are_put_off_reading_goes_on_and_room_is_enough(suite: Suite, tmp_path: Path) -> None:
    async with signed_in(suite, "donghu") as officer:
        kept = (await register(officer, 1, "one")).json()
        await settled(suite)
        ledger = upload(1)
        with full_disk():
            assert put_off(await register(officer, 2, "two"))
            sent = await officer.post(f"{API}/imports", files=ledger, headers={"Idempotency-Key": "three"})
            assert put_off(sent)
            listed = await officer.get(f"{API}/leads")
            assert [each["id"] for each in listed.json()["items"]] == [kept["id"]]
            assert (await officer.get(f"{API}/leads/{kept['id']}")).status_code == 200
            assert (await officer.get("/leads")).status_code == 200
            assert (await officer.get("/readyz")).status_code == 200
        again = await register(officer, 2, "two")
        assert again.status_code == 201
        assert (await register(officer, 2, "two")).json() == again.json()
        async with asyncio.timeout(30):
            matches = f"{API}/leads/{again.json()['id']}/matches"
            while (await officer.get(matches)).status_code != 200:  # noqa: ASYNC110 - through the API
                await asyncio.sleep(0.05)
    assert [name for name in left_in(tmp_path) if ".part" in name] == []


async def test_a_backup_without_room_says_so_and_leaves_nothing(suite: Suite, tmp_path: Path) -> None:
    folder = Settings(data=tmp_path / "data", backups=tmp_path / "backups")
    target = folder.backup_folder / "kept.tar"
    with full_disk(100_000), pytest.raises((OSError, StoreFull)):
        await asyncio.to_thread(back_up, folder, target, SystemClock().now, lambda _done, _total: None)
    assert left_in(folder.backup_folder) == []
    await asyncio.to_thread(back_up, folder, target, SystemClock().now, lambda _done, _total: None)
    assert left_in(folder.backup_folder) == ["kept.tar"]


async def test_an_asked_for_backup_that_found_no_room_says_so_to_its_asker(suite: Suite) -> None:
    await suite.ports["leads"].blobs.put(os.urandom(ROOM))
    async with signed_in(suite, "admin") as admin:
        with full_disk(ROOM):
            asked = await admin.post(f"{API}/backups", json={}, headers={"Idempotency-Key": random_id()})
            place = asked.headers["location"]
            async with asyncio.timeout(30):
                while (job := (await admin.get(place)).json())["state"] in UNFINISHED:  # noqa: ASYNC110 - the same
                    await asyncio.sleep(0.05)
        assert (job["state"], "磁盘空间不足" in job["detail"]) == ("failed", True)

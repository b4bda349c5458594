"""What the suite itself does at a start or by night hides nothing that was done behind its back."""

from __future__ import annotations

import asyncio
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from gateway.audit.log import entry_id
from kit.clock import to_text
from tests.clocks import ManualClock
from tests.gateway.audit_logs import ACTS, DAYS, OFFICES, opened, sql, verdict_of, written
from tests.gateway.conftest import START
from tests.gateway.test_audit_tampering import anchor, put


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit")
    asyncio.run(written(folder))
    return folder


async def test_what_is_made_to_look_old_is_not_pruned_away(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "aged"
    shutil.copytree(pristine, folder)
    for number in range(1, 6):
        id = entry_id("donghu", number)
        [(body,)] = sql(folder, "SELECT body FROM c_audit WHERE id = ?", id)
        put(folder, "c_audit", id, json.loads(body) | {"at": "2000-01-01T00:00:00.000000Z"})
    sql(folder, "UPDATE c_audit SET i_number = 0 WHERE id = ?", entry_id("jingkai", 7))
    async with opened(folder) as (ports, _, keeper):
        await keeper.schedule.run(ports.clock.now())
    assert {each.office for each in (await verdict_of(folder)).findings} >= {"donghu"}
    left = [id for (id,) in sql(folder, "SELECT id FROM c_audit")]
    assert len(left) == ACTS * len(OFFICES), "the night erases nothing that it was not to"


async def test_a_young_entry_under_an_old_ones_words_is_not_pruned_away(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copied"
    shutil.copytree(pristine, folder)
    [(oldest,)] = sql(folder, "SELECT body FROM c_audit WHERE id = ?", entry_id("donghu", 1))
    limit = to_text(START + timedelta(days=1))
    [(young,)] = sql(folder, "SELECT min(id) FROM c_audit WHERE id LIKE 'donghu:%' AND i_at >= ?", limit)
    put(folder, "c_audit", young, json.loads(oldest))
    async with opened(folder) as (_, log, _):
        await log.prune(limit)
    assert sql(folder, "SELECT id FROM c_audit WHERE id = ?", young), "what it was stays for a person to look at"
    assert not (await verdict_of(folder)).ok


@pytest.mark.parametrize("kept", [0, 2])
async def test_an_anchor_cut_short_is_missed_after_a_restart_until_it_is_put_back(
    pristine: Path, tmp_path: Path, kept: int
) -> None:
    folder = tmp_path / "cut"
    shutil.copytree(pristine, folder)
    lines = anchor(folder).read_text("utf-8").splitlines(keepends=True)
    anchor(folder).write_text("".join(lines[:kept]), "utf-8")
    for days in (20, 21):
        async with opened(folder, ManualClock(START + timedelta(days=days))) as (_, _, keeper):
            await keeper.begin()
        assert not (await verdict_of(folder)).ok, "what a restart writes does not hide what is gone"
    written_since = anchor(folder).read_text("utf-8").splitlines(keepends=True)[kept:]
    anchor(folder).write_text("".join([*lines, *written_since]), "utf-8")
    verdict = await verdict_of(folder)
    assert verdict.ok, verdict.findings
    assert verdict.anchors == DAYS + 2


async def test_a_memory_that_was_changed_is_not_written_over(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    shutil.copytree(pristine, folder)
    [(body,)] = sql(folder, "SELECT body FROM c_audit_state WHERE id = 'anchor'")
    put(folder, "c_audit_state", "anchor", json.loads(body) | {"lines": 1})
    async with opened(folder, ManualClock(START + timedelta(days=20))) as (_, _, keeper):
        await keeper.begin()
    assert not (await verdict_of(folder)).ok


async def test_what_a_verification_found_is_shown_to_operators(pristine: Path, tmp_path: Path) -> None:
    folder = tmp_path / "measured"
    shutil.copytree(pristine, folder)
    async with opened(folder) as (ports, _, keeper):
        await keeper.check()
        await keeper.measure()
        assert REGISTRY.get_sample_value("quce_audit_findings") == 0
        assert REGISTRY.get_sample_value("quce_audit_checked_at_seconds") == ports.clock.now().timestamp()
        sql(folder, "UPDATE c_audit SET i_number = 0 WHERE id = ?", entry_id("jingkai", 7))
        await keeper.check()
        await keeper.measure()
    assert REGISTRY.get_sample_value("quce_audit_findings") == 1

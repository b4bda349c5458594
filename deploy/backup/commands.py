"""The work behind ``quce backup``, ``restore`` and ``upgrade``."""

from __future__ import annotations

import asyncio
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from deploy import commands
from deploy.backup.archive import open_source, read_manifest
from deploy.backup.keys import write_keys
from deploy.backup.layouts import upgrade_layout
from deploy.backup.making import DRAFT, Progress, back_up, remember_last
from deploy.backup.manifest import Manifest
from deploy.backup.restoring import restore, unpack
from deploy.client import Client, connect
from deploy.lock import hold, running_url
from deploy.result import CommandFailed, Result
from gateway.backups import backup_name
from kit.clock import SHANGHAI, from_text
from kit.settings import Settings
from operating.opening import kept_here, open_clock

POLL = 0.3
UNFINISHED = ("queued", "running")
MEGABYTE = 1024 * 1024
SHOWN = 64 * MEGABYTE
"""Smaller ones are done before a person would read of their progress."""
ADMINISTRATOR = "admin"
KEYS_LEFT_OUT = "密钥不在备份里。没有密钥文件不能恢复：请加 --keys 文件 另存一份，与备份分开保管。"


async def backup(settings: Settings, target: Path | None, keys: Path | None, account: str) -> Result:
    """Make a backup: through the API where the suite runs, under the lock where it does not."""
    _refuse_cluster(settings)
    for path in (target, keys):
        if path is not None and path.exists() and not (path.is_dir() and not any(path.iterdir())):
            raise CommandFailed(f"{path} 已经存在，请换一个名字。")
    made = await _make(settings, account)
    if keys is not None:
        write_keys(settings.data, keys)
    with open_source(made) as source:
        manifest = read_manifest(source)
    place = made if target is None else await asyncio.to_thread(_deliver, made, target)
    if target is not None:
        remember_last(settings.data, place.absolute(), manifest)
    saved = f"密钥另存为 {keys}，请与备份分开保管。" if keys else KEYS_LEFT_OUT
    size = f"{_megabytes(manifest.size)}，{len(manifest.files)} 个文件"
    text = f"已备份到 {place}（{size}，截至 {_local(manifest)}）。\n{saved}"
    return Result(text, {"file": str(place), "keys": str(keys) if keys else None, **_summary(manifest)})


def _refuse_cluster(settings: Settings) -> None:
    """A backup of this machine alone would hold none of a cluster's data."""
    if not kept_here(settings):
        raise CommandFailed("集群的数据在 MongoDB 和 Kafka 里，备份和升级的做法见 docs/operations.md 的「集群」。")


async def restore_into(settings: Settings, file: Path, keys: Path, into: Path) -> Result:
    """Restore a backup into an empty folder."""
    manifest = await asyncio.to_thread(restore, settings, file, keys, into, progress_line())
    text = f"已恢复到 {into}（截至 {_local(manifest)}，由 {manifest.product} 版写入）。\n{manifest.note}"
    return Result(text, {"data": str(into), "note": manifest.note, **_summary(manifest)})


async def upgrade(settings: Settings) -> Result:
    """Back up, bring every database to the present layout, check."""
    _refuse_cluster(settings)
    if running_url(settings.data) is not None:
        raise CommandFailed("服务正在运行。请先停止它，再升级数据。")
    with hold(settings.data, None):
        made = await asyncio.to_thread(_back_up_here, settings, "before-upgrade")
        databases = sorted(settings.data.glob("*.db"))
        before = {path.name: await asyncio.to_thread(upgrade_layout, path) for path in databases}
    checked = await commands.doctor(settings)
    text = f"升级前的备份：{made}\n{checked.text}"
    return Result(text, {"backup": str(made), "layouts_before": before, "doctor": checked.document}, checked.ok)


def progress_line() -> Progress:
    """Writes the progress of large work to the terminal, a tenth at a time."""
    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        tenth = done * 10 // max(total, 1)
        if total >= SHOWN and tenth > told:
            told = tenth
            sys.stderr.write(f"  {_megabytes(done)} / {_megabytes(total)}\n")

    return tell


async def _make(settings: Settings, account: str) -> Path:
    if running_url(settings.data) is None:
        with hold(settings.data, None):
            return await asyncio.to_thread(_back_up_here, settings, "manual")
    async with connect(settings, account) as client:
        job = await client.post("/backups", {})
        job = await _wait(client, job["id"])
    if job["state"] != "finished":
        raise CommandFailed(job["detail"] or "备份没有完成。")
    return Path(job["file"])


def _back_up_here(settings: Settings, origin: str) -> Path:
    clock = open_clock(settings)
    target = settings.backup_folder / backup_name(origin, clock.now())
    back_up(settings, target, clock.now, progress_line())
    return target


async def _wait(client: Client, id: str) -> dict[str, Any]:
    tell = progress_line()
    while True:
        job: dict[str, Any] = await client.get(f"/backups/{id}")
        tell(job["progress"]["done"], job["progress"]["total"] or 0)
        if job["state"] not in UNFINISHED:
            return job
        await asyncio.sleep(POLL)


def _deliver(made: Path, target: Path) -> Path:
    """Move a backup to where it was asked for: a ``.tar`` file, or else a folder of the same files."""
    if target.suffix == ".tar":
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(target.name + DRAFT)
        shutil.move(made, draft)
        draft.replace(target)
    else:
        unpack(made, target)
        made.unlink()
    return target


def _summary(manifest: Manifest) -> dict[str, Any]:
    document = manifest.model_dump(include={"product", "layout", "created_at", "records", "messages"})
    return {**document, "size": manifest.size, "files": len(manifest.files)}


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB"


def _local(manifest: Manifest) -> str:
    instant: datetime = from_text(manifest.created_at).astimezone(SHANGHAI)
    return f"{instant:%Y-%m-%d %H:%M:%S}"

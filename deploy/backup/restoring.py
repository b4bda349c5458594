"""Restores a backup into an empty folder: check everything, write beside, mend what was under way, move into place."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from deploy.backup.archive import BackupRefused, Source, check, chunks, open_source, read_manifest
from deploy.backup.keys import place_keys, read_keys
from deploy.backup.layouts import upgrade_layout
from deploy.backup.making import Progress
from deploy.backup.manifest import Manifest
from deploy.inspecting import integrity
from kit.settings import Settings
from kit.sqlite import FileRefused
from operating.opening import open_bus, open_clock, open_ports
from services.notify.commands.restoring import doubt_mails_under_way

DRAFT = ".restoring"


def restore(settings: Settings, backup: Path, keys: Path, into: Path, progress: Progress) -> Manifest:
    """Restore, whole or not at all. Blocks.

    Raises:
        BackupRefused: the folder is not empty, the backup or the keys are damaged or do not belong together.
    """
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise BackupRefused(f"{into} 不是空目录。恢复不会覆盖已有数据，请另选一个空目录。")
    draft = into.with_name(into.name + DRAFT)
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with open_source(backup) as source:
            manifest = read_manifest(source)
            check(source, manifest, progress)
            place_keys(draft, read_keys(keys, manifest))
            _unpack(source, manifest, draft)
        _check_databases(draft)
        asyncio.run(_mend(settings.model_copy(update={"data": draft})))
        if into.exists():
            into.rmdir()
        draft.replace(into)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def unpack(backup: Path, folder: Path) -> None:
    """A ``.tar`` backup as a folder that holds the same files.

    Raises:
        BackupRefused: the folder is not empty, or the backup is damaged.
    """
    if folder.exists() and any(folder.iterdir()):
        raise BackupRefused(f"{folder} 不是空目录，请另选一个。")
    with open_source(backup) as source:
        for name in source.names():
            _write(source, name, folder / name)


def _unpack(source: Source, manifest: Manifest, folder: Path) -> None:
    for name in manifest.files:
        _write(source, name, folder / name)


def _write(source: Source, name: str, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in chunks(source, name):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _check_databases(folder: Path) -> None:
    for path in sorted(folder.glob("*.db")):
        try:
            upgrade_layout(path)
            verdict = integrity(path)
        except FileRefused as error:
            verdict = str(error)
        if verdict != "ok":
            raise BackupRefused(f"备份里的 {path.name} 没有通过完整性检查（{verdict}）。请换一份备份。")


async def _mend(settings: Settings) -> None:
    """What was being sent at the cut may have arrived: a person decides, no machine repeats it."""
    bus = open_bus(settings)
    try:
        ports = await open_ports("notify", settings, bus, open_clock(settings))
        try:
            await doubt_mails_under_way(ports)
        finally:
            await ports.close()
    finally:
        await bus.close()

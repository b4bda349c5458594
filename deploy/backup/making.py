"""Makes a backup of a data folder, served or not: hold the writers, mark the instant, copy at leisure."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import orjson

from deploy.backup.manifest import MANIFEST, SEAL, Kept, Manifest
from deploy.backup.snapshot import Snapshot, cut
from kit.clock import to_text
from kit.settings import AUDIT_ANCHOR, Settings
from kit.sqlite import rows
from operating.ids import content_digest

log = logging.getLogger(__name__)

FOLDERS = ("blobs", "mail")
KEYS = "keys"
AUDIT_HEADS = re.compile(r"^c_audit\w*heads$")
LAST = "last-backup.json"
"""Where a data folder remembers its last backup; in no backup itself."""
DRAFT = ".part"
MARGIN = 64 * 1024 * 1024
"""Bytes that stay free on the disk a backup is written to."""

Progress = Callable[[int, int], None]
"""Told the bytes done and the bytes in all."""


class BackupFailed(RuntimeError):
    """No backup was made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Instant:
    """What stood beside the databases when all writers were held."""

    at: datetime
    files: list[Path]
    anchor: bytes
    """Read at once: it is the one file that grows."""


def back_up(settings: Settings, target: Path, now: Callable[[], datetime], progress: Progress) -> Manifest:
    """Write a backup of the data folder to the ``.tar`` file ``target``, whole or not at all. Blocks.

    Raises:
        BackupFailed: there is too little space, or the target exists.
    """
    if target.exists():
        raise BackupFailed(f"{target} 已经存在，请换一个文件名。")
    folder = settings.data
    databases = sorted(folder.glob("*.db"))
    if not databases:
        raise BackupFailed(f"{folder} 里没有数据，请检查 QUCE_DATA。")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(target.name + DRAFT)
    found: list[Instant] = []
    try:
        with cut(databases, lambda: found.append(_instant(settings, now()))) as snapshots:
            [instant] = found
            total = sum(snapshot.size for snapshot in snapshots) + sum(map(_size, instant.files))
            _check_space(target.parent, snapshots, total)
            with _archive(draft, total, progress) as archive:
                for snapshot in snapshots:
                    archive.add_database(snapshot)
                for file in instant.files:
                    archive.add_file(file.relative_to(folder).as_posix(), file)
                if instant.anchor:
                    archive.add_content(AUDIT_ANCHOR, instant.anchor)
                manifest = _manifest(folder, instant.at, snapshots, archive)
                archive.seal(manifest)
        draft.replace(target)
        _sync_folder(target.parent)
    finally:
        draft.unlink(missing_ok=True)
    remember_last(folder, target, manifest)
    return manifest


def remember_last(folder: Path, target: Path, manifest: Manifest) -> None:
    """Note in the data folder when and where its last backup was made; for want of room there, only log it."""
    draft = folder / (LAST + DRAFT)
    try:
        draft.write_bytes(orjson.dumps({"at": manifest.created_at, "file": str(target), "size": manifest.size}))
        draft.replace(folder / LAST)
    except OSError as error:
        draft.unlink(missing_ok=True)
        log.warning("a backup was made, but %s cannot note it: %s", folder, error.strerror)


def last_backup(folder: Path) -> dict[str, Any] | None:
    """When and where the last backup of a data folder was made; None where there was none."""
    with suppress(FileNotFoundError):
        found: dict[str, Any] = orjson.loads((folder / LAST).read_bytes())
        return found
    return None


@dataclass(slots=True)
class _Archive:
    """A tar under way. Databases pass through a file beside it: their size has to be known first."""

    tar: tarfile.TarFile
    beside: Path
    total: int
    progress: Progress
    done: int = 0
    kept: dict[str, Kept] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)

    def add_database(self, snapshot: Snapshot) -> None:
        """Copy a snapshot, then take the copy in."""
        self.beside.unlink(missing_ok=True)
        try:
            snapshot.copy(self.beside)
            self.add_file(snapshot.path.name, self.beside)
        finally:
            self.beside.unlink(missing_ok=True)

    def add_file(self, name: str, path: Path) -> None:
        """Take a file in; one removed since the cut is only named."""
        try:
            source = path.open("rb")
        except FileNotFoundError:
            self.gone.append(name)
            return
        with source:
            reading = _Reading(source, self._advance)
            info = tarfile.TarInfo(name)
            info.size, info.mode = os.fstat(source.fileno()).st_size, 0o600
            self.tar.addfile(info, reading)
        self.kept[name] = Kept(size=info.size, sha256=reading.digest.hexdigest())

    def add_content(self, name: str, content: bytes) -> None:
        """Take in what was read already."""
        self._write(name, content)
        self.kept[name] = Kept(size=len(content), sha256=content_digest(content))

    def seal(self, manifest: Manifest) -> None:
        """Close with the manifest and its digest."""
        content = orjson.dumps(manifest.model_dump(), option=orjson.OPT_INDENT_2)
        self._write(MANIFEST, content)
        self._write(SEAL, content_digest(content).encode())

    def _write(self, name: str, content: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        self.tar.addfile(info, BytesIO(content))

    def _advance(self, size: int) -> None:
        self.done += size
        self.progress(min(self.done, self.total), self.total)


class _Reading:
    """A file being read, with the digest of what was read."""

    def __init__(self, source: IO[bytes], advance: Callable[[int], None]) -> None:
        self._source, self._advance = source, advance
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        content = self._source.read(size)
        self.digest.update(content)
        self._advance(len(content))
        return content


@contextmanager
def _archive(draft: Path, total: int, progress: Progress) -> Iterator[_Archive]:
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        with tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
            yield _Archive(tar, draft.with_suffix(".copy"), total, progress)
        file.flush()
        os.fsync(file.fileno())


def _manifest(folder: Path, instant: datetime, snapshots: Sequence[Snapshot], archive: _Archive) -> Manifest:
    counts = {snapshot.path.name: _counts(snapshot) for snapshot in snapshots}
    messages: dict[str, int] = {}
    audit: dict[str, str] = {}
    for snapshot in snapshots:
        if "log" in snapshot.tables():
            messages |= dict(rows(snapshot.connection, "SELECT topic, COUNT(*) FROM log GROUP BY topic"))
        for table in filter(AUDIT_HEADS.match, snapshot.tables()):
            heads = rows(snapshot.connection, f"SELECT id, body FROM {table}")  # noqa: S608 - checked by the pattern
            audit |= {f"{snapshot.path.stem}/{id}": bytes(body).decode() for id, body in heads}
    return Manifest(
        product=version("quce"),
        layout=max((snapshot.layout for snapshot in snapshots), default=0),
        created_at=to_text(instant),
        files=archive.kept,
        records=counts,
        messages=messages,
        audit=audit,
        keys={path.name: content_digest(path.read_bytes()) for path in key_files(folder)},
        gone=archive.gone,
    )


def key_files(folder: Path) -> list[Path]:
    """The keys of an installation."""
    return sorted(path for path in (folder / KEYS).glob("*") if path.is_file() and path.suffix != DRAFT)


def _counts(snapshot: Snapshot) -> dict[str, int]:
    """Records by collection, events not yet published by their table."""
    wanted = [name for name in snapshot.tables() if name.startswith("c_") or name == "outbox"]
    count = "SELECT COUNT(*) FROM {}"
    return {name.removeprefix("c_"): rows(snapshot.connection, count.format(name))[0][0] for name in sorted(wanted)}


def _instant(settings: Settings, at: datetime) -> Instant:
    anchor = settings.audit_anchor_file
    return Instant(at, _files(settings.data), anchor.read_bytes() if anchor.exists() else b"")


def _files(folder: Path) -> list[Path]:
    """The files beside the databases; what is still being written has no name yet."""
    found = [path for name in FOLDERS for path in sorted((folder / name).rglob("*"))]
    return [path for path in found if path.suffix != DRAFT and path.is_file()]


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def _check_space(folder: Path, snapshots: Sequence[Snapshot], total: int) -> None:
    needed = total + max((snapshot.size for snapshot in snapshots), default=0) + MARGIN
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise BackupFailed(
            f"备份需要约 {needed // 2**20} MB，{folder} 所在磁盘只剩 {free // 2**20} MB。"
            "请清理磁盘，或换一个备份目录（QUCE_BACKUPS）。"
        )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

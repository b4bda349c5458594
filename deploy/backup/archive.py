"""Reads backups, as one ``.tar`` file or unpacked into a folder, and trusts nothing before it is checked."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from pydantic import ValidationError

from deploy.backup.manifest import MANIFEST, SEAL, Manifest
from kit.sqlite import LAYOUT
from operating.ids import content_digest

CHUNK = 1024 * 1024


class BackupRefused(RuntimeError):
    """A backup must not be restored; the message names the file and says why."""


class Source(Protocol):
    """Where a backup's files come from."""

    def names(self) -> list[str]:
        """Every file."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """One of them."""
        ...


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        return [path.relative_to(self._folder).as_posix() for path in self._folder.rglob("*") if path.is_file()]

    def open(self, name: str) -> IO[bytes]:
        return (self._folder / name).open("rb")


class _Tar:
    def __init__(self, tar: tarfile.TarFile) -> None:
        self._members = {member.name: member for member in tar.getmembers() if member.isfile()}
        self._tar = tar

    def names(self) -> list[str]:
        return list(self._members)

    def open(self, name: str) -> IO[bytes]:
        opened = self._tar.extractfile(self._members[name])
        assert opened is not None  # noqa: S101 - only regular files are members
        return opened


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """A backup's files.

    Raises:
        BackupRefused: there is no backup of that name.
    """
    if path.is_dir():
        yield _Folder(path)
        return
    with ExitStack() as stack:
        try:
            source = _Tar(stack.enter_context(tarfile.open(path)))
        except (tarfile.TarError, OSError) as error:
            raise BackupRefused(f"{path} 不是备份文件，或已损坏、不完整。请换一份备份。") from error
        yield source


def read_manifest(source: Source) -> Manifest:
    """What the backup says of itself.

    Raises:
        BackupRefused: it is damaged, or of a release this one does not know.
    """
    names = source.names()
    missing = [name for name in (MANIFEST, SEAL) if name not in names]
    if missing:
        last = f"，{names[-1]} 之后的内容读不到" if names else ""
        raise BackupRefused(f"备份不完整：缺少 {missing[0]}{last}。请换一份备份。")
    content, seal = _whole(source, MANIFEST), _whole(source, SEAL)
    if content_digest(content).encode() != seal:
        raise BackupRefused(f"备份已损坏：{MANIFEST} 与校验值不符。请换一份备份。")
    try:
        manifest = Manifest.model_validate_json(content)
    except ValidationError as error:
        raise BackupRefused(f"{MANIFEST} 的格式本版本读不懂，请用做这份备份的版本或更新的版本恢复。") from error
    if manifest.layout > LAYOUT:
        raise BackupRefused(f"备份由更新的版本（{manifest.product}）写入，请先升级再恢复。")
    return manifest


def check(source: Source, manifest: Manifest, progress: Callable[[int, int], None]) -> None:
    """Compare every file with the manifest.

    Raises:
        BackupRefused: one is missing, damaged, or not in the manifest.
    """
    present, done = set(source.names()) - {MANIFEST, SEAL}, 0
    for name in sorted({*present, *manifest.files}):
        kept = manifest.files.get(name)
        if kept is None or not _is_plain(name):
            raise BackupRefused(f"备份里有清单以外的文件 {name}，没有恢复。请换一份备份。")
        if name not in present:
            raise BackupRefused(f"备份不完整：缺少 {name}。请换一份备份。")
        digest = hashlib.sha256()
        for chunk in chunks(source, name):
            digest.update(chunk)
            done += len(chunk)
            progress(done, manifest.size)
        if digest.hexdigest() != kept.sha256:
            raise BackupRefused(f"备份已损坏：{name} 与校验值不符。请换一份备份。")


def chunks(source: Source, name: str) -> Iterator[bytes]:
    """A file in pieces."""
    with source.open(name) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _whole(source: Source, name: str) -> bytes:
    with source.open(name) as file:
        return file.read()


def _is_plain(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and path.as_posix() == name

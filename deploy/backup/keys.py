"""The keys of an installation in a file of their own: whoever has a backup alone cannot open contacts."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from pathlib import Path

import orjson

from deploy.backup.archive import BackupRefused
from deploy.backup.making import KEYS, BackupFailed, key_files
from deploy.backup.manifest import Manifest
from operating.ids import content_digest

ROTATING = "tokens.json"
"""Signs tokens that live for minutes: another one than at the time of the backup does no harm."""


def write_keys(folder: Path, target: Path) -> None:
    """Copy the keys of a data folder, readable by the owner only.

    Raises:
        BackupFailed: the target exists.
    """
    files = {path.name: base64.b64encode(path.read_bytes()).decode() for path in key_files(folder)}
    content = orjson.dumps({"quce_keys": 1, "files": files}, option=orjson.OPT_INDENT_2)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BackupFailed(f"{target} 已经存在，请换一个文件名。") from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def read_keys(path: Path, manifest: Manifest) -> dict[str, bytes]:
    """The keys that belong to a backup.

    Raises:
        BackupRefused: they are damaged, or another installation's.
    """
    try:
        document = orjson.loads(path.read_bytes())
        keys = {name: base64.b64decode(text, validate=True) for name, text in document["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupRefused(f"{path} 不是密钥文件，或已损坏。请用备份时 --keys 写出的文件。") from error
    for name, digest in manifest.keys.items():
        if name not in keys or (name != ROTATING and content_digest(keys[name]) != digest):
            raise BackupRefused(f"{path} 里的 {name} 与这份备份不配套。请用同一套安装的密钥文件。")
    return {name: content for name, content in keys.items() if name in manifest.keys}


def place_keys(folder: Path, keys: Mapping[str, bytes]) -> None:
    """Put keys into a data folder, readable by the owner only."""
    place = folder / KEYS
    place.mkdir(parents=True, mode=0o700)
    for name, content in keys.items():
        with os.fdopen(os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

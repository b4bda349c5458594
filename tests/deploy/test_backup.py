"""What a restore refuses, what it mends, and what a backup leaves out; on the folder an earlier release left behind."""

from __future__ import annotations

import io
import json
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from deploy.backup import commands
from deploy.backup.archive import BackupRefused
from deploy.backup.keys import write_keys
from deploy.backup.making import LAST, BackupFailed, back_up
from deploy.backup.restoring import restore, unpack
from deploy.result import CommandFailed
from kit.settings import Settings
from kit.sqlite import LAYOUT, connect, rows

LEFT = Path(__file__).resolve().parents[1] / "data" / "0.1.0" / "data.zip"
NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def no_progress(_done: int, _total: int) -> None:
    """Nobody watches."""


class Kept:
    """A data folder with a backup and its keys beside."""

    def __init__(self, folder: Path) -> None:
        self.data, self.tar, self.keys = folder / "data", folder / "kept.tar", folder / "kept.keys"
        self.into = folder / "into"
        with zipfile.ZipFile(LEFT) as archive:
            archive.extractall(self.data)  # noqa: S202 - our own archive

    def back_up(self) -> None:
        back_up(Settings(data=self.data), self.tar, lambda: NOON, no_progress)
        write_keys(self.data, self.keys)

    def restore(self, backup: Path | None = None, keys: Path | None = None) -> None:
        restore(Settings(data=self.data), backup or self.tar, keys or self.keys, self.into, no_progress)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    made = Kept(tmp_path)
    made.back_up()
    return made


def rewritten(tar: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """The same archive with other content, sealed again as someone who tampers would."""
    with tarfile.open(tar) as source:
        files = {member.name: source.extractfile(member).read() for member in source.getmembers()}  # type: ignore[union-attr]
    change(files)
    files["manifest.sha256"] = sha256(files["manifest.json"]).hexdigest().encode()
    with tarfile.open(tar, "w") as target:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            target.addfile(info, io.BytesIO(content))


def test_keys_are_never_in_the_backup_and_private_beside_it(kept: Kept) -> None:
    with tarfile.open(kept.tar) as tar:
        names = tar.getnames()
    secret = (kept.data / "keys" / "installation.key").read_bytes()
    assert not any("key" in name for name in names)
    assert secret not in kept.tar.read_bytes()
    assert stat.S_IMODE(kept.keys.stat().st_mode) == stat.S_IMODE(kept.tar.stat().st_mode) == 0o600


def test_a_backup_holds_no_earlier_backup_and_overwrites_none(kept: Kept) -> None:
    (kept.data / "backups").mkdir()
    shutil.copyfile(kept.tar, kept.data / "backups" / "earlier.tar")
    again = kept.tar.with_name("again.tar")
    back_up(Settings(data=kept.data), again, lambda: NOON, no_progress)
    with tarfile.open(again) as tar:
        assert not any(name.startswith("backups") or name == LAST for name in tar.getnames())
    with pytest.raises(BackupFailed, match=r"again\.tar"):
        back_up(Settings(data=kept.data), again, lambda: NOON, no_progress)


def test_a_folder_is_as_good_as_an_archive(kept: Kept, tmp_path: Path) -> None:
    unpack(kept.tar, tmp_path / "folder")
    kept.restore(tmp_path / "folder")
    assert (kept.into / "leads.db").exists()
    (tmp_path / "folder" / "leads.db").write_bytes(b"something else")
    shutil.rmtree(kept.into)
    with pytest.raises(BackupRefused, match=r"leads\.db"):
        kept.restore(tmp_path / "folder")


def test_a_folder_in_use_is_refused(kept: Kept) -> None:
    kept.into.mkdir()
    (kept.into / "mine.txt").write_text("mine")
    with pytest.raises(BackupRefused, match="不是空目录"):
        kept.restore()
    assert [path.name for path in kept.into.iterdir()] == ["mine.txt"]


def test_keys_of_another_installation_are_refused(kept: Kept) -> None:
    document = json.loads(kept.keys.read_bytes())
    document["files"]["leads-vault.key"] = document["files"]["installation.key"]
    kept.keys.write_text(json.dumps(document))
    with pytest.raises(BackupRefused, match=r"leads-vault\.key"):
        kept.restore()
    with pytest.raises(BackupRefused, match="不是密钥文件"):
        kept.restore(keys=kept.tar)
    assert not kept.into.exists()


def test_a_newer_layout_is_refused(kept: Kept) -> None:
    def newer(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        files["manifest.json"] = json.dumps(manifest | {"layout": LAYOUT + 1}).encode()

    rewritten(kept.tar, newer)
    with pytest.raises(BackupRefused, match="更新的版本"):
        kept.restore()


@pytest.mark.parametrize("name", ["../outside.txt", "/outside.txt", "blobs/../../outside.txt"])
def test_a_name_that_leads_outside_is_refused(kept: Kept, name: str, tmp_path: Path) -> None:
    def add(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["files"][name] = {"size": 3, "sha256": sha256(b"out").hexdigest()}
        files["manifest.json"], files[name] = json.dumps(manifest).encode(), b"out"

    rewritten(kept.tar, add)
    with pytest.raises(BackupRefused, match="清单以外"):
        kept.restore()
    assert not (tmp_path / "outside.txt").exists()


def test_a_file_that_is_missing_or_not_in_the_manifest_is_named(kept: Kept) -> None:
    rewritten(kept.tar, lambda files: files.update({"blobs/extra": b"x"}))
    with pytest.raises(BackupRefused, match="blobs/extra"):
        kept.restore()

    def lose(files: dict[str, bytes]) -> None:
        del files["blobs/extra"], files["bus.db"]

    rewritten(kept.tar, lose)
    with pytest.raises(BackupRefused, match=r"缺少 bus\.db"):
        kept.restore()


def test_an_archive_cut_short_is_refused(kept: Kept) -> None:
    content = kept.tar.read_bytes()
    kept.tar.write_bytes(content[: len(content) // 2])
    with pytest.raises(BackupRefused, match=r"不完整|已损坏"):
        kept.restore()
    assert not kept.into.exists()


def test_a_mail_on_its_way_at_the_cut_is_left_to_a_person(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    under_way = "i_state = 'sending', body = json_replace(body, '$.state', 'sending', '$.finished_at', NULL)"
    with_mail = "SELECT id FROM c_deliveries WHERE i_channel = 'email' AND i_state = 'sent'"
    connection = connect(kept.data / "notify.db")
    (mail, *others) = [id for (id,) in rows(connection, with_mail)]
    assert others
    connection.execute(f"UPDATE c_deliveries SET {under_way} WHERE id = ?", (mail,))  # noqa: S608 - a constant
    connection.close()
    kept.back_up()
    kept.restore()
    connection = connect(kept.into / "notify.db")
    states = dict(rows(connection, "SELECT id, i_state FROM c_deliveries WHERE i_channel = 'email'"))
    connection.close()
    assert states[mail] == "in_doubt"
    assert {states[id] for id in others} == {"sent"}


async def test_a_cluster_is_not_backed_up_by_copying_this_machine(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", store_url="mongodb://127.0.0.1:9/quce")
    for asked in (commands.backup(settings, None, None, "admin"), commands.upgrade(settings)):
        with pytest.raises(CommandFailed, match=r"MongoDB.*docs/operations\.md"):
            await asked
    assert not settings.data.exists()

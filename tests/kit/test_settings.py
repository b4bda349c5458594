"""Secrets come from files; a password anywhere else is refused without being repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.environment import read_settings
from kit.settings import Settings, SettingsRefused

PASSWORD = "CANARY-p4ss"


def test_a_password_in_the_environment_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUCE_SMTP_URL", f"smtp://office:{PASSWORD}@mail.example.com")
    with pytest.raises(SettingsRefused) as refused:
        read_settings()
    assert "QUCE_SMTP_URL_FILE" in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert refused.value.__suppress_context__, "a traceback shows no input either"


def test_a_password_in_a_file_is_used_and_never_shown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    url = f"smtp://office:{PASSWORD}@mail.example.com"
    (tmp_path / "smtp.url").write_text(url + "\n")
    monkeypatch.setenv("QUCE_SMTP_URL_FILE", str(tmp_path / "smtp.url"))
    settings = read_settings()
    assert settings.smtp_url is not None
    assert settings.smtp_url.get_secret_value() == url
    for shown in (repr(settings), str(settings), settings.model_dump_json(), f"{settings.smtp_url}"):
        assert PASSWORD not in shown


@pytest.mark.parametrize("name", ["STORE_URL", "BLOB_URL", "BUS_URL"])
def test_the_other_addresses_are_kept_as_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    url = f"mongodb://quce:{PASSWORD}@a:27017,b:27017/wuhan?replicaSet=quce"
    (tmp_path / "url").write_text(url + "\n")
    monkeypatch.setenv(f"QUCE_{name}", url)
    with pytest.raises(SettingsRefused, match=f"QUCE_{name}_FILE") as refused:
        read_settings()
    assert PASSWORD not in str(refused.value)
    monkeypatch.delenv(f"QUCE_{name}")
    monkeypatch.setenv(f"QUCE_{name}_FILE", str(tmp_path / "url"))
    settings = read_settings()
    assert getattr(settings, name.lower()) == url
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert PASSWORD not in shown


def test_operators_read_of_every_setting(root: Path) -> None:
    told = (root / "docs" / "operations.md").read_text("utf-8")
    names = {f"QUCE_{name}".upper() for name in Settings.model_fields} - {"QUCE_BENCH"}
    assert {name for name in names if f"`{name}`" not in told} == set()


def test_a_server_without_password_may_stand_in_the_environment() -> None:
    assert Settings(smtp_url="smtp://relay.example.com:25").smtp_url is not None
    assert Settings(store_url="mongodb://quce@a,b/wuhan").store_url == "mongodb://quce@a,b/wuhan"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"QUCE_SMTP_URL_FILE": "none"}, "读不到密钥文件"),
        ({"QUCE_SMTP_URL_FILE": "file", "QUCE_SMTP_URL": "smtp://relay"}, "只能设一个"),
        ({"QUCE_STORE_URL_FILE": "file", "QUCE_STORE_URL": "mongodb://a"}, "QUCE_STORE_URL_FILE 只能设一个"),
        ({"QUCE_WEBHOOK_URL_FILE": "file"}, "QUCE_WEBHOOK_SECRET_FILE"),
        ({"QUCE_PORT": "many"}, "QUCE_PORT"),
    ],
)
def test_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, environment: dict[str, str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("smtp://relay")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsRefused, match=says):
        read_settings()

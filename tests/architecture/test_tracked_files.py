"""A clone builds anywhere: no download address, no path of one machine, hashes in every lock."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, shown, tracked

# Put together here, so that this file does not hold what it forbids.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"), ("pythonhosted", "org"), ("npmjs", "org"), ("npmjs", "com"), ("yarnpkg", "com"),
        ("npmmirror", "com"), ("unpkg", "com"), ("jsdelivr", "net"), ("cdnjs", "cloudflare"), ("crates", "io"),
        ("proxy", "golang"), ("maven", "org"), ("deb", "debian", "org"), ("tuna", "tsinghua"), ("docker", "io"),
    )
)  # fmt: skip
MACHINE_PATH = re.compile(rf"(?<![\w.~-])/(?:{'|'.join(('work', 'root', 'home', 'Users'))})/\w")
LOCKS = ("requirements.lock", "requirements-cluster.lock", "requirements-dev.lock", "requirements-node.lock")
ADDRESS = re.compile(r"https?://|--(?:index|extra-index|find)", re.IGNORECASE)
BINARY = {".png", ".xlsx", ".db", ".woff2", ".ico", ".jpg", ".zip"}


def texts() -> list[Path]:
    """Every tracked file that people read."""
    return [path for path in tracked() if path.suffix not in BINARY]


def test_no_registry_host_in_a_tracked_file() -> None:
    found = [(shown(path), host) for path in texts() for host in REGISTRIES if host in path.read_text("utf-8")]
    assert found == []


def test_no_path_of_one_machine_in_a_tracked_file() -> None:
    found = [(shown(path), hit.group()) for path in texts() for hit in MACHINE_PATH.finditer(path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize("name", LOCKS)
def test_python_locks_have_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert not ADDRESS.search(text)
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) >= 2
    without = [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry]
    assert without == []


def test_the_build_backend_is_locked() -> None:
    assert re.search(r"^setuptools==", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE)


def test_the_page_assets_lock_has_hashes_and_no_address() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []


def test_no_name_says_nothing() -> None:
    vague = re.compile(r"(^|_)(utils?|managers?|helpers?|misc|common)(_|$)")
    assert [shown(path) for path in tracked() if path.suffix == ".py" and vague.search(path.stem)] == []


def test_the_image_holds_every_package() -> None:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]["find"]
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "deploy" / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert sorted(copied) == sorted(name.rstrip("*") for name in named["include"])

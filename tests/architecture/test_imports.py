"""Who may import whom: the contracts of the design and that of the engine, and our lints where they repeat them."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path


def test_import_contracts_hold(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    names = [contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]]
    assert names == ["suite", "services", "rooms", "evaluation", "pure", "drivers"]
    program = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([program, "--no-logo"], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_complexity_is_checked_by_ruff(root: Path) -> None:
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert "C90" in settings["select"]
    assert settings["mccabe"]["max-complexity"] == 8
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--select", "C901", "--output-format=concise"]
    folders = ["contracts", "kit", "operating", "services", "gateway", "deploy", "bench", "tests"]
    result = subprocess.run([*command, *folders], cwd=root, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr

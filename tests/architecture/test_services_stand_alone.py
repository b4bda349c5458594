"""A service can be taken away and the others' tests stay green: one with all its tests imports no other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SERVICES = ("leads", "incentives", "notify")
IMPORT = """
import sys
for name in sys.argv[2:]:
    __import__(name)
others = {name.split(".")[1] for name in sys.modules if name.startswith("services.")} - {sys.argv[1]}
sys.exit(f"also imported: {others}" if others else 0)
"""


@pytest.mark.parametrize("service", SERVICES)
def test_its_tests_import_no_other(root: Path, service: str) -> None:
    ground = ["tests.conftest", "tests.brokers"]
    own = [f"tests.{service}.{each.stem}" for each in sorted((root / "tests" / service).glob("*.py"))]
    command = [sys.executable, "-c", IMPORT, service, f"services.{service}.app", *ground, *own]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

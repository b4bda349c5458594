"""The engine's version changes with whatever an answer is made with, wherever a module stands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from services.incentives import versions

USED = """
import sys
import services.incentives.matching
print(*(each.__file__ for name, each in sys.modules.items() if name.startswith("services.incentives.")), sep="\\n")
"""
NO_PART_OF_IT = {"settings.py", "versions.py"}


def test_every_module_that_answers_are_made_with_is_in_it(root: Path) -> None:
    done = subprocess.run([sys.executable, "-c", USED], cwd=root, capture_output=True, text=True, check=True)
    used = {Path(each) for each in done.stdout.splitlines()}
    assert {path.name for path in used - {*versions.engine_files()}} <= NO_PART_OF_IT

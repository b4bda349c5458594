"""``make soak PART=…``: one part of the tests in full effort, its figures merged into ``bench/soak.json``.

Each part stays under 45 minutes on two cores. The committed file says what was run: commit, seed, figures.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "soak.json"
LONGEST = 45 * 60

ANSWERS = tuple(
    f"tests/incentives/test_{name}.py"
    for name in (
        "combination",
        "crossing",
        "dry_run",
        "nearest",
        "nearest_of_twelve",
        "policy_checks_laws",
        "questions",
        "replay",
    )
)
"""The laws of what is said beside verdicts, a part of their own: together with the others they take too long."""

PARTS: dict[str, tuple[str, ...]] = {
    "laws": ("tests/contracts", "tests/leads", "tests/kit", "tests/ports"),
    "engine": ("tests/incentives", *(f"--ignore={path}" for path in ANSWERS)),
    "answers": ANSWERS,
    "crash": ("tests/flows/test_crash.py",),
    "api": ("tests/flows/test_api_conformance.py",),
    "roles": tuple(
        f"tests/flows/test_{name}.py"
        for name in (
            "role_matrix",
            "page_matrix",
            "intruders",
            "canaries",
            "canary_fields",
            "canary_places",
            "audited_acts",
        )
    ),
    "mutants": ("tests/flows/test_mutants.py",),
    "cluster": ("tests/flows/test_cluster_crash.py",),
    "outages": ("tests/flows/test_cluster_outages.py",),
    "roles-on-cluster": ("tests/flows/test_role_matrix.py",),
    "audit": ("tests/gateway/test_audit_tampering.py",),
    "move": ("tests/deploy/test_migration.py",),
    "produce": ("tests/kit/test_producer_faults.py",),
    "slots": ("tests/notify/test_slots.py",),
    "poison": ("tests/operating/on_kafka",),
}

ON_SERVERS = ("cluster", "outages", "move", "slots", "poison")
"""Parts that need Kafka and MongoDB."""

ON_CLUSTER = ("roles-on-cluster",)
"""Parts that ask a cluster instead of one process."""

TWO_AT_A_TIME = ("engine", "answers")
"""Parts that only reckon: their tests share two cores."""


def commit() -> str:
    """The commit that was run, marked where the tree differs from it."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def run(part: str, seed: int) -> dict[str, Any]:
    """Run one part; what it recorded, and whether it passed."""
    with tempfile.TemporaryDirectory(prefix="quce-soak-") as folder:
        figures = Path(folder) / "figures.jsonl"
        env = {**os.environ, "QUCE_EFFORT": "full", "QUCE_FIGURES": str(figures)}
        if part in ON_SERVERS:
            env["QUCE_CLUSTER"] = "1"
        how = ["--on-cluster"] if part in ON_CLUSTER else []
        how += ["--numprocesses=2", "--dist=worksteal"] if part in TWO_AT_A_TIME else []
        options = ["-q", "--durations=10", *how, f"--hypothesis-seed={seed}", "-o", f"timeout={LONGEST}"]
        command = [sys.executable, "-m", "pytest", *options, *PARTS[part]]
        started = time.perf_counter()
        done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=False)
        seconds = round(time.perf_counter() - started, 1)
        print(done.stdout)
        recorded = figures.read_text("utf-8").splitlines() if figures.exists() else []
    passed = re.search(r"(\d+) passed", done.stdout)
    return {
        "commit": commit(),
        "seed": seed,
        "seconds": seconds,
        "passed": int(passed.group(1)) if passed else 0,
        "failed": done.returncode != 0,
        "figures": {each["name"]: each["value"] for each in map(json.loads, recorded)},
    }


def main() -> int:
    """Run the part that was asked for."""
    if len(sys.argv) != 2 or sys.argv[1] not in PARTS:
        print(f"Which part? make soak PART={'|'.join(PARTS)}")
        return 2
    part = sys.argv[1]
    outcome = run(part, secrets.randbelow(2**32))
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    results[part] = outcome
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=2, sort_keys=True) + "\n", "utf-8")
    return int(outcome["failed"])


if __name__ == "__main__":
    sys.exit(main())

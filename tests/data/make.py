"""Leaves behind what a release leaves behind: ``tests/data/<version>/data.zip``, a small data folder in use.

Run once, with the release itself, as ``python -m tests.data.make``; later code must open the folder for ever.
Its people, companies and keys are made up for this purpose and guard nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

from tests.flows.opening import open_world
from tests.flows.world import FINISHED_WEEK, World, registration, upload

HERE = Path(__file__).resolve().parent
LEFT_OUT = {"lock", "last-backup.json"}
DAY = (1980, 1, 1, 0, 0, 0)
LEADS = 5


def main() -> None:
    """Work a little, stop, pack the folder.

    Raises:
        SystemExit: this release has left its data already.
    """
    target = HERE / version("quce") / "data.zip"
    if target.exists():
        raise SystemExit(f"{target.relative_to(HERE)} exists; a release leaves its data once")
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        with open_world(Path(folder)) as world:
            facts = _work(world)
        _pack(Path(folder) / "data", target)
    (target.parent / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", "utf-8")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=True)
    sys.stdout.write(f"{target.relative_to(HERE)}: {target.stat().st_size} bytes at {commit.stdout}")


def _work(world: World) -> dict[str, object]:
    """Leads, a follow-up, a stage, an import, a digest; what a later release must find again."""
    leads = [world.post("donghu", "/leads", json=registration(number))["id"] for number in range(1, LEADS + 1)]
    world.post("donghu", f"/leads/{leads[0]}/follow-ups", json={"text": "已电话沟通"})
    world.post("donghu", f"/leads/{leads[0]}/stage", json={"to": "assessing"}, headers=world.etag(f"/leads/{leads[0]}"))
    imported = world.post("donghu", "/imports", files=upload(1))["id"]
    world.ended(f"/jobs/{imported}")
    world.wait(lambda: all(world.ask("donghu", "GET", f"/api/v1/leads/{lead}/matches").is_success for lead in leads))
    world.post("manager", f"/digests/{FINISHED_WEEK}/send", json={})
    page = world.get("donghu", "/leads?limit=200")["items"]
    contact = world.get("donghu", f"/leads/{leads[0]}")["contacts"][0]["id"]
    return {
        "passwords": world.passwords,
        "leads": {each["id"]: each["title"] for each in page},
        "moved": leads[0],
        "import": imported,
        "contact": {"id": contact, "phone": registration(1)["contact"]["phone"]},
        "digest_week": FINISHED_WEEK,
    }


def _pack(data: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(path for path in data.rglob("*") if path.is_file()):
            if path.name not in LEFT_OUT and not path.name.endswith(("-wal", "-shm")):
                entry = zipfile.ZipInfo(path.relative_to(data).as_posix(), DAY)
                entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
                packed.writestr(entry, path.read_bytes())


if __name__ == "__main__":
    main()

"""A backup taken while four people work, restored elsewhere: nothing acknowledged is missing, nothing is sent again."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
import subprocess
import tarfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.suite import QUCE, ROOT, environment
from deploy.brokers.servers import free_port
from kit.clock import from_text
from tests.flows.conftest import PLANTING
from tests.flows.crash.evidence import Evidence
from tests.flows.opening import open_world, served_world
from tests.flows.rules import RULES
from tests.flows.test_role_matrix import send, sung
from tests.flows.world import API, World, registration

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PEOPLE = ("donghu", "donghu", "bureau", "bureau")
BEFORE, AFTER = 2.0, 1.0
"""Seconds of work before the backup is asked for, and after it is there."""


@dataclass(frozen=True)
class Done:
    """One acknowledged request."""

    what: str
    lead: str
    id: str
    revision: int
    asked_at: float
    answered_at: float


@dataclass
class Worker:
    """One person at work until told to stop; remembers what was acknowledged."""

    url: str
    authorization: str
    number: int
    stopping: threading.Event
    done: list[Done] = field(default_factory=list)

    def run(self) -> None:
        """Register, follow up, move on; over and over."""
        with httpx.Client(base_url=self.url, headers={"Authorization": self.authorization}, timeout=60) as client:
            turn = 0
            while not self.stopping.is_set():
                turn += 1
                self._turn(client, turn)

    def _turn(self, client: httpx.Client, turn: int) -> None:
        made = self._ask(client, "register", "", turn, registration(self.number * 100_000 + turn), {})
        self._ask(client, "follow-ups", made.lead, turn, {"text": "已电话沟通"}, {})
        current = client.get(f"{API}/leads/{made.lead}").json()["revision"]
        self._ask(client, "stage", made.lead, turn, {"to": "assessing"}, {"If-Match": f'"{current}"'})

    def _ask(self, client: httpx.Client, what: str, lead: str, turn: int, body: Any, headers: dict[str, str]) -> Done:
        path = f"{API}/leads/{lead}/{what}" if lead else f"{API}/leads"
        asked = time.time()
        key = {"Idempotency-Key": f"{self.number}-{turn}-{what}"}
        answer = client.post(path, json=body, headers=key | headers)
        assert answer.is_success, answer.text
        said = answer.json()
        done = Done(what, lead or said["id"], said["id"], said.get("revision", 1), asked, time.time())
        self.done.append(done)
        return done


@dataclass
class Rehearsal:
    """The backup, where it was restored, and what was acknowledged meanwhile."""

    backup: Path
    keys: Path
    restored: Path
    manifest: dict[str, Any]
    done: list[Done]
    world: World
    digests_after_restore: dict[str, str]

    @property
    def cut(self) -> float:
        """The instant of the backup."""
        return from_text(self.manifest["created_at"]).timestamp()


def quce(data: Path, *arguments: str, port: int | None = None) -> subprocess.CompletedProcess[str]:
    """The command, as an operator types it."""
    env = environment(data, port or free_port())
    return subprocess.run([*QUCE, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    """Work, back up meanwhile, restore beside."""
    folder = tmp_path_factory.mktemp("backup")
    backup, keys, restored = folder / "kept" / "suite.tar", folder / "apart" / "suite.keys", folder / "restored"
    with open_world(folder) as world:
        # What the matrix looks at exists before the cut.
        assert all(getattr(world, planted) for planted in (*PLANTING, "policy"))
        # A finished import keeps no workbook: this is one of an import that is still to come.
        (folder / "data" / "blobs" / "waiting").write_bytes(b"a workbook")
        stopping = threading.Event()
        workers = [
            Worker(world.url, world.clients[who].headers["Authorization"], number, stopping)
            for number, who in enumerate(PEOPLE, 1)
        ]
        threads = [threading.Thread(target=worker.run) for worker in workers]
        for thread in threads:
            thread.start()
        time.sleep(BEFORE)
        made = quce(folder / "data", "backup", str(backup), "--keys", str(keys), "--json")
        time.sleep(AFTER)
        stopping.set()
        for thread in threads:
            thread.join()
    assert made.returncode == 0, made.stderr
    again = quce(folder / "data", "restore", str(backup), "--keys", str(keys), "--into", str(restored))
    assert again.returncode == 0, again.stderr
    with tarfile.open(backup) as tar:
        content = tar.extractfile("manifest.json")
        assert content is not None
        manifest = json.loads(content.read())
    done = [each for worker in workers for each in worker.done]
    return Rehearsal(backup, keys, restored, manifest, done, world, digests(restored))


def test_every_file_is_as_the_manifest_says(rehearsal: Rehearsal) -> None:
    files = {name: kept["sha256"] for name, kept in rehearsal.manifest["files"].items()}
    restored = dict(rehearsal.digests_after_restore)
    keys = {name.removeprefix("keys/"): restored.pop(name) for name in list(restored) if name.startswith("keys/")}
    assert keys == rehearsal.manifest["keys"]
    assert set(restored) == set(files)
    changed = {name for name in files if restored[name] != files[name]}
    in_doubt = any(body["state"] == "in_doubt" for body in _deliveries(rehearsal.restored).values())
    assert changed == ({"notify.db"} if in_doubt else set())
    assert any(name.startswith("blobs/") for name in files)
    assert any(name.startswith("mail/") for name in files)
    assert "anchor/audit-heads.jsonl" in files
    assert not any("key" in name for name in files)


def test_what_was_acknowledged_before_the_cut_is_there_and_what_was_asked_after_is_not(rehearsal: Rehearsal) -> None:
    leads = Evidence(rehearsal.restored).documents("leads", "leads")
    before = [each for each in rehearsal.done if each.answered_at < rehearsal.cut]
    after = [each for each in rehearsal.done if each.asked_at > rehearsal.cut]
    assert len(before) > 20, "too little work to prove anything"
    assert len(after) > 20, "nobody worked after the cut"
    missing = [each for each in before if each.lead not in leads or leads[each.lead].revision < each.revision]
    assert missing == []
    follow_ups = Evidence(rehearsal.restored).documents("leads", "follow_ups")
    assert {each.id for each in before if each.what == "follow-ups"} <= set(follow_ups)
    assert [each for each in after if each.what == "register" and each.lead in leads] == []


def test_every_lead_has_all_its_events_in_the_outbox_or_the_log(rehearsal: Rehearsal) -> None:
    evidence = Evidence(rehearsal.restored)
    told: dict[str, set[int]] = defaultdict(set)
    for each in evidence.published():
        told[each.subject].add(each.revision)
    for event in evidence.outbox("leads"):
        told[event["subject"]].add(event["sequence"] // 100)
    leads = evidence.documents("leads", "leads")
    untold = {id: lead.revision for id, lead in leads.items() if not {1, lead.revision} <= told[id]}
    assert untold == {}
    ahead = {id: max(told[id]) for id, lead in leads.items() if max(told[id]) > lead.revision}
    assert ahead == {}, "the log knows what the store has forgotten"


def test_the_audit_log_is_whole_with_its_anchor(rehearsal: Rehearsal) -> None:
    verified = quce(rehearsal.restored, "audit", "verify", "--json")
    assert verified.returncode == 0, verified.stdout
    found = json.loads(verified.stdout)
    assert found["anchors"] >= 1
    assert found["entries"] == len(Evidence(rehearsal.restored).documents("gateway", "audit"))


def test_the_counts_of_the_manifest_are_those_of_the_files(rehearsal: Rehearsal) -> None:
    evidence = Evidence(rehearsal.restored)
    assert rehearsal.manifest["records"]["leads.db"]["leads"] == len(evidence.documents("leads", "leads"))
    assert sum(rehearsal.manifest["messages"].values()) == len(evidence.published())
    assert set(evidence.damage().values()) == {"ok"}


def test_the_restored_suite_serves_every_journey_and_sends_nothing_again(rehearsal: Rehearsal, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(rehearsal.restored, data)
    mails = {path.name: path.stat().st_mtime_ns for path in (data / "mail").iterdir()}
    sent = {id for id, body in _deliveries(data).items() if body["state"] not in ("queued", "sending")}
    assert mails
    with served_world(tmp_path, rehearsal.world.passwords) as world:
        kept = (*PLANTING, "policy", "week")
        world.__dict__.update({name: getattr(rehearsal.world, name) for name in kept})
        world.numbers = itertools.count(10_000_000)
        _walk(world)
        world.wait(lambda: not _under_way(data))
    assert {name: (data / "mail" / name).stat().st_mtime_ns for name in mails} == mails
    attempts = {id: body["attempts"] for id, body in _deliveries(rehearsal.restored).items()}
    assert {id: body["attempts"] for id, body in _deliveries(data).items() if id in sent} == {
        id: attempts[id] for id in sent
    }


def test_one_byte_is_enough_to_be_refused_by_name(rehearsal: Rehearsal, tmp_path: Path) -> None:
    with tarfile.open(rehearsal.backup) as tar:
        members = {member.name: member for member in tar.getmembers()}
    blob = next(name for name in members if name.startswith("blobs/"))
    damaged = tmp_path / "damaged.tar"
    for name in (*(name for name in members if name.endswith(".db")), blob, "manifest.json"):
        shutil.copyfile(rehearsal.backup, damaged)
        with damaged.open("r+b") as file:
            place = members[name].offset_data + members[name].size // 2
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1]))
        answer = quce(
            tmp_path / "data", "restore", str(damaged), "--keys", str(rehearsal.keys), "--into", str(tmp_path / "into")
        )
        assert answer.returncode == 1
        assert name in answer.stderr
        assert not (tmp_path / "into").exists()


def _walk(world: World) -> None:
    """Every operation as everybody who may, and the canary found wherever it was."""
    for operation, rule in sorted(RULES.items()):
        for who in sorted(rule.who):
            answer = send(world, who, operation, rule.make(world))
            assert answer.is_success, (operation, who, answer.text)
        heard = [who for who in sorted(rule.sees & rule.who) if sung(world, who, operation, rule.make(world))]
        assert bool(heard) == bool(rule.sees), operation


def _deliveries(data: Path) -> dict[str, dict[str, Any]]:
    return {id: each.body for id, each in Evidence(data).documents("notify", "deliveries").items()}


def _under_way(data: Path) -> dict[str, int]:
    """What has not come to rest, but for the dead letters that the walk leaves behind."""
    return {name: count for name, count in Evidence(data).backlog().items() if name != "parked"}

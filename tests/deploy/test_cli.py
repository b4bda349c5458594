"""The ``quce`` command, both ways: against the running suite, and starting the same apps itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.brokers.servers import free_port
from kit.clock import SHANGHAI
from kit.settings import Settings
from tests.flows.troubles import dead_letter

ROOT = Path(__file__).parents[2]
LEDGER = ROOT / "tests" / "data" / "ledger" / "lead-ledger.xlsx"


class Quce:
    """The command with its own data folder and port."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.environment = os.environ | {"QUCE_DATA": str(folder), "QUCE_PORT": str(self.port)}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.cli", *arguments]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=90, cwd=ROOT, check=False
        )

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "deploy.cli", "serve"]
        server = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.05)
        assert server.stdout is not None
        assert "已启动" in server.stdout.readline()
        return server


def stop(server: subprocess.Popen[str], number: signal.Signals) -> int:
    """End the suite; its exit code."""
    server.send_signal(number)
    server.communicate(timeout=25)
    return server.returncode


@pytest.fixture
def quce(tmp_path: Path) -> Quce:
    return Quce(tmp_path / "data")


@pytest.fixture(params=["running", "stopped"])
def either_way(request: pytest.FixtureRequest, quce: Quce) -> Iterator[Quce]:
    if request.param == "stopped":
        yield quce
        return
    server = quce.start()
    yield quce
    assert stop(server, signal.SIGTERM) == 0


def test_import_and_digest_work_either_way(either_way: Quce) -> None:
    first = either_way.json("leads", "import", str(LEDGER), "--as", "bureau")
    assert first["counts"] == {"rows": 249, "created": 240, "linked": 9, "refused": 0, "with_problems": 13}
    assert len(first["rows"]) == 249
    again = either_way.json("leads", "import", str(LEDGER), "--as", "bureau")
    assert (again["counts"]["created"], again["counts"]["linked"]) == (0, 249)
    year, number, _ = (datetime.now(SHANGHAI) - timedelta(weeks=5)).isocalendar()
    for made, known in ((1, 0), (0, 1)):
        sent = either_way.run("digest", "send", "--week", f"{year}-W{number:02d}", "--as", "manager")
        assert sent.returncode == 0, sent.stderr
        assert f"本次生成 {made} 份，此前已有 {known} 份" in sent.stdout
    token = either_way.run("token", "create", "--as", "jingkai")
    assert token.returncode == 0
    assert len(token.stdout.strip()) > 30


def test_the_person_named_is_who_it_is_done_as(either_way: Quce) -> None:
    for account, words in (("partner-a", "权限"), ("nobody", "账号")):
        refused = either_way.run("leads", "import", str(LEDGER), "--as", account)
        assert refused.returncode == 1
        assert words in refused.stderr


def test_the_first_start_prints_sign_ins_once(quce: Quce) -> None:
    first = quce.json("seed")
    assert {"jingkai", "manager", "admin"} <= {each["account"] for each in first["sign_ins"]}
    assert quce.json("seed") == {"sign_ins": []}


@pytest.mark.parametrize("command", [("doctor",), ("upgrade", "--data", "elsewhere"), ("account", "list")])
def test_a_setting_that_does_not_hold_is_said_in_a_line(quce: Quce, command: tuple[str, ...]) -> None:
    quce.environment["QUCE_AUDIT_MONTHS"] = "3"
    refused = quce.run(*command)
    assert refused.returncode == 1
    assert refused.stderr.startswith("QUCE_AUDIT_MONTHS：网络日志至少留存 6 个月")
    assert len(refused.stderr.splitlines()) == 1


def test_a_signal_under_load_loses_nothing_that_was_acknowledged(quce: Quce) -> None:
    server = quce.start()
    token = quce.run("token", "create", "--as", "jingkai").stdout.strip()
    acknowledged: list[str] = []

    def post_until_it_stops(worker: int) -> None:
        with suppress(httpx.TransportError), httpx.Client(base_url=f"http://127.0.0.1:{quce.port}/api/v1") as client:
            for number in range(10_000):
                answer = client.post(
                    "/leads",
                    headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"{worker}-{number}"},
                    json={
                        "title": f"示例项目{worker}-{number}",
                        "zone": "jingkai",
                        "source_mode": "industry_chain",
                        "investor": {"name": f"示例企业{worker}-{number}有限公司"},
                    },
                )
                if answer.status_code != 201:
                    break
                acknowledged.append(answer.json()["id"])

    workers = [threading.Thread(target=post_until_it_stops, args=(worker,)) for worker in range(4)]
    for worker in workers:
        worker.start()
    time.sleep(2)
    started = time.monotonic()
    assert stop(server, signal.SIGTERM) == 0
    assert time.monotonic() - started < 20
    for worker in workers:
        worker.join()
    assert len(acknowledged) > 20
    server = quce.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{quce.port}/api/v1") as client:
        client.headers["Authorization"] = f"Bearer {token}"
        assert {client.get(f"/leads/{id}").status_code for id in acknowledged} == {200}
    assert stop(server, signal.SIGINT) == 0


def test_accounts_are_kept_either_way(either_way: Quce) -> None:
    zone = ("--zone", "donghu")
    made = either_way.json("account", "create", "chen", "--name", "陈", "--role", "officer", *zone)
    assert made["password"]
    again = either_way.run("account", "create", "chen", "--name", "陈", "--role", "officer", *zone)
    assert (again.returncode, "登录名" in again.stderr) == (1, True)
    wrong = either_way.run("account", "create", "li", "--name", "李", "--role", "officer")
    assert (wrong.returncode, "zones" in wrong.stderr) == (1, True)
    invited = either_way.run(
        "account", "invite", "guest", "--name", "来宾", "--role", "partner", "--organisation", "甲公司"
    )
    assert "/invitation?code=" in invited.stdout, invited.stderr
    assert either_way.json("account", "reset", "chen")["password"] != made["password"]
    assert "已停用" in either_way.run("account", "disable", "chen").stdout
    states = {each["sign_in"]: each["state"] for each in either_way.json("account", "list")["items"]}
    assert (states["chen"], states["guest"], states["admin"]) == ("disabled", "invited", "active")
    refused = either_way.run("account", "list", "--as", "chen")
    assert (refused.returncode, "停用" in refused.stderr) == (1, True)
    assert either_way.run("account", "reset", "nobody").returncode == 1


def test_dead_letters_are_shown_started_again_and_left_out(quce: Quce) -> None:
    server = quce.start()
    settings = Settings(data=Path(quce.environment["QUCE_DATA"]))
    kept, (again, _), (out, _) = (dead_letter(settings, "leads", number) for number in range(3))
    listed = quce.json("dlq", "list")["items"]
    assert {kept[0], again, out} <= {each["id"] for each in listed if each["service"] == "leads"}
    assert "金丝雀" not in quce.run("dlq", "list").stdout
    shown = quce.run("dlq", "show", "leads", again).stdout
    assert "RuntimeError (consumers.py:1)" in shown
    assert "金丝雀" not in shown
    assert quce.run("dlq", "discard", "leads", out).returncode == 2, "a reason is asked for"
    assert quce.json("dlq", "discard", "leads", out, "--reason", "测试数据")["state"] == "discarded"
    assert quce.json("dlq", "replay", "leads", again)["id"] == again
    assert quce.json("dlq", "replay-all", "leads", "--dry-run")["lanes"] >= 1
    quce.json("dlq", "replay-all", "leads")
    gone = quce.run("dlq", "show", "leads", "no-such-letter")
    assert (gone.returncode, "死信" in gone.stderr) == (1, True)
    assert quce.run("dlq", "list", "--as", "donghu").returncode == 1
    assert stop(server, signal.SIGTERM) == 0


def test_an_office_starts_without_accounts_and_takes_its_first_from_the_command(quce: Quce) -> None:
    quce.environment["QUCE_CATALOGUE"] = "office"
    assert quce.json("seed")["sign_ins"] == []
    assert "quce account create" in quce.run("seed").stdout
    assert quce.run("account", "list", "--as", "lin").returncode == 1
    made = quce.json("account", "create", "lin", "--name", "林主任", "--role", "administrator")
    assert made["password"]
    assert [each["sign_in"] for each in quce.json("account", "list", "--as", "lin")["items"]] == ["lin"]
    assert quce.run("account", "create", "second", "--name", "二", "--role", "administrator").returncode == 1


def test_an_office_prints_a_set_up_code_until_it_has_an_administrator(quce: Quce) -> None:
    quce.environment["QUCE_CATALOGUE"] = "office"
    server = quce.start()
    assert server.stdout is not None
    line = server.stdout.readline()
    assert "/setup" in line
    asked = {
        "sign_in": "lin",
        "name": "林主任",
        "password": "a-long-enough-one",
        "code": line.strip().rpartition("：")[2],
    }
    address = f"http://127.0.0.1:{quce.port}/api/v1/setup"
    assert httpx.post(address, json=asked, headers={"Idempotency-Key": "k"}).status_code == 201
    assert stop(server, signal.SIGTERM) == 0
    server = quce.start()
    server.send_signal(signal.SIGTERM)
    assert "/setup" not in server.communicate(timeout=25)[0]


def test_a_second_suite_on_the_same_folder_is_refused(quce: Quce) -> None:
    server = quce.start()
    second = quce.run("serve")
    assert stop(server, signal.SIGINT) == 0
    assert second.returncode == 1
    assert "正由另一个 Quce 进程使用" in second.stderr


def test_a_taken_port_is_said_at_once(quce: Quce) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", quce.port))
        holder.listen()
        refused = quce.run("serve")
    assert refused.returncode == 1
    assert "QUCE_PORT" in refused.stderr


def test_an_official_code_table_loads(quce: Quce, tmp_path: Path) -> None:
    table = tmp_path / "codes.csv"
    table.write_text("code,section,level,name\nA,A,门类,农、林、牧、渔业\n01,A,大类,农业\n", encoding="utf-8")
    loaded = quce.run("codes", "load", str(table), "--version", "2017-trial")
    assert loaded.returncode == 0, loaded.stderr
    table.write_text("代码,名称\n", encoding="utf-8")
    refused = quce.run("codes", "load", str(table))
    assert refused.returncode == 1
    assert "code,section,level,name" in refused.stderr


def test_doctor_looks_at_every_file(quce: Quce) -> None:
    quce.json("seed")
    report = quce.json("doctor")
    assert report["ok"]
    assert report["leads.db"] == report["bus.db"] == "ok"

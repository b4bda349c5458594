"""The compose file, as far as it can be tried without an engine: its grammar, what it promises, what it refers to."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
from compose_spec import PyCompose
from pydantic_settings import BaseSettings
from pymongo.uri_parser import parse_uri

from deploy.brokers.jars import HERE as BROKERS
from deploy.cli import app
from kit.settings import Settings
from operating.opening import brokers_of, database_of
from tests.deploy.composed import ENVIRONMENTS, FILE, ONE_SHOT, OURS, ROOT, SERVICES, VARIABLE, Composed, variables_of

PLAIN, HA = Composed(), Composed(variables_of("ha.env.example"))
LASTING = sorted(PLAIN.services.keys() - {*ONE_SHOT})
SHIPPED_WITH_A_USER = ("kafka1", "kafka2", "kafka3")
"""The image of Kafka names an account of its own."""
SECONDS = {"s": 1, "m": 60}


def seconds(text: str) -> int:
    return int(text[:-1]) * SECONDS[text[-1]]


@pytest.mark.parametrize("composed", [PLAIN, HA], ids=["plain", "ha"])
def test_the_file_is_one_of_the_specification(composed: Composed) -> None:
    PyCompose.from_json(json.dumps(composed.document)).validate()


@pytest.mark.parametrize(
    ("name", "value"),
    [("restart", "sometimes"), ("healthcheck", {"tests": []}), ("networks", ["none"]), ("stop_grace_period", "soon")],
)
def test_what_is_none_of_it_is_noticed(name: str, value: Any) -> None:
    wrong = json.loads(json.dumps(PLAIN.document))
    wrong["services"]["leads"][name] = value
    with pytest.raises(ValueError, match=r"unknown variant|extension key|not defined|duration"):
        PyCompose.from_json(json.dumps(wrong)).validate()


def test_what_is_started() -> None:
    assert PLAIN.started == {*SERVICES, *ONE_SHOT, "mongo1", "kafka1"}
    assert HA.started == PLAIN.started | {"mongo2", "mongo3", "kafka2", "kafka3"}


def test_images_are_official_and_pinned() -> None:
    images = {name: each["image"] for name, each in PLAIN.services.items() if "image" in each}
    assert {images[name] for name in OURS if name != "quce"} == {"quce:0.1.0"}
    pom = (BROKERS / "kafka" / "pom.xml").read_text("utf-8")
    tried = re.search(r"<artifactId>kafka_2.13</artifactId>\s*<version>([\d.]+)</version>", pom)
    assert tried is not None
    assert {images[name] for name in HA.named("kafka")} == {f"apache/kafka:{tried[1]}"}
    [mongo] = {images[name] for name in (*HA.named("mongo"), "mongo-members")}
    assert re.fullmatch(r"mongo:8\.\d+\.\d+", mongo)


@pytest.mark.parametrize("name", sorted(PLAIN.services))
def test_a_container_may_do_no_more_than_it_must(name: str) -> None:
    service = PLAIN.services[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is (name not in SHIPPED_WITH_A_USER)
    assert any(each.startswith("/tmp") for each in service["tmpfs"]) is (name not in SHIPPED_WITH_A_USER)  # noqa: S108
    if name not in (*OURS, *SHIPPED_WITH_A_USER):
        assert service["user"] == "mongodb"
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert "privileged" not in service


@pytest.mark.parametrize("name", LASTING)
def test_what_lasts_is_watched_and_stops_in_its_own_time(name: str) -> None:
    service = PLAIN.services[name]
    assert service["restart"] == "unless-stopped"
    assert seconds(service["stop_grace_period"]) >= 30
    check = service["healthcheck"]
    assert check["test"][0] == "CMD"
    assert {"interval", "timeout", "retries", "start_period"} <= check.keys()
    if name in OURS:
        assert "/healthz" in check["test"][-1]


def test_what_runs_once_is_tried_again_a_few_times() -> None:
    for name in ONE_SHOT:
        assert PLAIN.services[name]["deploy"]["restart_policy"] == {"condition": "on-failure", "max_attempts": 5}


def test_nothing_but_the_edge_is_reached_from_outside() -> None:
    assert {name for name, each in PLAIN.services.items() if "ports" in each} == {"gateway", "quce"}
    for name in ("gateway", "quce"):
        assert PLAIN.services[name]["ports"] == [{"target": 8000, "published": "8000", "host_ip": "127.0.0.1"}]
    assert PLAIN.document["networks"]["inside"] == {"internal": True}
    outside = {name for name, each in PLAIN.services.items() if each["networks"] != ["inside"]}
    assert outside == {"gateway", "notify", "quce"}


@pytest.mark.parametrize("composed", [PLAIN, HA], ids=["plain", "ha"])
def test_services_wait_for_what_they_need(composed: Composed) -> None:
    for name in SERVICES:
        waits = composed.services[name]["depends_on"]
        assert {each: waits[each]["condition"] for each in ONE_SHOT} == dict.fromkeys(
            ONE_SHOT, "service_completed_successfully"
        )
    servers = [*composed.named("kafka"), *composed.named("mongo")]
    waited = {**composed.services["topics"]["depends_on"], **composed.services["mongo-members"]["depends_on"]}
    assert {name: waited[name]["condition"] for name in servers} == dict.fromkeys(servers, "service_healthy")
    assert {name for name, each in waited.items() if each.get("required", True)} <= composed.started


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_ours(name: str) -> None:
    program, word, *words = PLAIN.services[name]["command"]
    assert program == "quce"
    command: Any = typer.main.get_command(app)
    while hasattr(command := command.commands[word], "commands"):
        word, *words = words
    command.make_context(word, words)


@pytest.mark.parametrize("name", OURS)
def test_every_setting_is_one_of_ours(name: str) -> None:
    kinds = [kind for kind in BaseSettings.__subclasses__() if kind.model_config.get("env_prefix") == "QUCE_"]
    known = {f"QUCE_{field}".upper() for kind in kinds for field in kind.model_fields}
    assert PLAIN.services[name]["environment"].keys() <= known


@pytest.mark.parametrize("file", sorted(ENVIRONMENTS.glob("*.env.example")), ids=lambda file: file.name)
def test_what_an_example_sets_is_used_and_no_secret(file: Path) -> None:
    text = file.read_text("utf-8")
    asked = {found[1] for found in VARIABLE.finditer(FILE.read_text("utf-8"))} | {"COMPOSE_PROFILES"}
    passed_on = {
        key for each in PLAIN.services.values() for key, value in each.get("environment", {}).items() if not value
    }
    assert {line.split("=")[0].lstrip("#") for line in text.splitlines() if re.match(r"#?[A-Z_]+=", line)} <= (
        asked | passed_on
    )
    assert not re.search(r"password|://[^:\s]+:[^@\s]+@", "\n".join(variables_of(file.name).values()))


def test_three_of_each_know_each_other() -> None:
    assert HA.variables["COMPOSE_PROFILES"] == "ha"
    assert {HA.variables["QUCE_KAFKA_REPLICATION"], HA.variables["KAFKA_MIN_ISR"]} == {"3", "2"}
    for name in HA.named("kafka"):
        settings = HA.services[name]["environment"]
        assert settings["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{name}:9092"
        assert f"{settings['KAFKA_NODE_ID']}@{name}:9093" in HA.variables["KAFKA_VOTERS"].split(",")
    servers = brokers_of(HA.variables["QUCE_BUS_URL"])["bootstrap_servers"]
    assert servers == [f"{name}:9092" for name in HA.named("kafka")]
    assert HA.variables["MONGO_MEMBERS"].split(",") == [f"{name}:27017" for name in HA.named("mongo")]


def test_what_is_mounted_is_there() -> None:
    mounts = [each for service in PLAIN.services.values() for each in service.get("volumes", ())]
    files = [each for each in mounts if each.startswith(".")]
    assert files
    assert [each for each in files if not (ROOT / each.split(":")[0]).is_file() or not each.endswith(":ro")] == []
    assert {each.split(":")[0] for each in mounts if each not in files} == PLAIN.document["volumes"].keys()


def test_secrets_are_made_once_and_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    make = ["sh", str(ROOT / "deploy" / "make-secrets.sh"), str(folder)]
    subprocess.run(make, check=True, capture_output=True)
    made = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    files = {name: Path(each["file"]) for name, each in PLAIN.document["secrets"].items()}
    assert {name: path.name for name, path in files.items()} == {name: name for name in made}
    assert {path.parent.as_posix() for path in files.values()} == {"secrets"}
    assert folder.stat().st_mode & 0o777 == 0o700
    subprocess.run(make, check=True, capture_output=True)
    assert {path.name: path.read_text("utf-8") for path in folder.iterdir()} == made
    assert re.fullmatch(r"[A-Za-z0-9]{6,1024}", made["mongo_key"])


@pytest.mark.parametrize("name", OURS)
def test_a_setting_that_names_a_secret_stands_where_it_is_mounted(name: str) -> None:
    service = PLAIN.services[name]
    files = {key: value for key, value in service["environment"].items() if key.endswith("_FILE")}
    meant = {str(value or f"/run/secrets/{key[5:-5].lower()}") for key, value in files.items()}
    assert meant == {f"/run/secrets/{secret}" for secret in service["secrets"]}


def test_the_address_of_the_database_suits_both_sides(tmp_path: Path) -> None:
    subprocess.run(["sh", ROOT / "deploy" / "make-secrets.sh", tmp_path], check=True, capture_output=True)
    settings = Settings(store_url_file=tmp_path / "store_url")
    read = parse_uri(settings.store_url)
    assert [f"{host}:{port}" for host, port in read["nodelist"]] == HA.variables["MONGO_MEMBERS"].split(",")
    script = (ROOT / "deploy" / "mongo" / "members.js").read_text("utf-8")
    assert f'const SET = "{read["options"]["replicaSet"]}";' in script
    assert PLAIN.services["mongo1"]["command"][:3] == ["mongod", "--replSet", read["options"]["replicaSet"]]
    served = json.loads(re.findall(r"const SERVICES = (\[.*\]);", script)[0])
    assert sorted(served) == sorted(SERVICES)
    assert [database_of(settings.store_url, each) for each in served] == [
        f"{read['database']}_{each}" for each in served
    ]

"""The example alarms: they parse, and speak of what ``/metrics`` really shows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.embedded import open_suite
from kit.settings import Settings
from tests.deploy.composed import ROOT, SERVICES

FOLDER = ROOT / "deploy" / "prometheus"
OUTSIDE = {"up"}
"""What Prometheus itself adds."""
ADDED = {"instance", "job", "le"}
SUFFIX = re.compile(r"_(bucket|count|sum)$")
SEVERITIES = {"warning", "critical"}


def rules() -> list[dict[str, Any]]:
    document = yaml.safe_load((FOLDER / "quce.rules.yml").read_text("utf-8"))
    assert document.keys() == {"groups"}
    [group] = document["groups"]
    assert group.keys() == {"name", "interval", "rules"}
    found: list[dict[str, Any]] = group["rules"]
    return found


def selectors(text: str) -> list[promql_parser.VectorSelector]:
    """What an expression reads."""
    found: list[promql_parser.VectorSelector] = []

    def visit(node: promql_parser.Expr) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)

    promql_parser.walk(promql_parser.parse(text), pre_visit=visit)
    return found


def groupings(text: str) -> set[str]:
    """The labels an expression groups by."""
    return {label for found in re.findall(r"\bby \(([^)]*)\)", text) for label in found.split(", ")}


def name_of(selector: promql_parser.VectorSelector) -> str:
    return SUFFIX.sub("", str(selector.name))


def labels_of(name: str) -> set[str]:
    collector: Any = REGISTRY._names_to_collectors[name]
    return {*collector._labelnames}


def test_each_alarm_is_whole_and_named_once() -> None:
    assert len({each["alert"] for each in rules()}) == len(rules()) > 20
    for rule in rules():
        assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"Quce[A-Z][A-Za-z]+", rule["alert"])
        assert re.fullmatch(r"\d+[sm]", rule.get("for", "0s"))
        assert rule["labels"].keys() == {"severity"}
        assert rule["labels"]["severity"] in SEVERITIES
        assert rule["annotations"].keys() == {"summary"}


def test_each_alarm_is_explained_to_operators() -> None:
    explained = set(re.findall(r"`(Quce\w+)`", (ROOT / "docs" / "operations.md").read_text("utf-8")))
    assert {each["alert"] for each in rules()} == explained


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_an_alarm_names_labels_that_its_metrics_have(rule: dict[str, Any]) -> None:
    ours = [each for each in selectors(rule["expr"]) if each.name not in OUTSIDE]
    for selector in ours:
        matched = {matcher.name for matcher in selector.matchers.matchers}
        assert matched | groupings(rule["expr"]) <= labels_of(name_of(selector)) | ADDED
    shown = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    kept = groupings(rule["expr"]) or {label for each in ours for label in labels_of(name_of(each))} | ADDED
    assert shown <= kept


async def test_every_metric_is_shown(tmp_path: Path) -> None:
    async with open_suite(Settings(data=tmp_path, catalogue="office")) as suite:
        transport = httpx.ASGITransport(suite.gateway)
        async with httpx.AsyncClient(transport=transport, base_url="http://quce") as client:
            answer = await client.get("/metrics")
    shown = set(re.findall(r"^# TYPE (\w+) ", answer.text, re.MULTILINE))
    asked = {name_of(each) for rule in rules() for each in selectors(rule["expr"])} - OUTSIDE
    assert asked - shown == set()


def test_prometheus_finds_every_replica() -> None:
    document = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    [job] = document["scrape_configs"]
    assert job["job_name"] == "quce"
    [lookup] = job["dns_sd_configs"]
    assert sorted(lookup["names"]) == sorted(SERVICES)
    assert [(FOLDER / name).is_file() for name in document["rule_files"]] == [True]

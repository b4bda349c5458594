"""The schema of policy files: what is accepted is well by it, what is refused mostly not; all of it in Chinese."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.policy_words import IN_FILES
from services.incentives.authored import AuthoringError, read_yaml
from services.incentives.policy import Policy, policy_from
from services.incentives.policy.operands import OPERATORS_OF
from services.incentives.policy_text import file_words
from services.incentives.policy_text.file_schema import file_schema
from tests.incentives.whole import policies
from tests.incentives.writing import CODE, FAI, document

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "services" / "incentives" / "policies").rglob("*.yaml"))
SCHEMA = json.loads((ROOT / "contracts" / "policy.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
HAN = re.compile("[\u4e00-\u9fff]")


def as_editors_read(content: Any) -> Any:
    """What a file says to an editor: YAML's dates are texts to it."""
    return json.loads(json.dumps(content, default=str))


def test_it_is_what_the_models_say() -> None:
    assert json.loads(file_schema()) == SCHEMA
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema_rs.meta.validate(SCHEMA)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_shipped_file_is_well_by_it(file: Path) -> None:
    content = read_yaml(file.read_text("utf-8"), file.name).content
    assert [str(each) for each in VALIDATOR.iter_errors(as_editors_read(content))] == []


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies())
def test_what_a_reading_accepts_is_well_by_it(written: dict[str, Any]) -> None:
    policy_from(written, "drawn")
    assert [str(each) for each in VALIDATOR.iter_errors(as_editors_read(written))] == []


def benefit(**parts: Any) -> dict[str, Any]:
    return {"benefit": {"kind": "fixed", "text": "奖励", "amount": "1万元", **parts}}


def stating(**facts: Any) -> dict[str, Any]:
    return {"examples": [{**each, "facts": facts} for each in document()["examples"]]}


RATE = {"kind": "rate", "text": "比例", "rate": "10%", "base": "rd_spending"}
REFUSED: dict[str, dict[str, Any]] = {
    "no such field": {"titel": "政策"},
    "no such field of a condition": {"conditions": {**FAI, "clauses": "第一条"}},
    "no title": {"title": None},
    "no such standing": {"standing": "draft"},
    "no such zone": {"scope": {"zone": "guanggu"}},
    "two scopes": {"scope": {"zone": "donghu", "city": "wuhan"}},
    "no scope": {"scope": {}},
    "a place that is not historical": {"scope": {"place": "青岛"}},
    "an id in capitals": {"id": "Bad Id"},
    "no validity": {"valid": {"from": None, "until": None}},
    "no date": {"valid": {"from": "2026年", "until": None}},
    "an illustration without a review": {"review": None},
    "no such fact": {"conditions": {**FAI, "fact": "fixed_asset_investmnt"}},
    "no such operator": {"conditions": {**FAI, "op": "gte"}},
    "no threshold": {"conditions": {name: value for name, value in FAI.items() if name != "value"}},
    "two quantities": {"conditions": {**FAI, "sum": ["jobs", "rd_staff"]}},
    "no quantity": {"conditions": {"id": "a", "text": "条件", "op": "ge", "value": 1}},
    "no condition": {"conditions": {"all": []}},
    "too many conditions": {"conditions": {"all": [{**FAI, "id": f"c{number}"} for number in range(61)]}},
    "a ratio of what is no number": {
        "conditions": {"id": "a", "text": "条件", "ratio": {"of": "listed", "to": "jobs"}, "op": "ge", "value": "1%"}
    },
    "no such kind": benefit(kind="text"),
    "no amount of money": benefit(amount="很多钱"),
    "another unit": benefit(amount="1亿斤"),
    "a negative amount": benefit(amount=-1),
    "an amount over nine quadrillion": benefit(amount=9 * 10**15 + 1),
    "a cap that is no money": benefit(cap="不限"),
    "no rate": {"benefit": {**RATE, "rate": "一成"}},
    "a rate above one": {"benefit": {**RATE, "rate": 1.5}},
    "a base that is no money": {"benefit": {**RATE, "base": "jobs"}},
    "a band without a figure": {"benefit": {"kind": "banded", "text": "分档", "base": "jobs", "bands": [{"from": 0}]}},
    "too few examples": {"examples": document()["examples"][:1]},
    "an example without a verdict": {"examples": [{"title": "例", "as_of": "2026-06-01", "facts": {}}] * 2},
    "a fact that is none": stating(job=1),
    "a fact of another type": stating(jobs="许多"),
    "a choice that is none": stating(headquarters_level="galactic"),
    "a code without a shape": stating(industry_code="39732"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_not_well_by_it(name: str) -> None:
    written = document(**REFUSED[name])
    assert not VALIDATOR.is_valid(as_editors_read(written))
    with pytest.raises(AuthoringError):
        policy_from(written, "refused")


@pytest.mark.parametrize(
    "amount", ["200万元", "1.5亿元", "20,000元", "三千万元", "1亿2000万元", "人民币3亿元", "500", 500, "60元"]
)
def test_money_is_written_as_people_do(amount: Any) -> None:
    written = document(**benefit(amount=amount))
    policy_from(written, "money")
    assert VALIDATOR.is_valid(written)


def test_what_is_held_or_ruled_asks_for_a_yes() -> None:
    held = {"id": "a", "text": "证书有效", "held": {"status": "national_hightech", "until": "hightech_valid_until"}}
    known = {"id": "b", "text": "知道行业", "fact": "industry_code", "op": "known"}
    assert VALIDATOR.is_valid(document(conditions={"all": [held, known, CODE, {"not": FAI}]}))


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield schema
        for each in schema.values():
            yield from objects(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from objects(each)


def test_it_is_closed() -> None:
    rules = SCHEMA.pop("allOf")
    try:
        assert all(each["additionalProperties"] is False for each in objects(SCHEMA))
    finally:
        SCHEMA["allOf"] = rules


def test_every_part_and_field_is_told_in_chinese() -> None:
    parts = {"Policy": SCHEMA, **{name: SCHEMA["definitions"][name] for name in file_words.PARTS if name != "Policy"}}
    for name, part in parts.items():
        assert HAN.search(part["description"]), name
        for field, said in part.get("properties", {}).items():
            assert HAN.search(said["description"]), f"{name}.{field}"
    for name, said in SCHEMA["definitions"]["Facts"]["properties"].items():
        assert (said["description"], HAN.search(said["title"]) is not None) == (FACTS[name].question, True)


def allowed(field: Any, parts: Any) -> list[str]:
    """The words that a field of the models takes, null aside."""
    for each in field.get("anyOf", [field]):
        if "$ref" in each:
            return allowed(parts[each["$ref"].rpartition("/")[2]], parts)
        if "enum" in each:
            return list(each["enum"])
    return []


def test_no_words_are_left_over() -> None:
    raw = Policy.model_json_schema(by_alias=True)
    parts = {**raw["$defs"], "Policy": raw}
    places = {f"{name}.{field}" for name, part in parts.items() for field in part.get("properties", ())}
    assert set(file_words.PARTS) == set(parts)
    assert set(file_words.FIELDS) == {place.partition(".")[2] for place in places}
    assert {*file_words.FIELDS_OF, *IN_FILES} <= places
    assert set(IN_FILES["Leaf.op"]) == {op for each in OPERATORS_OF.values() for op in each}
    for part, field in (place.split(".") for place in IN_FILES if place != "Leaf.op"):
        assert list(IN_FILES[f"{part}.{field}"]) == allowed(parts[part]["properties"][field], parts)


def test_the_guide_shows_a_file_that_names_it() -> None:
    guide = (ROOT / "docs" / "policy-authoring.md").read_text("utf-8")
    assert "# yaml-language-server: $schema=" in guide
    sample = read_yaml(guide.partition("```yaml\n")[2].partition("```")[0], "guide").content
    assert [str(each) for each in VALIDATOR.iter_errors(as_editors_read(sample))] == []

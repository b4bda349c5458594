"""The JSON Schema of a policy file as it is written, so that editors complete and check it while somebody types.

It comes from the models that read a file, with their words in Chinese and the facts of the registry by name and type.
What only a reading can tell (that a threshold fits its fact, that examples agree) is left to ``quce policy lint``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from contracts.vocabulary.amount import MAX_STATED
from contracts.vocabulary.fact_list import RECORDED_BY_OFFICE
from contracts.vocabulary.facts import FACTS, Fact
from contracts.vocabulary.money_text import PENDING
from contracts.vocabulary.policy_words import IN_FILES
from services.incentives.policy import Policy
from services.incentives.policy.figures import UNPUBLISHED
from services.incentives.policy_text.file_words import FIELDS, FIELDS_OF, PARTS

Schema = dict[str, Any]
_SCOPES: Final = {"ZoneId": "PolicyScope.zone", "GroupId": "PolicyScope.group"}
_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""That which editors know best."""
_NUMBER: Final = "0-9０-９零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟億萬点,，.\\s"
_SUM: Final = rf"^\s*(人民币|RMB|rmb|CNY|cny|[¥￥])?[{_NUMBER}]*[{_NUMBER[:-2]}][{_NUMBER}]*(元|圆)?\s*$"
_RANGE: Final = rf"^\s*(人民币|[¥￥])?[{_NUMBER}元]+([-~至到—–][{_NUMBER}元]+)?\s*$"
_RATE: Final = r"^\s*[0-9]+(\.[0-9]+)?\s*[%％‰]?\s*$"
_DAY: Final = r"^\d{4}-\d{2}-\d{2}$"

_MONEY: Final[Schema] = {
    "description": "确定的人民币金额，如 200万元；整数按分计",
    "anyOf": [{"type": "integer", "minimum": 0, "maximum": MAX_STATED}, {"type": "string", "pattern": _SUM}],
}
_SHARE: Final[Schema] = {
    "description": "比例，如 10%、2‰ 或 0.1",
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": _RATE}],
}
_FIGURE: Final[Schema] = {
    "description": f"金额，如 200万元；只知道范围的写 2000-5000万元，没有公布的写 {UNPUBLISHED}",
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": MAX_STATED},
        {"const": UNPUBLISHED},
        {"type": "string", "pattern": _RANGE},
    ],
}
_PUBLISHED: Final[Schema] = {
    "description": f"比例，如 10%、2‰；没有公布的写 {UNPUBLISHED}",
    "anyOf": [*_SHARE["anyOf"], {"const": UNPUBLISHED}],
}
_ONE_TO: Final[Schema] = {
    "description": "配套比例，如 1:0.5；也可写 50%",
    "anyOf": [*_SHARE["anyOf"], {"type": "string", "pattern": r"^1[:：][0-9]+(\.[0-9]+)?$"}],
}
_FORMS: Final = ("fact", "ratio", "per", "sum", "since", "held", "ruling")
_KINDS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "AmountFact": ("amount",),
    "DateFact": ("date",),
    "CountFact": ("integer", "decimal"),
    "YearsFact": ("integer",),
    "StatusFact": ("boolean", "tags"),
    "CategoryFact": ("choice", "boolean", "code", "date"),
    "BandFact": ("amount", "integer"),
    "SumFact": ("amount", "integer", "decimal"),
    "AnyFact": tuple({fact.kind: None for fact in FACTS.values()}),
}
_FACT_FIELDS: Final[Mapping[str, str]] = {
    "Leaf.fact": "AnyFact", "Leaf.sum": "SumFact", "Ratio.of": "SumFact", "Ratio.to": "SumFact", "Per.of": "BandFact",
    "Per.by": "CountFact", "Since.date": "DateFact", "Held.status": "StatusFact", "Held.on": "DateFact",
    "Held.until": "DateFact", "Ruling.of": "RecordedFact", "Lookup.by": "CategoryFact", "Rate.base": "AmountFact",
    "Match.base": "AmountFact", "OfBase.base": "AmountFact", "Interest.loan": "AmountFact", "Banded.base": "BandFact",
    "Unit.fact": "CountFact", "Lifetime.received": "AmountFact", "Clawback.held": "YearsFact", "Tranche.by": "DateFact",
    "Retention.of": "YearsFact", "Grandfathering.by": "DateFact", "Transition.by": "DateFact",
    "Application.after": "DateFact", "Policy.expenditures": "AmountFact",
}  # fmt: skip
_FIGURES: Final = {
    "Money": _MONEY, "Share": _SHARE, "Figure": _FIGURE, "PublishedShare": _PUBLISHED, "OneTo": _ONE_TO,
}  # fmt: skip
_PAID: Final = ("Fixed", "Rate", "Banded", "PerUnit", "Interest", "Match")
_FIGURE_FIELDS: Final[Mapping[str, str]] = {
    **{
        f"Example.{name}": "Money"
        for name in ("amount", "certain", "possible", "by_year", "counted", "returned", "borne")
    },
    **dict.fromkeys(("Beside.amount", "Band.amount", "InKind.worth", "Lifetime.cap"), "Money"),
    **dict.fromkeys(("SharedCap.cap", "Pool.total", *(f"{kind}.cap_per_year" for kind in _PAID)), "Money"),
    **dict.fromkeys(("Band.rate", "Clawback.rate", "OfBase.rate", "Tranche.share"), "Share"),
    **{f"Borne.{level}": "Share" for level in ("national", "province", "city", "zone")},
    **{f"{kind}.{name}": "Share" for kind in _PAID for name in ("yearly", "instalments")},
    **dict.fromkeys(("Fixed.amount", "PerUnit.price", *(f"{kind}.cap" for kind in _PAID)), "Figure"),
    **dict.fromkeys(("Rate.rate", "Interest.points"), "PublishedShare"),
    "Match.ratio": "OneTo",
}


def file_schema() -> str:
    """The schema as it is checked in."""
    return json.dumps(_document(), ensure_ascii=False, indent=1) + "\n"


def _document() -> Schema:
    raw = Policy.model_json_schema(by_alias=True)
    parts = {**raw.pop("$defs"), "Policy": raw}
    read = {name: _part(name, part) for name, part in parts.items()}
    policy = read.pop("Policy")
    named = {"RecordedFact": _one_of({name: FACTS[name].label for name in sorted(RECORDED_BY_OFFICE)})}
    for name, kinds in _KINDS_OF.items():
        named[name] = _one_of({each.name: _said(each) for each in FACTS.values() if each.kind in kinds})
    document = {
        "$schema": _DRAFT,
        **policy,
        "title": "区策政策文件",
        "allOf": _rules(),
        "definitions": {**read, **named, **_FIGURES, "Facts": _facts()},
    }
    moved: Schema = json.loads(json.dumps(document).replace("#/$defs/", "#/definitions/"))
    return moved


def _rules() -> list[Schema]:
    """What one field of a policy demands of another."""
    return [
        {
            "if": {"properties": {"standing": {"const": "illustrative"}}, "required": ["standing"]},
            "then": {"properties": {"review": {"type": "object"}}, "required": ["review"]},
        },
        {
            "if": {"properties": {"standing": {"const": "historical"}}, "required": ["standing"]},
            "else": {
                "properties": {
                    "scope": {"not": {"required": ["place"]}},
                    "valid": {"properties": {"from": {"type": "string"}}, "required": ["from"]},
                }
            },
        },
    ]


def _part(name: str, part: Schema) -> Schema:
    """One part with Chinese words; its fields as people write them."""
    written = {**part, "description": PARTS[name]}
    written.pop("title", None)
    if name in _SCOPES:
        return {**_one_of(IN_FILES[_SCOPES[name]]), "description": PARTS[name]}
    written["properties"] = {field: _field(name, field, each) for field, each in part["properties"].items()}
    if name == "Leaf":
        written |= {
            "required": [each for each in part["required"] if each != "op"],
            "allOf": [{"oneOf": [{"required": [form]} for form in _FORMS]}, {"anyOf": list(_comparisons())}],
        }
    if name == "PolicyScope":
        written |= {"minProperties": 1, "maxProperties": 1}
    if name == "Band":
        written["oneOf"] = [{"required": ["amount"]}, {"required": ["rate"]}]
    return written


def _comparisons() -> Iterator[Schema]:
    """An operator with its value, or one that needs none; what is held or ruled asks for a yes."""
    yield {"required": ["op", "value"]}
    yield {"properties": {"op": {"const": "known"}}, "required": ["op"]}
    yield {"required": ["held"]}
    yield {"required": ["ruling"]}


def _field(part: str, field: str, given: Schema) -> Schema:
    place = f"{part}.{field}"
    words = FIELDS_OF.get(place, FIELDS[field])
    found = _without_titles(given)
    if place in _FACT_FIELDS:
        found = _in_place_of_text(found, _FACT_FIELDS[place])
    elif place in _FIGURE_FIELDS:
        found = _in_place_of_figures(found, _FIGURE_FIELDS[place])
    elif place == "Example.facts":
        found = {"$ref": "#/definitions/Facts"}
    elif place in IN_FILES:
        found = _named_values(found, IN_FILES[place])
    if "$ref" in found:
        found = {"allOf": [found]}
    return {**found, "description": words}


def _without_titles(given: Any) -> Any:
    """A field without the titles and descriptions that models give it."""
    if isinstance(given, dict):
        return {name: _without_titles(each) for name, each in given.items() if name not in ("title", "description")}
    return [_without_titles(each) for each in given] if isinstance(given, list) else given


def _in_place_of_text(given: Any, name: str) -> Any:
    """Wherever a text may stand, the name of a fact."""
    if isinstance(given, dict):
        if given.get("type") == "string":
            return {"$ref": f"#/definitions/{name}"}
        return {key: _in_place_of_text(each, name) for key, each in given.items()}
    return [_in_place_of_text(each, name) for each in given] if isinstance(given, list) else given


def _in_place_of_figures(given: Any, name: str) -> Any:
    """Wherever a number or a text may stand, a figure as people write it."""
    if isinstance(given, dict):
        choices = given.get("anyOf", [])
        if any(each.get("type") in ("integer", "number") for each in choices):
            rest = [each for each in choices if each.get("type") not in ("integer", "number", "string")]
            figure = {"$ref": f"#/definitions/{name}"}
            others = {key: each for key, each in given.items() if key != "anyOf"}
            return {**others, "anyOf": [figure, *rest]} if rest or others else figure
        return {key: _in_place_of_figures(each, name) for key, each in given.items()}
    return [_in_place_of_figures(each, name) for each in given] if isinstance(given, list) else given


def _named_values(given: Schema, labels: Mapping[str, str]) -> Schema:
    named = _one_of(labels)
    if given.get("type") == "string":
        return {**{key: each for key, each in given.items() if key == "default"}, **named}
    choices = [named if "enum" in each or each.get("type") == "string" else each for each in given["anyOf"]]
    return {**given, "anyOf": choices}


def _one_of(labels: Mapping[str, str]) -> Schema:
    """Allowed words, each with what it means, as editors show it."""
    return {"type": "string", "enum": list(labels), "markdownEnumDescriptions": list(labels.values())}


def _said(fact: Fact) -> str:
    return f"{fact.label}（{fact.unit}）" if fact.unit else fact.label


def _facts() -> Schema:
    """Facts by name, each as its type is written."""
    state = {
        "type": "object",
        "properties": {"state": _one_of({"missing": "未填", "not_applicable": "不适用", "conflict": "说法不一"})},
        "required": ["state"],
        "additionalProperties": False,
    }
    fields = {
        fact.name: {
            "title": _said(fact),
            "description": fact.question,
            "anyOf": [*_ways(fact), state, {"type": "null"}],
        }
        for fact in FACTS.values()
    }
    return {"type": "object", "properties": fields, "additionalProperties": False}


def _ways(fact: Fact) -> Iterable[Schema]:
    numbers: Schema = {"type": "string", "pattern": r"^[0-9,]+(\.[0-9]+)?$"}
    if fact.kind in ("choice", "tags"):
        one = {"type": "string", "enum": [*fact.choices, *fact.choices.values()]}
        return [one] if fact.kind == "choice" else [{"type": "array", "items": one, "maxItems": 50}]
    ways: Mapping[str, list[Schema]] = {
        "amount": [
            {"type": "integer", "minimum": 0, "maximum": MAX_STATED},
            {"type": "string", "pattern": rf"[0-9０-９一二两三四五六七八九十百千]|^({'|'.join(sorted(PENDING))})$"},
            {"type": "object", "required": ["low"]},
            {"type": "object", "required": ["high"]},
        ],
        "integer": [{"type": "integer", "minimum": 0}, numbers],
        "decimal": [{"type": "number", "minimum": 0}, numbers],
        "ratio": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": _RATE}],
        "boolean": [{"type": "boolean"}, {"enum": ["是", "否", "有", "无", "true", "false"]}],
        "date": [{"type": "string", "pattern": _DAY}],
        "code": [{"type": "string", "pattern": r"^([A-Ta-t]|[0-9]{2,4})$"}],
        "text": [{"type": "string", "minLength": 1, "maxLength": 200}],
    }
    return ways[fact.kind]

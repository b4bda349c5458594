"""The zones, policies and codes that ship with Quce: complete, honest about themselves, and free of what is barred."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.vocabulary.fact_list import HISTORICAL_ONLY
from contracts.vocabulary.industry import CHAINS, section_of
from contracts.vocabulary.zones import ZONES
from services.incentives.authored import read_yaml
from services.incentives.evaluation.benefits import compile_benefit
from services.incentives.evaluation.conditions import Predicates
from services.incentives.fair_competition import flags_of
from services.incentives.matching import check_examples
from services.incentives.policy import Leaf, Policy, leaves_of, read_policy
from services.incentives.policy.combination import Pool
from services.incentives.policy.terms import Retention
from services.incentives.policy_folder import load_policies
from services.incentives.zone_profile import load_zones

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "services" / "incentives"
POLICIES = {policy.id: policy for policy in load_policies(HOME / "policies")}
PROFILES = load_zones(HOME / "zones")
CODES = read_yaml((HOME / "codes" / "gbt4754-2017.yaml").read_text("utf-8"), "gbt4754-2017.yaml").content
ILLUSTRATIVE = [policy for policy in POLICIES.values() if policy.standing == "illustrative"]
HISTORICAL = [policy for policy in POLICIES.values() if policy.standing == "historical"]
BARRED = re.compile(
    r"纳税|纳统|税收|财政贡献|迁入|迁出|不得迁|落户|注册地|登记地|一企一策|一事一议|先征后返|地价|有限公司|集团"
)

# The published clauses, by the source each was read in; some need several files.
CLAUSES = {
    "S22": 2, "S23": 2, "S24": 1, "S25": 1, "S26": 2, "S27": 2, "S28": 1, "S29": 2, "S30": 1, "S31": 2,
    "S32": 3, "S33": 1, "S34": 1, "S35": 1, "S36": 1, "S37": 1, "S38": 1, "S39": 1, "S40": 1,
}  # fmt: skip


def named(policies: list[Policy]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("policy", policies, ids=lambda policy: policy.id)


def codes_of(policy: Policy) -> Iterator[str]:
    for leaf in leaves_of(policy.conditions):
        if leaf.fact == "industry_code":
            yield from leaf.value if isinstance(leaf.value, list) else [str(leaf.value)]
    for example in policy.examples:
        if isinstance(code := example.facts.get("industry_code"), str):
            yield code


def test_every_published_clause_is_here() -> None:
    assert Counter(policy.source.reference for policy in HISTORICAL) == CLAUSES


@named(HISTORICAL)
def test_a_published_clause_says_how_far_it_can_be_trusted(policy: Policy) -> None:
    assert policy.source.grade
    assert policy.source.note
    assert not policy.valid.assumed or "暂按" in (policy.source.note or "")


@named(HISTORICAL)
def test_a_clause_with_a_barred_condition_waits_to_be_cleared(policy: Policy) -> None:
    if {name for leaf in leaves_of(policy.conditions) for name in leaf.facts} & HISTORICAL_ONLY:
        assert policy.cleanup is not None
        assert policy.cleanup.pending


@named(list(POLICIES.values()))
def test_a_policy_agrees_with_its_examples(policy: Policy) -> None:
    assert check_examples(policy) == []


def test_no_historical_clause_counts_in_a_zone_of_the_city() -> None:
    assert [policy.id for policy in HISTORICAL if policy.scope.zones and policy.valid.known] == []


def test_illustrative_policies_cover_the_city() -> None:
    assert len(ILLUSTRATIVE) >= 34
    reached = Counter(policy.scope.zone.value for policy in ILLUSTRATIVE if policy.scope.zone)
    assert set(reached) == set(ZONES)
    assert min(reached[zone] for zone in ("donghu", "jingkai", "linkonggang")) >= 5
    kinds = {"fixed", "rate", "banded", "per_unit", "interest", "match", "in_kind"}
    assert {policy.benefit.kind for policy in ILLUSTRATIVE} == kinds


@named(ILLUSTRATIVE)
def test_an_illustrative_policy_asks_nothing_that_is_barred(policy: Policy) -> None:
    words = [policy.title, policy.summary, policy.benefit.text, *(leaf.text for leaf in leaves_of(policy.conditions))]
    words += [example.title for example in policy.examples]
    assert not [text for text in words if BARRED.search(text)]
    facts = {name for leaf in leaves_of(policy.conditions) for name in leaf.facts}
    facts |= {*compile_benefit(policy.benefit, Predicates()).needs}
    assert not facts & {*HISTORICAL_ONLY, "expected_annual_tax"}


def texts(value: Any) -> Iterator[str]:
    """Every text that a file holds, whatever field it stands in: names of facts and words for people."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def shapes_barred(policy: Policy) -> list[str]:
    """What of a policy rests on registration, tax, fiscal contribution or staying: facts, terms, words, red flags.

    What its review, clean-up and source say of it is no part of what it asks.
    """
    told = {"review", "cleanup", "source", "id", "version"}
    document = policy.model_dump(mode="json", by_alias=True, exclude=told)
    said = [*texts(document)]
    facts = [text for text in said if text in {*HISTORICAL_ONLY, "expected_annual_tax"}]
    words = [text for text in said if BARRED.search(text)]
    retention = ["retention"] if policy.retention is not None else []
    return [*facts, *words, *retention, *(flag.rule.id for flag in flags_of(policy))]


@named(ILLUSTRATIVE)
def test_no_illustrative_policy_has_a_barred_shape_anywhere(policy: Policy) -> None:
    assert shapes_barred(policy) == []


def test_every_barred_shape_lives_in_a_historical_clause() -> None:
    """What the walk looks for is found where it may be, in each of its forms."""
    found = {shape for policy in HISTORICAL for shape in shapes_barred(policy)}
    rules = {"local-registration", "relocation", "tax-here", "no-leaving", "fiscal-contribution"}
    assert found >= {*HISTORICAL_ONLY, "retention", *rules}
    assert {each for each in ("落户", "财政贡献", "迁") if not any(each in shape for shape in found)} == set()


@pytest.mark.parametrize("policy", ILLUSTRATIVE[:1], ids=lambda policy: policy.id)
@pytest.mark.parametrize(
    "barred",
    [
        {"summary": "在区内注册的企业"},
        {"retention": Retention(years=5, of="stay_years", text="承诺五年内不走")},
        {"conditions": Leaf(id="fc", text="贡献达标", fact="fiscal_contribution", op="ge", value="1万元")},
        {"conditions": Leaf(id="tax", text="达标", fact="expected_annual_tax", op="ge", value="1万元")},
        {"pool": Pool(name="tax", title="按税收返还的专项", total="1万元", rule="first_come")},
    ],
    ids=lambda barred: next(iter(barred)),
)
def test_the_walk_finds_what_is_slipped_in(policy: Policy, barred: dict[str, Any]) -> None:
    assert shapes_barred(policy.model_copy(update=barred))


@named(ILLUSTRATIVE)
def test_an_illustrative_policy_says_that_it_is_one(policy: Policy) -> None:
    assert policy.review is not None
    assert "示例" in policy.review.reviewer
    assert "示例" in policy.review.conclusion
    assert "示例" in policy.source.document
    assert policy.valid.from_ is not None
    assert date(2026, 1, 1) <= policy.valid.from_ <= (policy.valid.until or date.max) <= date(2028, 12, 31)
    assert {example.verdict for example in policy.examples} == {"met", "not_met", "unknown"} or (
        policy.benefit.kind == "in_kind" and {"met", "not_met"} <= {example.verdict for example in policy.examples}
    )


def test_the_code_table_holds_all_sections_and_divisions() -> None:
    divisions = {code: letter for letter, part in CODES["sections"].items() for code in part["divisions"]}
    assert (len(CODES["sections"]), len(divisions)) == (20, 97)
    assert all(section_of(code) == letter for code, letter in divisions.items())
    assert all(code[:2] in divisions for code in CODES["groups"])
    assert all(code[:3] in CODES["groups"] for code in CODES["classes"])


def test_every_code_in_use_has_a_name() -> None:
    used = {code for policy in POLICIES.values() for code in codes_of(policy)}
    used |= {code for profile in PROFILES.values() for each in profile.lead_industries for code in each.codes}
    used |= {code for codes in CHAINS.values() for code in codes}
    tables: dict[int, Any] = {
        1: CODES["sections"],
        2: {code for part in CODES["sections"].values() for code in part["divisions"]},
        3: CODES["groups"],
        4: CODES["classes"],
    }
    assert [code for code in sorted(used) if code not in tables[len(code)]] == []


def test_the_policy_in_the_guide_is_a_policy() -> None:
    guide = (ROOT / "docs" / "policy-authoring.md").read_text("utf-8")
    sample = next(block for block in re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL) if block.startswith("id:"))
    assert read_policy(sample, "docs/policy-authoring.md").id == yaml.safe_load(sample)["id"]

"""The table of the guide: what it names stands in the files, and is what decides the example beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from contracts.vocabulary.facts import parse_facts
from services.incentives.authored import AuthoringError, read_yaml
from services.incentives.catalogue import build_catalogue
from services.incentives.matching import evaluate
from services.incentives.matching.beside import counted
from services.incentives.matching.result import PolicyOutcome
from services.incentives.matching.terms import borne
from services.incentives.policy import policy_from
from services.incentives.policy.examples import Beside

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "policy-authoring.md"
FILES = {path.stem: path for path in (ROOT / "services" / "incentives" / "policies").rglob("*.yaml")}
ROW = re.compile(r"^\| ([\d、]+) \| ([^|]+) \| ([a-z0-9-]+) \| ([a-z_]+[\w.]*) \| ([^|]+) \|$", re.MULTILINE)
ROWS = ROW.findall(GUIDE.read_text("utf-8").split("## 每种写法见哪里")[1].split("\n## ")[0])

Outcome = tuple[PolicyOutcome, int, dict[str, int]]
"""What it comes to, what of it counts beside others, and who pays how much of it."""


def without(content: Any, steps: list[str]) -> Any:
    """The content less what stands at a path."""
    step: Any = int(steps[0]) if isinstance(content, list) else steps[0]
    assert step in (range(len(content)) if isinstance(content, list) else content), f"nothing stands at {step}"
    items = list(enumerate(content)) if isinstance(content, list) else list(content.items())
    changed = [
        (name, without(value, steps[1:]) if name == step else value)
        for name, value in items
        if name != step or len(steps) > 1
    ]
    return [value for _, value in changed] if isinstance(content, list) else dict(changed)


def outcome(content: dict[str, Any], example: dict[str, Any]) -> Outcome | None:
    """What an example comes to; None where the policy is refused."""
    facts = parse_facts(example["facts"], "example")
    kept = [{name: value for name, value in each.items() if name != "unmet"} for each in content["examples"]]
    beside = [Beside(**each) for each in example.get("beside", ())]
    try:
        policy = policy_from({**content, "examples": kept}, content["id"])
    except AuthoringError:
        return None
    catalogue = build_catalogue([policy], {}, illustrative=True)
    verdicts = catalogue.predicates.evaluate(facts, example["as_of"])
    compiled = catalogue.policies[policy.id]
    found = evaluate(compiled, facts, verdicts)
    shares = getattr(policy.benefit, "borne", None)
    paid = {} if shares is None else borne(shares.shares, found.certain)
    return found._replace(leaves=b""), counted(compiled, found, beside, example["as_of"]), paid


def test_the_table_is_read() -> None:
    assert {int(number) for numbers, *_ in ROWS for number in numbers.split("、")} == set(range(1, 37))
    assert len({name for _, _, name, _, _ in ROWS}) >= 24


@pytest.mark.parametrize(("number", "form", "name", "place", "title"), ROWS, ids=[row[1] for row in ROWS])
def test_what_a_row_names_decides_its_example(number: str, form: str, name: str, place: str, title: str) -> None:
    content = read_yaml(FILES[name].read_text("utf-8"), name).content
    example = next(each for each in content["examples"] if each["title"] == title)
    said = outcome(content, example)
    assert said is not None
    assert outcome(without(content, place.split(".")), example) != said, f"{number} {form} does not matter"

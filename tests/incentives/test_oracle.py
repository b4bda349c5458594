"""An engine by others, asked the same in its own language, gives the same answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any

import zen

from bench.workload import compiled, leads, policies, stored
from bench.zen import array_of, context
from services.incentives.evaluation.index import Index
from services.incentives.matching.bulk import Bulk, Plan
from services.incentives.matching.columns import facts_of
from services.incentives.matching.gathering import Gathering
from tests.conftest import Effort

DAY = date(2026, 11, 28)
POLICIES = {"ci": 60, "full": 500}
LEADS = {"ci": 60, "full": 400}


def _agreed(seed: int, missing: float, effort: Effort) -> Counter[int]:
    """How often each verdict came, after all three agreed on it."""
    conditions = policies(POLICIES[effort], seed)
    predicates, formulas = compiled(conditions)
    index, asked = Index(predicates, formulas), zen.compile_expression(array_of(conditions.values()))
    drawn = leads(LEADS[effort], seed, missing)
    gathering = Gathering(facts_of(predicates.asked))
    gathering.add([stored(facts) for facts in drawn])
    decided = Bulk(gathering.columns(), DAY).decide(Plan.of(predicates, formulas))
    in_bulk = zip(*(decided.verdicts(name).tolist() for name in conditions), strict=True)
    seen: Counter[int] = Counter()
    for facts, many in zip(drawn, in_bulk, strict=True):
        expected = [int(each) for each in asked.evaluate(context(facts))]
        one = index.verdicts(index.said(facts, DAY))
        assert [one[name] for name in conditions] == expected
        assert list(many) == expected
        seen.update(expected)
    return seen


def test_others_agree_where_everything_is_known(
    seed: int, effort: Effort, record_figure: Callable[[str, Any], None]
) -> None:
    seen = _agreed(seed, 0, effort)
    assert set(seen) == {0, 2}
    assert seen.total() >= {"ci": 3_000, "full": 100_000}[effort]
    record_figure("incentives.oracle_pairs", seen.total())


def test_others_agree_where_some_is_not(seed: int, effort: Effort) -> None:
    assert set(_agreed(seed + 1, 0.3, effort)) == {0, 1, 2}

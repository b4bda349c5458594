"""Whatever was accepted is answered: any policy on any facts on any day, by every way of evaluating it.

And no number of an answer is larger than JSON carries to the last digit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.store.port import Record
from services.incentives.catalogue import Catalogue
from services.incentives.commands.dry_run import Trial, _answer
from services.incentives.evaluation.comparisons import VERDICTS
from services.incentives.matching import MatchResult, Rendering, check_examples, match, render
from services.incentives.matching.bulk import Bulk, Plan
from services.incentives.matching.columns import facts_of
from services.incentives.matching.differences import differences
from services.incentives.matching.gathering import gathered
from services.incentives.policy import Policy, leaves_of, policy_from
from services.incentives.policy_checks import check_policy, compare
from services.incentives.policy_text.sentences import benefit_sentences, sentence, shape, shared_sentences
from tests.conftest import effort_of_run
from tests.incentives.forms import Facts
from tests.incentives.test_bulk import stored
from tests.incentives.whole import EDGE_AS_OF, edge_facts, policies
from tests.incentives.writing import catalogue

EXAMPLES = {"ci": 100, "full": 10_000}[effort_of_run()]
EXACT = 9 * 10**15
WAYS = (Rendering(), Rendering(order="amount", nearest=True))


def numbers(value: Any) -> Iterator[int]:
    """Every whole number of a document."""
    if isinstance(value, int):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from numbers(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from numbers(each)


def exact(document: Any) -> Any:
    """The document as it comes back from JSON, no number of it too large."""
    assert max((abs(each) for each in numbers(document)), default=0) <= EXACT
    return orjson.loads(orjson.dumps(document))


def read(written: dict[str, Any]) -> Policy:
    return policy_from(written, "drawn")


def dry_run(draft: Policy, shelf: Catalogue, facts: Facts, result: dict[str, Any], day: date) -> Any:
    """What the draft would change for one lead."""
    trial = Trial(catalogue(draft), draft, day, frozenset({"city"}), frozenset())
    body = {"facts": stored(facts), "result": result, "title": "线索", "version": 1, "draft": None}
    lead = Record("lead-1", body, frozenset({"city"}))
    trial.count([lead])
    return _answer(lead, trial)


@settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(policies("jingkai-one"), policies("jingkai-two"), edge_facts(), st.sampled_from(EDGE_AS_OF))
def test_evaluation_of_any_accepted_policy_on_any_accepted_facts_never_raises(
    one: dict[str, Any], two: dict[str, Any], facts: Facts, day: date
) -> None:
    drafts = [read(one), read(two)]
    shelf = catalogue(*drafts)
    result = match(facts, shelf, day)
    kept = exact(result.document())
    assert MatchResult.from_document(kept).document() == result.document()
    for how in WAYS:
        answer = exact(render(result, facts, shelf, how))
        assert not list(differences(answer, exact(render(MatchResult.from_document(kept), facts, shelf, how))))
    for outcome in result.policies.values():
        assert outcome.possible is None or 0 <= outcome.certain <= outcome.possible
    plan = Plan.of(shelf.predicates, {id: each.formula for id, each in shelf.policies.items()})
    decided = Bulk(gathered([stored(facts)], facts_of(shelf.predicates.asked)), day).decide(plan)
    for id, outcome in result.policies.items():
        assert decided.verdicts(id).tolist() == [outcome.verdict], VERDICTS[outcome.verdict]
    for draft in drafts:
        exact(dry_run(draft, shelf, facts, kept, day))


@settings(max_examples=EXAMPLES // 3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies("jingkai-one"), policies("jingkai-two"))
def test_what_is_said_of_any_accepted_policy_never_raises(one: dict[str, Any], two: dict[str, Any]) -> None:
    policy, other = read(one), read(two)
    check_examples(policy)
    check_policy(policy)
    compare(policy, [other])
    shape(policy.conditions)
    assert all(
        sentence(leaf, {}) for leaf in leaves_of(policy.requirements) if leaf.quantity is None or leaf.fact is None
    )
    assert benefit_sentences(policy.benefit, {})
    shared_sentences(policy)
    assert policy_from(orjson.loads(orjson.dumps(policy.model_dump(mode="json", by_alias=True))), "again") == policy

"""What a person gets for one lead, beside an evaluation by zen: verdicts, sums, zones in order, reasons, ways in.

The answer is made as the product makes it: the match of all policies with what each comes to and the best combination
of each of fifty zones, the zones in order of what they offer; then what is said of twenty policies that may be had,
and of twenty that are missed the nearest way and what is still to be asked. zen only decides. The interpreter is set
as the service sets it: what is there before the first question is not looked through for garbage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any, Final

import zen

from bench.catalogue import of_every_form, plain
from bench.figures import Figure, interleave, ratio, show
from bench.measuring import probe
from bench.workload import Facts, policies
from bench.zen import array_of, context
from contracts.vocabulary.facts import FactValue
from deploy.serving import tune
from services.incentives.catalogue import Catalogue
from services.incentives.evaluation.comparisons import NOT_MET
from services.incentives.matching import MatchResult, Rendering, match
from services.incentives.matching.answer import explained
from services.incentives.matching.gaps import gaps
from services.incentives.matching.nearest import Readings, nearest
from services.incentives.matching.result import rank

DAY: Final = date(2026, 11, 29)
POLICIES: Final = 500
ZONES: Final = 50
SHOWN: Final = 20
HOW: Final = Rendering(order="amount")


def answers(facts: Sequence[Facts]) -> list[Figure]:
    """A whole answer beside zen's verdicts, and a match of policies of every form beside one of plain ones."""
    catalogue, every = plain(POLICIES, ZONES), of_every_form(POLICIES, ZONES)
    array = zen.compile_expression(array_of(policies(POLICIES).values()))
    tune()
    probes = {
        "answer": probe(lambda known: answer(known, catalogue), facts),
        "array": probe(array.evaluate, [context(known) for known in facts]),
        "plain": probe(lambda known: match(known, catalogue, DAY), facts),
        "every": probe(lambda known: match(known, every, DAY), facts),
    }
    taken = interleave(probes, blocks=1, block=len(facts))
    return [
        show(ratio("engine.answer.ratio_to_zen_array", 8, taken, "answer", "array")),
        show(ratio("engine.all_shapes.ratio_to_plain", 2, taken, "every", "plain")),
    ]


def answer(facts: Mapping[str, FactValue], catalogue: Catalogue) -> dict[str, Any]:
    """Everything that is said of a lead."""
    result = match(facts, catalogue, DAY)
    shown = [catalogue.policies[id] for id in _first(result, missed=False)]
    read: Readings = {}
    zones = sorted(result.zones.values(), key=rank, reverse=True)
    return {
        "zones": zones,
        "policies": explained(shown, result, facts, {each.id: each.policy.title for each in shown}, HOW),
        "gaps": [
            (nearest(compiled, outcome, facts, DAY, read), gaps(compiled, outcome, facts))
            for id in _first(result, missed=True)
            for compiled, outcome in [(catalogue.policies[id], result.policies[id])]
        ],
    }


def _first(result: MatchResult, *, missed: bool) -> list[str]:
    """The first policies that are missed, or may be had."""
    found = (id for id, outcome in result.policies.items() if (outcome.verdict == NOT_MET) is missed)
    return list(islice(found, SHOWN))

"""The engine against zen-engine on the same policies: one lead, many leads, one changed policy, a larger catalogue.

zen answers all policies in one expression, and each by itself, which is how it is mostly used. Its
loop over many leads is measured on some of them and scaled. Both sides begin with plain values but where a figure's
name says "from facts": there with facts as a match is given them, or with what is kept flat of them beside a match.
zen's best is one expression, compiled once, of verdicts in both planes, from a context of plain numbers and texts: one
call a lead, so that its facts are taken over once and not once a policy.
"""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import cycle
from typing import Any, Final

import numpy as np
import orjson
import zen

from bench.answers import answers
from bench.figures import ROUNDS, Figure, interleave, ratio, show
from bench.measuring import probe, seconds
from bench.workload import Facts, compiled, leads, policies, stored
from bench.zen import array_of, context, stored_context, verdict_of
from services.incentives.evaluation.index import Index
from services.incentives.matching.bulk import Bulk, Plan
from services.incentives.matching.columns import Column, Columns, facts_of
from services.incentives.matching.gathering import Gathering
from services.incentives.policy.tree import All, Leaf, leaves_of

DAY: Final = date(2026, 11, 29)
POLICIES: Final = 500
MANY: Final = 5_000
SINGLE: Final = 200
DIFFERENT: Final = 5_000
"""Leads that differ; more of them are these again."""
ZEN: Final = 500
"""Leads that the loop of zen is measured on, in each round."""
BATCH: Final = 20
"""Leads that a store hands on together, read while they are still in the processor's cache."""
TIMES: Final = 10
NEW: Final = 1_234_567_800

Timed = Callable[[], float]


def engine(count: int) -> list[Figure]:
    """Every figure; bulk over ``count`` leads, one policy over ten times as many."""
    conditions = policies(POLICIES)
    facts = leads(DIFFERENT)
    figures = [*single(conditions, facts[:SINGLE]), *larger(facts[:SINGLE]), *answers(facts[:SINGLE])]
    return figures + bulk(conditions, facts, count)


def single(conditions: Mapping[str, Any], facts: Sequence[Facts]) -> list[Figure]:
    """One lead against all policies.

    Each way takes all leads in one run before it is another's turn, so that it is timed at work, and not on caches that
    the other has filled.
    """
    index = Index(*compiled(conditions))
    array = zen.compile_expression(array_of(conditions.values()))
    each = [zen.compile_expression(verdict_of(node)) for node in conditions.values()]
    contexts = [context(known) for known in facts]
    said = [index.said(known, DAY) for known in facts]
    probes = {
        "index": probe(index.decided, said),
        "from_facts": probe(lambda known: index.decided(index.said(known, DAY)), facts),
        "array": probe(array.evaluate, contexts),
        "each": probe(lambda known: [one.evaluate(known) for one in each], contexts),
    }
    taken = interleave(probes, blocks=2, block=len(facts))
    return [
        _times("engine.single.times_zen_array", 18, taken, "array", "index"),
        _times("engine.single_from_facts.times_zen_array", None, taken, "array", "from_facts"),
        _times("engine.single.times_zen_per_policy", 300, taken, "each", "index"),
    ]


def larger(facts: Sequence[Facts]) -> list[Figure]:
    """Ten times the policies: what one lead costs, and what building the index costs."""
    few, many = Index(*compiled(policies(POLICIES))), compiled(policies(MANY))
    built = [seconds(Index, *many) for _ in range(ROUNDS)]
    index = Index(*many)
    probes = {
        "few": probe(few.decided, [few.said(known, DAY) for known in facts]),
        "many": probe(index.decided, [index.said(known, DAY) for known in facts]),
    }
    taken = interleave(probes, blocks=4, block=len(facts))
    return [
        show(ratio("engine.scaling_500_to_5000", 5, taken, "many", "few")),
        show(Figure.at_most("engine.index_build_5000_s", "s", 2, built, built)),
    ]


def bulk(conditions: Mapping[str, Any], facts: Sequence[Facts], count: int) -> list[Figure]:
    """Many leads against all policies, then one changed policy."""
    predicates, formulas = compiled(conditions)
    plan, names = Plan.of(predicates, formulas), facts_of(predicates.asked)
    documents = [orjson.dumps(stored(known)) for known in facts]
    zen_loop, zen_from_facts = _zen_loops(conditions, facts, documents, count)
    columns, gathering = _gathered(documents, names, count)
    taken: dict[str, list[float]] = {name: [] for name in ("zen", "zen_from_facts", "bulk", "bulk_from_facts")}
    for _ in range(ROUNDS):
        taken["zen"].append(zen_loop())
        taken["bulk"].append(seconds(Bulk(columns, DAY).decide, plan))
        taken["zen_from_facts"].append(zen_from_facts())
        columns, gathering = _gathered(documents, names, count)
        taken["bulk_from_facts"].append(gathering + seconds(Bulk(columns, DAY).decide, plan))
    unit = f"ratio; zen on {ZEN} leads, scaled"
    figures = [
        Figure.at_least(f"engine.{name}.times_zen_loop", unit, bar, _quotients(taken[base], taken[name]), taken[name])
        for name, base, bar in (("bulk", "zen", 500), ("bulk_from_facts", "zen_from_facts", 40))
    ]
    return [*map(show, figures), *one_policy(conditions, plan, columns)]


def one_policy(conditions: Mapping[str, Any], plan: Plan, columns: Columns) -> list[Figure]:
    """A policy that changed, for ten times as many leads: of known thresholds, and with a new one."""
    large = Columns(
        TIMES * columns.count, {name: _repeated(each, columns.count) for name, each in columns.facts.items()}
    )
    tracemalloc.start()
    Bulk(large, DAY).decide(plan)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    own = [leaf for node in list(conditions.values())[:3] for leaf in leaves_of(node)][:5]
    new = Leaf(id="new", text="条件", fact="total_investment", op="ge", value=NEW)
    known, changed = ({"changed": All(all=nodes)} for nodes in (own, [*own, new]))
    taken: dict[str, list[float]] = {"all": [], "known": [], "changed": []}
    for _ in range(ROUNDS):
        prepared = Bulk(large, DAY)
        taken["all"].append(seconds(prepared.decide, plan))
        taken["known"].append(seconds(_decided_anew, prepared, known))
        taken["changed"].append(seconds(_decided_anew, prepared, changed))
    return [
        show(Figure.reported("engine.bulk_1m.peak_mb", "MB", [peak], taken["all"])),
        *(
            show(Figure.at_most(f"engine.{name}.ratio_to_full_bulk_1m", "ratio", bar, rounds, taken[which]))
            for name, bar, which in (("one_policy_1m", 0.01, "known"), ("one_policy_1m_new_threshold", 0.1, "changed"))
            for rounds in [_quotients(taken[which], taken["all"])]
        ),
    ]


def _decided_anew(prepared: Bulk, conditions: Mapping[str, Any]) -> None:
    """Compile what changed, and ask it of all leads."""
    prepared.decide(Plan.of(*compiled(conditions)))


def _zen_loops(
    conditions: Mapping[str, Any], facts: Sequence[Facts], documents: Sequence[bytes], count: int
) -> tuple[Timed, Timed]:
    """A loop over all leads, from values as zen reads them and from stored facts, measured on some."""
    array = zen.compile_expression(array_of(conditions.values()))
    contexts = [context(known) for known in facts[:ZEN]]
    read = [orjson.loads(each) for each in documents[:ZEN]]
    return (
        lambda: seconds(lambda: [array.evaluate(known) for known in contexts]) * count / ZEN,
        lambda: seconds(lambda: [array.evaluate(stored_context(known)) for known in read]) * count / ZEN,
    )


def _gathered(documents: Sequence[bytes], names: Sequence[str], count: int) -> tuple[Columns, float]:
    """The columns of stored facts, and how long it took, without the store that they come from."""
    gathering, spent = Gathering(names), 0.0
    for batch in _batches(documents, count):
        spent += seconds(gathering.add, batch)
    started = time.perf_counter()
    columns = gathering.columns()
    return columns, spent + time.perf_counter() - started


def _batches(documents: Sequence[bytes], count: int) -> Iterator[list[Any]]:
    again = cycle(documents)
    for start in range(0, count, BATCH):
        yield [orjson.loads(next(again)) for _ in range(min(BATCH, count - start))]


def _repeated(column: Column, count: int) -> Column:
    return Column(column.kind, np.tile(column.codes[:count], TIMES), column.single, column.others)


def _times(
    name: str, bar: float | None, taken: Sequence[Mapping[str, list[float]]], base: str, measured: str
) -> Figure:
    """How many times as long the base takes."""
    rounds = [statistics.median(each[base]) / statistics.median(each[measured]) for each in taken]
    samples = [sample for each in taken for sample in each[measured]]
    if bar is None:
        return show(Figure.reported(name, "ratio", rounds, samples))
    return show(Figure.at_least(name, "ratio", bar, rounds, samples))


def _quotients(above: Sequence[float], below: Sequence[float]) -> list[float]:
    return [one / other for one, other in zip(above, below, strict=True)]

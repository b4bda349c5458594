"""Which question to ask next: of what is not known, that on which most hangs.

A policy that is still open weighs what it may yet bring, in equal parts for all facts that it lacks: what needs three
more answers counts a third for each. What was never said comes before what was said too vaguely; of equal weights the
one that touches more policies, and then the one that is easier to answer.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from contracts.vocabulary.amount import Amount, format_fen
from contracts.vocabulary.fact_list import HISTORICAL_ONLY, RECORDED_BY_OFFICE
from contracts.vocabulary.facts import FACTS, Fact, FactValue
from contracts.vocabulary.policy_words import STILL_COUNTED, LeftOut
from services.incentives.catalogue import Catalogue, CompiledPolicy
from services.incentives.evaluation.comparisons import UNKNOWN
from services.incentives.evaluation.measures import HOME, Facts
from services.incentives.evaluation.spans import told
from services.incentives.matching.gaps import Gaps
from services.incentives.matching.result import MatchResult, PolicyOutcome, ZoneOutcome
from services.incentives.matching.wording import shown

MOST: Final = 12
"""More are not asked at once: each answer changes what comes next."""
_TAKEN: Final = HISTORICAL_ONLY | {"beneficiary_role"}
"""Never asked: what is barred today, and for whom sums are added up, which is taken as said."""
_OTHERS: Final[frozenset[LeftOut]] = frozenset({"cleanup", "review", "beneficiary"})
"""Whose policies promise this project nothing, whatever is answered."""
_EASE: Final[Mapping[str, int]] = {"boolean": 0, "choice": 0, "date": 1, "code": 1, "tags": 1, "integer": 1}
_PARTS: Final = 1000
"""Weights are whole thousandths, so that the order of policies makes no other sum."""
_PLACES: Final[Mapping[str, int]] = {name: place for place, name in enumerate(FACTS)}


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask and why: ``policies`` wait for it, ``decides`` of them for nothing else.

    ``stake_fen`` is by how much the sums of one zone may change, None where nothing bounds it.
    """

    fact: str
    text: str
    why: str
    policies: int
    decides: int
    stake_fen: int | None


class _Open(NamedTuple):
    """A policy that is still open: what it lacks, in which zones it counts, and what it may yet bring in them.

    ``stake`` None is without bound.
    """

    lacks: Sequence[str]
    counts_in: Sequence[str]
    stake: int | None


@dataclass(slots=True)
class _Weight:
    """What hangs on one fact."""

    fen: int = 0
    share: int = 0
    policies: list[_Open] = field(default_factory=list)


def questions(
    result: MatchResult,
    zones: Sequence[str],
    gaps: Mapping[str, Gaps],
    facts: Facts,
    catalogue: Catalogue,
    *,
    office: bool,
) -> list[Question]:
    """What to ask of a project in these zones, the best first; ``gaps`` are those of each policy shown.

    Only the ``office`` is asked for what it alone records.
    """
    outcomes = {zone: result.zones[zone] for zone in zones}
    weights = _weights(list(_open(result, outcomes, gaps, catalogue)))
    never = _TAKEN if office else _TAKEN | RECORDED_BY_OFFICE
    vague = {name for each in gaps.values() for name in each.unclear}

    def order(name: str) -> tuple[bool, int, int, int, int]:
        weight = weights[name]
        return name in vague, -weight.fen, -weight.share, _EASE.get(FACTS[name].kind, 2), _PLACES[name]

    best = sorted(weights.keys() - never, key=order)[:MOST]
    return [_question(FACTS[name], weights[name].policies, outcomes, facts) for name in best]


def _open(
    result: MatchResult, zones: Mapping[str, ZoneOutcome], gaps: Mapping[str, Gaps], catalogue: Catalogue
) -> Iterator[_Open]:
    """Policies of these zones that may promise something and lack a fact."""
    for id, gap in gaps.items():
        policy, outcome, lacks = catalogue.policies[id], result.policies[id], [*gap.missing, *gap.unclear]
        if not lacks or not _undecided(outcome):
            continue
        reasons = {zone: zones[zone].left_out.get(id) for zone in policy.zones if zone in zones}
        if reasons and not any(why is not None and why[0] in _OTHERS for why in reasons.values()):
            counts_in = [zone for zone, why in reasons.items() if why is None or why[0] in STILL_COUNTED]
            yield _Open(lacks, counts_in, _stake(policy, outcome) if counts_in else 0)


def _undecided(outcome: PolicyOutcome) -> bool:
    return outcome.verdict == UNKNOWN or outcome.certain != outcome.possible


def _stake(policy: CompiledPolicy, outcome: PolicyOutcome) -> int | None:
    """What may still come of it; nothing in money where there will be no figure."""
    if outcome.possible is not None:
        return outcome.possible - outcome.certain
    return None if outcome.known or policy.benefit.computable else 0


def _weights(policies: Sequence[_Open]) -> dict[str, _Weight]:
    """What hangs on each fact; what is without bound weighs as much as the most that has one."""
    most = max((each.stake for each in policies if each.stake is not None), default=0)
    weights: dict[str, _Weight] = defaultdict(_Weight)
    for each in policies:
        parts = len(each.lacks)
        fen = (most if each.stake is None else each.stake) * _PARTS // parts
        for name in each.lacks:
            weight = weights[name]
            weight.fen += fen
            weight.share += _PARTS // parts
            weight.policies.append(each)
    return weights


def _question(fact: Fact, policies: Sequence[_Open], zones: Mapping[str, ZoneOutcome], facts: Facts) -> Question:
    decides = sum(len(each.lacks) == 1 for each in policies)
    stake = _at_most(policies, zones)
    return Question(fact.name, _text(fact, facts), _why(len(policies), decides, stake), len(policies), decides, stake)


def _at_most(policies: Sequence[_Open], zones: Mapping[str, ZoneOutcome]) -> int | None:
    """The most by which the sums of a zone may change: a project settles in one, and gets its best combination."""
    sums: dict[str, float] = defaultdict(int)
    for each in policies:
        for zone in each.counts_in:
            sums[zone] += math.inf if each.stake is None else each.stake
    most = max((min(fen, _room(zones[zone])) for zone, fen in sums.items()), default=0)
    return told(0, most)[1]


def _room(zone: ZoneOutcome) -> float:
    return math.inf if zone.possible is None else zone.possible - zone.certain


def _text(fact: Fact, facts: Facts) -> str:
    """The question of the registry; of what was said too vaguely, whether it can be said better."""
    value = facts.get(fact.name)
    if value is None or value.state == "missing" or (value.state == "value" and value.value is None):
        return fact.question
    if value.state == "conflict":
        return f"{fact.label}有几种说法，哪一个对？"
    if isinstance(value.value, Amount) and value.value.pending:
        return f"{fact.label}还没有定，能先估一个范围吗？"
    better = "按人民币大约是多少" if _is_foreign(value) else "能说得更准些吗"
    return f"{fact.label}填的是{shown(fact.name, value)}，还判断不了，{better}？"


def _is_foreign(value: FactValue) -> bool:
    return isinstance(value.value, Amount) and value.value.currency not in HOME


def _why(policies: int, decides: int, stake: int | None) -> str:
    """``问清后可确定3项政策，另有2项还要别的情况，最多影响500万元``."""
    rest = policies - decides
    words = [f"问清后可确定{decides}项政策"] if decides else [f"有{policies}项政策在等这一项，还要别的情况才能确定"]
    if decides and rest:
        words.append(f"另有{rest}项还要别的情况")
    if stake is None:
        words.append("影响的金额不设上限")
    elif stake:
        words.append(f"最多影响{format_fen(stake)}")
    return "，".join(words)

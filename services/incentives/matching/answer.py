"""The full answer of a match, as API and pages give it: every zone, every policy, every condition with its reason.

Nothing here decides; it reads a :class:`MatchResult` beside the catalogue it was made from and the facts it saw.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

from contracts.vocabulary.amount import Amount
from services.incentives.catalogue import STANDINGS, Catalogue, CompiledPolicy
from services.incentives.evaluation.comparisons import NOT_MET, VERDICTS
from services.incentives.evaluation.measures import Facts
from services.incentives.evaluation.phrases import Sentence
from services.incentives.lives import hidden_on, visible
from services.incentives.matching.gaps import Gaps, gaps
from services.incentives.matching.nearest import NOTHING, Readings, nearest
from services.incentives.matching.questions import questions
from services.incentives.matching.reckoning import reckoning
from services.incentives.matching.result import MatchResult, PolicyOutcome, Year, ZoneOutcome, rank
from services.incentives.matching.terms import terms
from services.incentives.matching.wording import left_out_reason, shown, shown_quantity
from services.incentives.policy import Policy
from services.incentives.zone_profile import FITS, industry_fit

Order = Literal["fit", "amount"]

_VERDICT_RANK = {2: 0, 1: 1, 0: 2}


@dataclass(frozen=True, slots=True)
class Rendering:
    """Which zones to show, in which order, whether to say what numbers would have to be, and whether to companies."""

    zones: Sequence[str] | None = None
    order: Order = "fit"
    nearest: bool = False
    public: bool = False


def render(result: MatchResult, facts: Facts, catalogue: Catalogue, how: Rendering) -> dict[str, Any]:
    """The answer of ``/eligibility`` and ``/leads/{id}/matches``, less what only the caller knows.

    ``possible_fen`` is None where nothing bounds it, or where ``amount_unknown`` says that there is no figure. What is
    of the same rank stands in the catalogue's order, so that a result that was stored reads as it did before.
    """
    wanted = [zone for zone in catalogue.zones if zone in result.zones and (how.zones is None or zone in how.zones)]
    shown = {id: each for id, each in catalogue.policies.items() if id in result.policies and _shown(each, result, how)}
    titles = {id: each.policy.title for id, each in (shown if how.public else catalogue.policies).items()}
    shared = explained(shown.values(), result, facts, titles, how)
    standings = {each.policy.standing for each in shown.values()}
    fits = {zone: industry_fit(catalogue.zones[zone], facts) for zone in wanted}
    if how.order == "amount":
        wanted.sort(key=lambda zone: rank(result.zones[zone]), reverse=True)
    else:
        wanted.sort(key=lambda zone: (FITS.index(fits[zone]), -result.zones[zone].met))
    places = _places(result)
    lacking = {id: Gaps(each["missing_facts"], each["unclear_facts"]) for id, each in shared.items()}
    asked = [asdict(each) for each in questions(result, wanted, lacking, facts, catalogue, office=not how.public)]
    return {
        "as_of": result.as_of.isoformat(),
        "catalogue_version": result.catalogue_version,
        "standing": [each for each in STANDINGS if each in standings],
        "next_question": asked[0] if asked else None,
        "further_questions": asked[1:],
        "zones": [
            {**_zone(result.zones[zone], fits[zone], result, shared, catalogue), "rank": places[zone]}
            for zone in wanted
        ],
    }


def _shown(compiled: CompiledPolicy, result: MatchResult, how: Rendering) -> bool:
    return visible(compiled.policy, result.as_of, staff=not how.public)


def _places(result: MatchResult) -> dict[str, int]:
    """Each zone's place among all by what it offers, the same for equal offers."""
    offers = {zone: rank(each) for zone, each in result.zones.items()}
    return {zone: 1 + sum(other > offer for other in offers.values()) for zone, offer in offers.items()}


def explained(
    policies: Iterable[CompiledPolicy], result: MatchResult, facts: Facts, titles: Mapping[str, str], how: Rendering
) -> dict[str, dict[str, Any]]:
    """What is to be said of these policies, wherever they hold; ``titles`` are those that may be named."""
    said = _Said(facts)
    return {each.id: _policy(each, result, said, titles, how) for each in policies}


def _zone(
    outcome: ZoneOutcome, fit: str, result: MatchResult, shared: dict[str, dict[str, Any]], catalogue: Catalogue
) -> dict[str, Any]:
    profile = catalogue.zones[outcome.zone]
    ids = [id for id in shared if outcome.zone in catalogue.policies[id].zones]
    ids.sort(key=lambda id: _rank(result.policies[id]))
    return {
        "zone": outcome.zone,
        "name": profile.name,
        "short": profile.short,
        "industry_fit": fit,
        "certain_fen": outcome.certain,
        "possible_fen": outcome.possible,
        "amount_unknown": outcome.amount_unknown,
        "met": outcome.met,
        "unknown": outcome.unknown,
        "by_year": _years(outcome.by_year),
        "limits_reached": [
            {"title": title, "limit_fen": limit, "before_fen": before, "after_fen": after, "certain": certain}
            for title, limit, before, after, certain in outcome.reached
        ],
        "policies": [_in_zone(shared[id], id, outcome, catalogue) for id in ids],
    }


def _years(years: Sequence[Year]) -> list[dict[str, Any]]:
    return [{"year": year, "certain_fen": certain, "possible_fen": possible} for year, certain, possible in years]


def _rank(outcome: PolicyOutcome) -> tuple[int, int, float]:
    possible = outcome.possible if outcome.possible is not None else float("inf") if outcome.known else -1
    return _VERDICT_RANK[outcome.verdict], -outcome.certain, -possible


def _in_zone(policy: dict[str, Any], id: str, outcome: ZoneOutcome, catalogue: Catalogue) -> dict[str, Any]:
    why = outcome.left_out.get(id)
    return policy | {
        "in_best_combination": why is None and policy["verdict"] != VERDICTS[NOT_MET],
        "left_out_because": None if why is None else left_out_reason(why, id, catalogue),
        "left_out_kind": None if why is None else why[0],
    }


def _policy(
    compiled: CompiledPolicy, result: MatchResult, said: _Said, titles: Mapping[str, str], how: Rendering
) -> dict[str, Any]:
    facts, outcome, phrases = said.facts, result.policies[compiled.id], compiled.phrases
    open_questions = gaps(compiled, outcome, facts)
    near = nearest(compiled, outcome, facts, result.as_of, said.read) if how.nearest else NOTHING
    return {
        **phrases.written,
        **_marks(compiled.policy, result.as_of),
        "verdict": VERDICTS[outcome.verdict],
        "certain_fen": outcome.certain,
        "possible_fen": outcome.possible,
        "amount_unknown": not outcome.known,
        "in_best_combination": False,
        "left_out_because": None,
        "left_out_kind": None,
        "conditions": [
            _condition(sentence, verdict, said, result.as_of)
            for sentence, verdict in zip(phrases.sentences, outcome.leaves, strict=True)
        ],
        "missing_facts": open_questions.missing,
        "unclear_facts": open_questions.unclear,
        "nearest": [{"fact": each.fact, "from": each.from_, "to": each.to, "text": each.text} for each in near.changes],
        "nearest_asks": list(near.asks),
        "calculation": reckoning(compiled, outcome, facts, result.as_of),
        "by_year": _years(outcome.by_year(result.as_of.year) if outcome.years else ()),
        "terms": terms(compiled, outcome, facts, result.as_of, titles),
    }


def _marks(policy: Policy, as_of: date) -> dict[str, Any]:
    """What sets a policy apart, only where something does, so that answers given before compare as they are."""
    hidden = hidden_on(policy, as_of)
    return ({"former": True} if policy.former else {}) | ({} if hidden is None else {"hidden_because": hidden})


def _condition(sentence: Sentence, verdict: int, said: _Said, as_of: date) -> dict[str, Any]:
    """One condition with what the facts say of it.

    Of what several facts come to together, the first that is still open is named, or else the first; a condition on the
    calendar alone names none.
    """
    if sentence.of is not None:
        return {**sentence.blank, **said[sentence.of], "verdict": sentence.verdicts[verdict]}
    leaf, found = sentence.leaf, sentence.blank | {"verdict": sentence.verdicts[verdict]}
    if len(leaf.facts) > 1:
        found["fact"] = next((each for each in leaf.facts if each not in said.facts), leaf.facts[0])
    if leaf.facts:
        found |= said[found["fact"]]
    if leaf.fact is None:
        found["value"] = None
    if leaf.quantity is not None:
        found["computed"] = shown_quantity(leaf.quantity, said.facts, as_of)
    return found


class _Said(dict[str, dict[str, Any]]):
    """What is said of each fact that conditions name, once for all of them."""

    def __init__(self, facts: Facts) -> None:
        super().__init__()
        self.facts = facts
        self.read: Readings = {}

    def __missing__(self, name: str) -> dict[str, Any]:
        value = self.facts.get(name)
        said = self[name] = {
            "value": None if value is None or value.state != "value" else _json(value.value),
            "as_written": None if value is None else value.as_written,
            "shown": shown(name, value),
            "state": "missing" if value is None else value.state,
            "source": None if value is None else {"kind": value.source.kind, "id": value.source.id},
        }
        return said


def _json(plain: Any) -> Any:
    if not isinstance(plain, Amount):
        return plain
    return {
        "low": plain.low,
        "high": plain.high,
        "currency": plain.currency,
        "approximate": plain.approximate,
        "pending": plain.pending,
        "as_written": plain.as_written,
    }

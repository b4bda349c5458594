"""The twenty published clauses: at each of their edges an example just under, on, just over, and not known.

An edge is a figure of the clause and the smallest step that anybody would write; examples stand on its sides when they
differ from each other in nothing but that one fact. What must come out of each was worked out by hand, in the file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FACTS, parse_value
from services.incentives.authored import read_yaml
from services.incentives.policy import Policy, leaves_of, policy_of
from services.incentives.policy.examples import Example
from services.incentives.policy.parts import fen_of

FILES = {
    path.stem: path for path in (Path(__file__).resolve().parents[2] / "services/incentives/policies").rglob("*.yaml")
}


class Edge(NamedTuple):
    """A figure of a clause: of which fact, in which steps.

    ``over`` is whether it decides the verdict (``met`` from it on, or with ``beyond`` only past it), or is where the
    sum reaches a cap (``cap``) or enters another band (``band``).
    """

    policy: str
    fact: str
    at: Any
    step: Any
    kind: str = "met"


YUAN = "1元"
CLAUSES: dict[int, tuple[str, list[Edge]]] = {
    1: ("S22", [
        Edge("donghu-2025-software-rd", "rd_ratio", "15%", "0.01%"),
        Edge("donghu-2025-software-rd", "rd_spending", "2000万元", YUAN, "cap"),
    ]),
    2: ("S22", [Edge("donghu-2025-software-platform", "total_investment", "1亿元", YUAN, "beyond")]),
    3: ("S23", [
        Edge("donghu-2023-digital-headquarters", "insured_headcount", 1, 1),
        Edge("donghu-2023-ai-platform-match", "upper_level_grant", "1元", YUAN, "band"),
    ]),
    4: ("S24", [Edge("jingkai-2019-district-contribution-cap", "stay_years", 5, 1)]),
    5: ("S25", [
        Edge("jingkai-2020-icv-headquarters", "fixed_asset_investment", "2亿元", YUAN),
        Edge("jingkai-2020-icv-headquarters", "valuation", "20亿元", YUAN),
        Edge("jingkai-2020-icv-headquarters", "total_investment", "5亿元", YUAN, "cap"),
    ]),
    6: ("S26", [
        Edge("jiangxia-2023-headquarters-landing", "paid_in_capital", "20亿元", YUAN, "cap"),
        Edge("jiangxia-2023-leading-enterprise", "paid_in_capital", "1亿元", YUAN),
        Edge("jiangxia-2023-leading-enterprise", "paid_in_capital", "1333333333.34元", "0.01元", "cap"),
    ]),
    7: ("S27", [
        Edge("jiangxia-2023-multi-storey-plant", "floor_area_sqm", 30000, 0.01, "cap"),
        Edge("jiangxia-2023-land-floor-price", "land_metric_multiple", 2, 0.01),
    ]),
    8: ("S28", [
        Edge("wuhan-2019-headquarters-recognition", fact, at, YUAN)
        for fact, figures in (
            ("annual_revenue", ("20亿元", "10亿元", "5亿元")),
            ("fiscal_contribution", ("3000万元", "2000万元")),
        )
        for at in figures
    ]),
    9: ("S29", [
        Edge("caidian-introducer-domestic", "fixed_asset_investment", "1亿元", YUAN),
        Edge("caidian-introducer-domestic", "fixed_asset_investment", "15亿元", "5元", "cap"),
        Edge("caidian-introducer-foreign", "foreign_capital", "1000万美元", "1美元"),
    ]),
    10: ("S30", [
        Edge("qingdao-xihaian-2022-headquarters", "paid_in_capital", "1亿元", YUAN),
        Edge("qingdao-xihaian-2022-headquarters", "paid_in_capital", "40亿元", YUAN, "cap"),
    ]),
    11: ("S31", [
        Edge("sanya-2018-headquarters-opening", "paid_in_capital", "5000万元", YUAN, "band"),
        Edge("sanya-2018-headquarters-opening", "paid_in_capital", "2亿元", YUAN, "band"),
        Edge("sanya-2018-headquarters-opening", "paid_in_capital", "7.5亿元", YUAN, "cap"),
    ]),
    12: ("S32", [
        Edge("qianhai-2023-headquarters-rent", "rent_area_sqm", 150, 0.01),
        Edge("qianhai-2023-headquarters-rent", "rent_area_sqm", 6944.444445, 0.01, "cap"),
        Edge("qianhai-2023-office-rent", "rent_area_sqm", 150, 0.01),
        Edge("qianhai-2023-office-purchase", "floor_area_sqm", 10000, 0.01, "cap"),
    ]),
    13: ("S33", [
        Edge("ningbo-2020-major-project", "total_investment", "1亿元", YUAN),
        Edge("ningbo-2020-major-project", "equipment_investment", "18500万元", YUAN, "cap"),
    ]),
    14: ("S34", [
        Edge("changfeng-new-industrial-project", "fixed_asset_investment", "1000万元", YUAN),
        Edge("changfeng-new-industrial-project", "fixed_asset_investment", "2亿元", YUAN, "cap"),
    ]),
    15: ("S35", []),
    16: ("S36", [
        Edge("suizhou-2025-sci-tech-loan", "loan_amount", "2500万元", YUAN, "cap"),
        Edge("suizhou-2025-sci-tech-loan", "loan_amount", "3333.3334万元", YUAN, "cap"),
    ]),
    17: ("S37", [
        Edge("jiangsu-2026-manufacturing-loan", "loan_amount", "3亿元", YUAN, "cap"),
        Edge("jiangsu-2026-manufacturing-loan", "loan_amount", "6亿元", YUAN, "cap"),
    ]),
    18: ("S38", [
        Edge("suzhou-sip-2023-first-job", "local_first_jobs", 400, 1, "cap"),
        Edge("suzhou-sip-2023-first-job", "contract_years", 1, 1),
        Edge("suzhou-sip-2023-first-job", "insured_months", 3, 1),
    ]),
    19: ("S39", [Edge("huizhou-2016-headquarters-clawback", "stay_years", 5, 1)]),
    20: ("S40", [
        Edge("longwen-2018-headquarters", "paid_in_capital", "5000万元", YUAN),
        Edge("longwen-2018-headquarters", "paid_in_capital", "1亿元", YUAN, "band"),
    ]),
}  # fmt: skip
EDGES = [(number, edge) for number, (_, edges) in CLAUSES.items() for edge in edges]
DAYS = ((2020, 12, 31), (2021, 1, 1), (2023, 12, 31), (2024, 1, 1))


def policy(name: str) -> Policy:
    return policy_of(read_yaml(FILES[name].read_text("utf-8"), name))


def number_of(fact: str, written: Any) -> int | None:
    """A fact in its smallest unit; None where it is not known."""
    value = None if written is None else parse_value(FACTS[fact], written)
    if isinstance(value, Amount):
        return None if value.pending else value.low
    assert value is None or isinstance(value, int)
    return value


class Sides(NamedTuple):
    """Examples that differ in one fact: under an edge, on it, over it; and where it is not known."""

    under: Example
    on: Example
    over: Example
    unknown: Example | None


def sides(edge: Edge) -> list[Sides]:
    """Every set of examples around an edge."""
    at, step = number_of(edge.fact, edge.at), number_of(edge.fact, edge.step)
    assert at is not None
    assert step is not None
    rows: dict[str, dict[int | None, Example]] = {}
    for each in policy(edge.policy).examples:
        others = {name: value for name, value in each.facts.items() if name != edge.fact}
        key = repr((sorted(others.items(), key=lambda pair: pair[0]), each.beside))
        rows.setdefault(key, {})[number_of(edge.fact, each.facts.get(edge.fact))] = each

    def nearest(row: dict[int | None, Example], low: int, high: int) -> Example | None:
        return next((each for number, each in row.items() if number is not None and low <= number <= high), None)

    found = []
    for row in rows.values():
        under, over = nearest(row, at - step, at - 1), nearest(row, at + 1, at + step)
        if under is not None and over is not None and at in row:
            found.append(Sides(under, row[at], over, row.get(None)))
    return found


def sums(example: Example) -> tuple[int, int]:
    """What must come out, at least and at most."""
    least = example.amount if example.certain is None else example.certain
    most = example.amount if example.possible is None else example.possible
    assert least is not None
    assert most is not None
    return fen_of(least), fen_of(most)


def test_there_are_twenty_clauses_and_each_has_its_files() -> None:
    assert list(CLAUSES) == list(range(1, 21))
    for source, edges in CLAUSES.values():
        for edge in edges:
            read = policy(edge.policy)
            assert (read.standing, read.source.reference) == ("historical", source)
            assert read.source.grade


def test_every_published_clause_is_among_them() -> None:
    historical = {name for name in FILES if policy(name).standing == "historical"}
    without_figures = {"shenzhen-2024-headquarters", "sanya-2018-international-body"}
    assert historical == {edge.policy for _, edge in EDGES} | without_figures


@pytest.mark.parametrize(("number", "edge"), EDGES, ids=[f"{number}-{edge.fact}-{edge.at}" for number, edge in EDGES])
def test_just_under_exactly_and_just_over(number: int, edge: Edge) -> None:
    found = sides(edge)
    assert found, f"clause {number} has no examples around {edge.fact} {edge.at}"
    for each in found:
        verdicts = each.under.verdict, each.on.verdict, each.over.verdict
        if edge.kind == "met":
            assert verdicts == ("not_met", "met", "met")
        elif edge.kind == "beyond":
            assert verdicts == ("not_met", "not_met", "met")
        else:
            assert verdicts == ("met", "met", "met")
            _sums_at(edge, each)


def _sums_at(edge: Edge, each: Sides) -> None:
    """Up to a cap the sum grows, from it on it stays; at a band it grows otherwise than before."""
    (under, _), (on, _), (over, _) = map(sums, (each.under, each.on, each.over))
    if edge.kind == "cap":
        assert under < on == over
    else:
        assert on - under != over - on or under < on < over


@pytest.mark.parametrize(("number", "edge"), EDGES, ids=[f"{number}-{edge.fact}-{edge.at}" for number, edge in EDGES])
def test_and_not_known(number: int, edge: Edge) -> None:
    """The same project without the fact: open where it decides, otherwise a sum within bounds."""
    unknown = [
        each
        for each in policy(edge.policy).examples
        if number_of(edge.fact, each.facts.get(edge.fact)) is None and set(each.facts) >= _others(edge)
    ]
    assert unknown, f"clause {number}: {edge.fact} is never unknown"
    if edge.kind in ("met", "beyond"):
        assert any(each.verdict == "unknown" for each in unknown)
    else:
        assert any(each.possible is None or sums(each)[0] < sums(each)[1] for each in unknown)


def _others(edge: Edge) -> set[str]:
    """The facts that all examples around the edge state besides."""
    return set.intersection(*(set(each.on.facts) for each in sides(edge))) - {edge.fact}


@pytest.mark.parametrize("edge", [edge for _, edge in EDGES if edge.kind in ("met", "beyond")], ids=str)
def test_the_edge_stands_in_the_clause(edge: Edge) -> None:
    thresholds = {
        number_of(edge.fact, figure)
        for leaf in leaves_of(policy(edge.policy).requirements)
        if leaf.fact == edge.fact
        for figure in (leaf.value.values if hasattr(leaf.value, "values") else [leaf.value])
        if figure != "none"
    }
    assert number_of(edge.fact, edge.at) in thresholds


def test_a_clause_of_days_has_them_on_both_sides() -> None:
    """Clause 12 goes by the year of entry: the day before it begins, its first and last, and the day after."""
    by_day = {each.facts.get("entry_date"): each for each in policy("qianhai-2023-office-rent").examples}
    verdicts = {str(day): each.verdict for day, each in by_day.items()}
    assert [verdicts[f"{y}-{m:02}-{d:02}"] for y, m, d in DAYS] == ["not_met", "met", "met", "not_met"]
    assert verdicts["None"] == "unknown"


def test_a_clause_of_steps_has_one_for_each() -> None:
    """Clause 15 has no figure to fall short of: recognition and the check of the next year are its edges."""
    told = {
        (each.facts.get("city_recognised_headquarters"), each.facts.get("yearly_check_passed")): each
        for each in policy("shenzhen-2024-headquarters").examples
    }
    assert [told[key].verdict for key in ((False, None), (True, False), (True, True), (None, True))] == [
        "not_met", "met", "met", "unknown",
    ]  # fmt: skip
    assert [sums(told[True, passed]) for passed in (False, True)] == [(200_000_000,) * 2, (500_000_000,) * 2]


def test_the_flat_sum_of_clause_11_has_yes_no_and_unknown() -> None:
    verdicts = {each.verdict for each in policy("sanya-2018-international-body").examples}
    assert verdicts == {"met", "not_met", "unknown"}


def test_the_sums_were_worked_out_in_the_file() -> None:
    """Beside every sum at an edge stands how it came about."""
    for name in {edge.policy for _, edge in EDGES if edge.kind in ("cap", "band")}:
        text = FILES[name].read_text("utf-8").partition("# 边界：")[2]
        sums = [line for line in text.splitlines() if line.strip().startswith(("amount:", "certain:"))]
        assert sum("  # " in line for line in sums) >= len(sums) - 4, name

"""The shared ledger against what its rows mean, field by field."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.stages import LeadState
from contracts.vocabulary.zones import ZONES
from services.leads.ledger import Ledger, LedgerRow, project_key
from tests.leads.ledger.conftest import read_here

FIRST_ROW = 4
BAD_CODES = [23, 33, 34, 46, 53, 82, 91, 125, 139, 159, 220, 236, 246]


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return read_here(Path(__file__).resolve().parents[2] / "data" / "ledger" / "lead-ledger.xlsx")


@pytest.fixture(scope="module")
def truth() -> list[dict[str, Any]]:
    path = Path(__file__).resolve().parents[2] / "data" / "ledger" / "lead-ledger.truth.json"
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return rows


def meaning(row: LedgerRow) -> dict[str, Any]:
    """A row in the words of the truth file."""
    state = row.state.label if row.state and row.state is not LeadState.active else None
    return {
        "investor": row.investor,
        "uscc": row.unified_social_credit_code,
        "uscc_valid": row.code_valid,
        "total_investment_fen": figure(row.total_investment),
        "fixed_asset_investment_fen": figure(row.fixed_asset_investment),
        "stage": state or (row.stage.label if row.stage else None),
        "zone": ZONES[row.zone].short if row.zone else None,
        "source_mode": row.source_mode.label.removesuffix("招商") if row.source_mode else None,
        "first_contact": row.first_contact,
        "updated": row.updated,
    }


def figure(amount: Amount | None) -> Any:
    if amount is None or amount.pending:
        return None
    if amount.currency != "CNY":
        return {"currency": amount.currency, "cents": amount.low}
    return amount.low if amount.is_exact else {"low": amount.low, "high": amount.high}


def test_every_data_row_is_read_and_no_other(ledger: Ledger, truth: list[dict[str, Any]]) -> None:
    assert [row.row for row in ledger] == list(range(FIRST_ROW, FIRST_ROW + len(truth)))
    assert len(ledger) == 249
    assert not any(row.is_refused for row in ledger)


def test_fields_agree_with_the_truth(ledger: Ledger, truth: list[dict[str, Any]]) -> None:
    wrong = [
        (row.row, field, value, expected[field])
        for row, expected in zip(ledger, truth, strict=True)
        for field, value in meaning(row).items()
        if value != expected[field]
    ]
    # one bad code is kept in lower case as written, where the truth file has it in upper case
    assert wrong == [(125, "uscc", "91420100xmu7a1u5wd", "91420100XMU7A1U5WD")]
    assert len(wrong) <= 0.01 * 10 * len(truth)


def test_bad_codes_are_kept_and_named_by_row(ledger: Ledger) -> None:
    bad = [row for row in ledger if row.code_valid is False]
    assert [row.row for row in bad] == BAD_CODES
    for row in bad:
        (problem,) = row.problems
        assert problem.column == "统一社会信用代码"
        assert problem.value == row.unified_social_credit_code
        assert "营业执照" in problem.message
    assert sum(len(row.problems) for row in ledger) == len(bad)


def test_repeats_share_the_key_of_the_row_they_repeat(ledger: Ledger, truth: list[dict[str, Any]]) -> None:
    by_key: dict[str, list[int]] = defaultdict(list)
    for row in ledger:
        by_key[project_key(row.investor or "", row.title or "")].append(row.row)
    assert len(by_key) == 240
    marked = {FIRST_ROW + place for place, row in enumerate(truth) if row.get("duplicate")}
    pairs = [rows for rows in by_key.values() if len(rows) > 1]
    assert all(len(rows) == 2 for rows in pairs)
    assert all(len(marked & set(rows)) == 1 for rows in pairs)
    assert len(pairs) == len(marked) == 9


def test_amounts_stay_what_they_are(ledger: Ledger) -> None:
    amounts = [amount for row in ledger if (amount := row.total_investment) is not None]
    assert len(amounts) == 249
    assert sum(amount.pending for amount in amounts) == 12
    assert sum(amount.currency == "USD" for amount in amounts) == 7
    assert sum(amount.low != amount.high for amount in amounts) == 12
    assert any(amount.approximate for amount in amounts)
    assert all(amount.as_written for amount in amounts)


def test_rented_space_is_kept_in_words(ledger: Ledger) -> None:
    rented = [row for row in ledger if row.remark and "用地需求（亩）：租赁" in row.remark]
    assert len(rented) == 11
    assert all(row.land_mu is None for row in rented)
    assert {row.land_mu for row in ledger if row.land_mu} <= {n * 1_000_000 for n in (20, 30, 50, 80, 120, 200)}


def test_people_and_industry_are_read(ledger: Ledger) -> None:
    row = next(iter(ledger))
    assert (row.owner, row.referrer, row.contact_name, row.contact_phone) == ("沈文文", "郑涵子", "吴子", "18030824628")
    assert (row.industry_chain, row.industry_code, row.suggested_codes) == ("ai", "6513", ("6513",))
    assert "首谈人：钱博" in (row.remark or "")
    assert all(len(row.contact_phone or "") == 11 for row in ledger)
    assert all(row.suggested_codes for row in ledger)
    assert all(row.industry_code is None or row.industry_code.startswith(row.suggested_codes) for row in ledger)

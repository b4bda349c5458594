"""What a ledger's row means once read; pure data that crosses from the reading process."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage


class LedgerError(ValueError):
    """A file cannot be read as a ledger; the message says why and what to do, in Chinese."""


class RowProblem(BaseModel):
    """A cell that could not be read as what its column holds; it is kept as written."""

    model_config = ConfigDict(frozen=True)

    column: str
    value: str
    message: str


class LedgerRow(BaseModel):
    """One row. ``row`` is its number in the sheet, from 1; dates are ``2026-11-23`` or ``2026-11``."""

    model_config = ConfigDict(frozen=True)

    row: int
    title: str | None = None
    investor: str | None = None
    unified_social_credit_code: str | None = None
    code_valid: bool | None = None
    industry_chain: str | None = None
    industry_chain_as_written: str | None = None
    industry_code: str | None = None
    suggested_codes: tuple[str, ...] = ()
    summary: str | None = None
    total_investment: Amount | None = None
    fixed_asset_investment: Amount | None = None
    land_mu: int | None = None
    source_mode: SourceMode | None = None
    referrer: str | None = None
    first_contact: str | None = None
    first_contact_by: str | None = None
    owner: str | None = None
    zone: str | None = None
    stage: Stage | None = None
    state: LeadState | None = None
    progress: str | None = None
    updated: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    remark: str | None = None
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """The data rows of a ledger, in the order of the sheets."""

    rows: tuple[LedgerRow, ...]

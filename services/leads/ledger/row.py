"""What a ledger's row means once read; pure data that crosses from the reading process."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage

SHEET_STEP = 100_000
"""Rows of a workbook's second ledger sheet count from here, so that a row number is unique in its workbook."""


class RowProblem(BaseModel):
    """A cell that could not be read as what its column holds; it is kept as written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    value: str
    message: str


class LedgerRow(BaseModel):
    """One row.

    ``row`` is its number in the sheet, from 1, plus :data:`SHEET_STEP` for each ledger sheet before it. Dates
    are ``2026-11-23`` or ``2026-11``. The title and the investor are None only where the row names neither;
    where it names one, the other says that it is still to be filled in.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    sheet: str = ""
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

    @property
    def row_in_sheet(self) -> int:
        """The number a reader sees beside the row."""
        return self.row % SHEET_STEP

    @property
    def is_refused(self) -> bool:
        """Whether nothing says whose lead this is."""
        return self.title is None and self.investor is None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The data rows of a ledger, in the order of the sheets, each a line of JSON until it is asked for.

    Ten thousand rows as objects would make every run of the garbage collector stop the event loop for long.
    """

    lines: Sequence[bytes]

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.lines)

    def __iter__(self) -> Iterator[LedgerRow]:
        """Each row in turn."""
        return (LedgerRow.model_validate_json(line) for line in self.lines)

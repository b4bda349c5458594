"""What the leads API gives of ledger imports."""

from __future__ import annotations

from typing import Literal

from contracts.leads import ImportCounts
from contracts.vocabulary.amount import Amount
from kit.web import Answer


class Progress(Answer):
    """How far long work is, in rows."""

    done: int
    total: int | None


class Job(Answer):
    """Long work under way or ended."""

    id: str
    kind: Literal["import", "export"]
    state: Literal["queued", "running", "finished", "failed", "cancelled"]
    progress: Progress
    detail: str | None
    created_at: str
    finished_at: str | None


class ExportSummary(Job):
    """One export; ``size`` in bytes once there is a file."""

    file_name: str
    size: int | None
    expires_at: str


class ImportSummary(Job):
    """One ledger import."""

    import_id: str
    file_name: str
    importer: str
    counts: ImportCounts


class RowProblem(Answer):
    """A cell that could not be read as what its column holds."""

    column: str
    value: str
    message: str


class ImportRow(Answer):
    """How one row of a ledger ended."""

    row: int
    result: Literal["created", "linked", "refused"]
    lead: str | None
    title: str | None
    investor: str | None
    unified_social_credit_code: str | None
    code_valid: bool | None
    total_investment: Amount | None
    fixed_asset_investment: Amount | None
    stage: str | None
    zone: str | None
    source_mode: str | None
    first_contact: str | None
    updated: str | None
    problems: list[RowProblem]


class ImportReport(Answer):
    """A finished import with all its rows."""

    import_id: str
    counts: ImportCounts
    rows: list[ImportRow]

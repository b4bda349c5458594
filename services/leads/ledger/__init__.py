"""The lead ledger an office keeps in a workbook, read as it is: titles, units, totals, disorder and all."""

from services.leads.ledger.reader import read_ledger
from services.leads.ledger.row import Ledger, LedgerError, LedgerRow, RowProblem

__all__ = ["Ledger", "LedgerError", "LedgerRow", "RowProblem", "read_ledger"]

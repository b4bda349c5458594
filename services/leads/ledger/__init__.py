"""The lead ledger an office keeps in a workbook, read as it is: titles, units, totals, disorder and all.

:func:`read_ledger` is all that others need. Behind it: ``workbook`` (cells of a file that may be hostile),
``columns`` and ``header`` (what stands where), ``cells`` (what one cell means), ``parse`` (rows), ``repeats``.
"""

from services.leads.ledger.errors import LedgerError
from services.leads.ledger.reader import read_ledger
from services.leads.ledger.repeats import project_key
from services.leads.ledger.row import Ledger, LedgerRow, RowProblem

__all__ = ["Ledger", "LedgerError", "LedgerRow", "RowProblem", "project_key", "read_ledger"]

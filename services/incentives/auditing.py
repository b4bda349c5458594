"""What the audit log is told of acts on policies and code tables: who, what and why."""

from __future__ import annotations

from functools import partial

from contracts.incentives import IncentivesAudited
from operating import auditing

OFFICE = "city"
"""Editors and reviewers work for the whole city."""

told = partial(auditing.told, IncentivesAudited, office=OFFICE)
"""Somebody did something to a policy or a code table."""

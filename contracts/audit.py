"""What the audit log is told: every service says on its own topic what was done, in the save that did it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from contracts.event import EventData

Line = Annotated[str, Field(max_length=500)]


class AuditedChange(BaseModel):
    """One field before and after, as text; of a contact the field's name only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    before: Line | None = None
    after: Line | None = None


class Audited(EventData):
    """Somebody did something to a record.

    ``office`` is the desk in whose log it stands: a zone or ``city``. ``who`` is an account's id, empty for a
    visitor. ``what`` names the act (``contact.unmasked``), ``subject`` the record's kind and id (``contact:018f…``),
    ``label`` what people call it, a code name where it is confidential. Never a contact, phone, note or free text
    of a record; ``why`` is the reason that was given for the act.
    """

    office: str
    who: str
    role: str
    what: Annotated[str, Field(pattern=r"^[a-z_]+\.[a-z_]+$")]
    subject: str
    label: Line = ""
    changes: list[AuditedChange] = Field(default=[], max_length=200)
    why: Line | None = None
    at: str
    trace: str | None = None

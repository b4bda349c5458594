"""What a visitor or partner asked of a zone, what the office wrote back, and which steps are still to come."""

from __future__ import annotations

from typing import Any

from contracts.vocabulary.facts import FactValue
from kit.errors import Conflict
from services.leads.model.lead import CITY, ORG, Act, Stored

MAKE_LEAD, MESSAGE, WITHDRAWAL = "lead", "message", "withdrawal"


class AlreadySaid(Conflict):
    """A visitor adds one message, and withdraws once."""

    slug, title = "enquiry-already-added-to", "已经补充过了"


class Reply(Stored):
    """What the office wrote back."""

    text: str
    at: str
    by: str


class Enquiry(Stored):
    """An enquiry. ``person`` is the contact, sealed under the enquiry's own key until the lead has it.

    ``on_duty``: somebody was to answer it when its lead came to be. ``pending`` names the effects on the lead that
    are still to come, in order; each happens once.
    """

    schema_number: int = 1
    id: str
    revision: int = 0
    zone: str
    organisation: str
    org: str | None = None
    question: str
    facts: dict[str, FactValue]
    decision: str | None = None
    person: str | None = None
    salt: str
    code_digest: str
    body_digest: str
    at: str
    respond_by: str
    lead_id: str | None = None
    on_duty: bool = False
    replies: tuple[Reply, ...] = ()
    message: str | None = None
    message_at: str | None = None
    withdrawn_at: str | None = None
    pending: tuple[str, ...] = (MAKE_LEAD,)
    unfinished: bool = True

    @property
    def readers(self) -> frozenset[str]:
        """Who may see it: the zone's desk, the city bureau, the partner that asked."""
        asked = () if self.org is None else (f"{ORG}{self.org}",)
        return frozenset((CITY, f"zone:{self.zone}", *asked))

    @property
    def public_title(self) -> str:
        """What it is called in lists, messages and the log; also the title of the lead that it makes."""
        return f"{self.organisation[:190]}咨询"


def replied(enquiry: Enquiry, text: str, act: Act) -> Enquiry:
    """The office writes back."""
    replies = (*enquiry.replies, Reply(text=text, at=act.at, by=act.by))
    return _with(enquiry, f"reply-{len(replies)}", replies=replies)


def added_to(enquiry: Enquiry, text: str, at: str) -> Enquiry:
    """The visitor adds a message.

    Raises:
        AlreadySaid: there is one.
    """
    if enquiry.message is not None:
        raise AlreadySaid("每条咨询可以补充一次说明，您已经补充过了。有新的问题，请另提一条咨询。")
    return _with(enquiry, MESSAGE, message=text, message_at=at)


def withdrawn(enquiry: Enquiry, at: str) -> Enquiry:
    """The visitor no longer consents to the use of their contact; saying so again changes nothing."""
    return enquiry if enquiry.withdrawn_at else _with(enquiry, WITHDRAWAL, withdrawn_at=at)


def without(enquiry: Enquiry, step: str, **changes: Any) -> Enquiry:
    """A step is done."""
    pending = tuple(each for each in enquiry.pending if each != step)
    return enquiry.model_copy(update={"pending": pending, "unfinished": bool(pending), **changes})


def _with(enquiry: Enquiry, step: str, **changes: Any) -> Enquiry:
    return enquiry.model_copy(update={"pending": (*enquiry.pending, step), "unfinished": True, **changes})

"""Where free texts name a person: found and replaced however the number is spaced or the address is capitalised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from contracts.vocabulary.personal_data import REMOVED
from kit.ports import Ports
from kit.store.port import Eq, Scope
from services.leads.contacts import Person, open_person
from services.leads.model import Lead
from services.leads.repository import CONTACTS

SHORTEST_NAME = 2
SHORTEST_NUMBER = 7
CHINESE_NUMBER = 13
"""With the country code 86, which a note may leave out."""
AROUND = 30
_EVERYBODY = Scope.system("people whom a reason in the log must not name, whoever may read of them")
_GAP = r"[\s\-—.()（）]*"


_ANYBODYS = re.compile(
    rf"(?<!\d)(?:\+?86{_GAP})?1[3-9](?:{_GAP}\d){{9}}(?!\d)|(?<!\d)0\d{{2,3}}{_GAP}\d{{7,8}}(?!\d)|[^\s@，。；：]+@[\w-]+(?:\.[\w-]+)+"
)
"""A mobile number, a number with its area code, an address."""


class Traces:
    """One person's name, numbers and addresses as a pattern. Names of one character are not looked for."""

    def __init__(self, person: Person) -> None:
        words = [person.name, person.phone, person.email, *person.former]
        patterns = {pattern for word in words if word and (pattern := _pattern(word.strip()))}
        longest_first = sorted(patterns, key=len, reverse=True)
        self._pattern = re.compile("|".join(longest_first), re.IGNORECASE) if longest_first else None

    def removed(self, value: Any) -> Any:
        """The value with every trace replaced, in texts at any depth."""
        if isinstance(value, str):
            return self._pattern.sub(REMOVED, value) if self._pattern else value
        if isinstance(value, dict):
            return {name: self.removed(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.removed(each) for each in value]
        return value

    def excerpts(self, text: str | None) -> Iterator[str]:
        """The words around each trace."""
        for found in self._pattern.finditer(text or "") if self._pattern else ():
            yield (text or "")[max(0, found.start() - AROUND) : found.end() + AROUND]


async def impersonal(ports: Ports, lead_id: str, reason: str) -> str:
    """A reason as it may stand in the log, out of which nobody can be taken later.

    It names none of the people whom the lead keeps, and nobody's number or address: that may be one's whom the lead
    will keep tomorrow.
    """
    said = _ANYBODYS.sub(REMOVED, reason)
    async for record in ports.store.scan(CONTACTS.name, _EVERYBODY, [Eq("lead_id", lead_id)]):
        if not record.body.get("erased"):
            said = str(Traces(await open_person(ports, record)).removed(said))
    return said


LEAD_TEXTS = ("summary", "facts", "referrer", "next_plan", "owner_as_written", "todo", "history", "first_contact")


def without(lead: Lead, traces: Traces) -> Lead:
    """The lead with a person removed from its free texts; what others were told of it stays as it is."""
    body = lead.model_dump(mode="json")
    return Lead.model_validate(body | {name: traces.removed(body[name]) for name in LEAD_TEXTS})


def _pattern(word: str) -> str | None:
    digits = re.sub(r"\D", "", word)
    if len(digits) >= SHORTEST_NUMBER and not re.search(r"[^\W\d_]", word):
        return _GAP.join(digits.removeprefix("86") if len(digits) == CHINESE_NUMBER else digits)
    if len(word) < SHORTEST_NAME:
        return None
    return r"\s*".join(re.escape(character) for character in word if not character.isspace())

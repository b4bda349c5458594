"""Where free texts name a person: found and replaced however the number is spaced or the address is capitalised."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from contracts.vocabulary.personal_data import REMOVED
from services.leads.contacts import Person
from services.leads.model import Lead

SHORTEST_NAME = 2
SHORTEST_NUMBER = 7
CHINESE_NUMBER = 13
"""With the country code 86, which a note may leave out."""
AROUND = 30
_GAP = r"[\s\-—.()（）]*"


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

"""Sums of amounts as people state them: ranges, other currencies and 待定 stay visible beside the sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.vocabulary.amount import Amount, format_amount, format_fen

SAFE = 9 * 10**15
"""Beyond it JSON readers lose digits, so sums become text."""

HOME = "CNY"


def amount_state(amount: Mapping[str, Any] | None) -> str:
    """Whether an amount can be summed: exact, range, foreign, pending or none."""
    if amount is None:
        return "none"
    if amount["pending"] or (amount["low"] is None and amount["high"] is None):
        return "pending"
    if amount["currency"] != HOME:
        return "foreign"
    return "exact" if amount["low"] == amount["high"] else "range"


def countable_fen(amount: Mapping[str, Any] | None) -> int | None:
    """What an amount adds to a sum: its lower end in fen, None where it adds nothing."""
    if amount is None or amount_state(amount) not in ("exact", "range"):
        return None
    return int(amount["low"] or 0)


def json_safe(number: int) -> int | str:
    """A number as JSON may carry it without losing digits."""
    return number if abs(number) <= SAFE else str(number)


@dataclass(slots=True)
class MoneySum:
    """The exact sum of the lower ends in fen, the upper ends (None: one is open), and what is not in it."""

    low: int = 0
    high: int | None = 0
    counted: int = 0
    ranges: int = 0
    approximate: int = 0
    pending: int = 0
    missing: int = 0
    foreign: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def over(cls, amounts: Iterable[Mapping[str, Any] | None]) -> MoneySum:
        """The sum of these."""
        total = cls()
        for amount in amounts:
            total.add(amount)
        return total

    def add(self, amount: Mapping[str, Any] | None) -> None:
        """Take one more into account."""
        state = amount_state(amount)
        if amount is None:
            self.missing += 1
        elif state == "pending":
            self.pending += 1
        elif state == "foreign":
            self.foreign.setdefault(amount["currency"], []).append(dict(amount))
        else:
            self._count(amount, state)

    def _count(self, amount: Mapping[str, Any], state: str) -> None:
        self.counted += 1
        self.ranges += state == "range"
        self.approximate += bool(amount["approximate"])
        self.low += int(amount["low"] or 0)
        if amount["high"] is None or self.high is None:
            self.high = None
        else:
            self.high += int(amount["high"])

    def note(self) -> str | None:
        """In words what the number alone would hide; None where it hides nothing."""
        parts = [*self._range_words(), *self._foreign_words()]
        if self.approximate:
            parts.append(f"其中{self.approximate}笔为约数")
        if self.pending:
            parts.append(f"{self.pending}笔金额待定，未计入")
        if self.missing:
            parts.append(f"{self.missing}笔未填金额，未计入")
        return "；".join(parts) + "。" if parts else None

    def _range_words(self) -> list[str]:
        if not self.ranges:
            return []
        upper = "上限不封顶" if self.high is None else f"按上限合计{format_fen(self.high)}"
        return [f"{self.ranges}笔为区间，按下限计入，{upper}"]

    def _foreign_words(self) -> list[str]:
        words = []
        for currency in sorted(self.foreign):
            low, high, count = self._foreign_sum(currency)
            # A sum may exceed what one person may state, so it is not validated.
            text = format_amount(Amount.model_construct(low=low, high=high, currency=currency))
            words.append(f"另有{count}笔外币共{text}，未折算、未计入")
        return words

    def note_in_english(self) -> str | None:
        """The same in English."""
        parts = []
        if self.ranges:
            upper = "open above" if self.high is None else f"upper ends add up to {_plain(self.high, HOME)}"
            parts.append(f"{self.ranges} ranges counted at their lower end, {upper}")
        for currency in sorted(self.foreign):
            low, high, count = self._foreign_sum(currency)
            ends = _plain(low, currency) if high == low else f"{_plain(low, currency)} or more"
            parts.append(f"{count} in foreign currency not converted and not counted: {ends}")
        named = (("approximate", self.approximate), ("pending, not counted", self.pending))
        parts += [
            f"{count} {what}" for what, count in (*named, ("without an amount, not counted", self.missing)) if count
        ]
        return f"{'; '.join(parts)}." if parts else None

    def _foreign_sum(self, currency: str) -> tuple[int, int | None, int]:
        amounts = self.foreign[currency]
        highs = [each["high"] for each in amounts]
        return sum(int(each["low"] or 0) for each in amounts), None if None in highs else sum(highs), len(amounts)


def _plain(minor: int, currency: str) -> str:
    return f"{currency} {minor // 100:,}"

"""How amounts, dates and facts read on a screen, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from contracts.vocabulary.amount import Amount, format_amount, format_fen, format_fen_exact
from contracts.vocabulary.facts import FACTS, PPM, Fact
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from contracts.vocabulary.zones import ZONES
from gateway.pages.languages import Language, Translate, translator
from kit.clock import SHANGHAI

_WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
_CURRENCIES = {"CNY": "RMB"}
CITY = "city"
_SHORT_EN = {"donghu": "East Lake", "jingkai": "WEDZ", "linkonggang": "Airport"}
_STAGES = {stage.value for stage in Stage}


@dataclass(frozen=True, slots=True)
class Formats:
    """Everything a template shows, in one language, as of one instant."""

    language: Language
    now: datetime
    industries: Mapping[str, str] = field(default_factory=dict)

    @property
    def say(self) -> Translate:
        """The sentence in this language."""
        return translator(self.language)

    @property
    def today(self) -> date:
        """The date in Shanghai."""
        return self.now.astimezone(SHANGHAI).date()

    def fen(self, value: int | str | None) -> str:
        """Computed money, ``1.2亿元``; unbounded where there is none."""
        if value is None:
            return self.say("不设上限")
        return format_fen(int(value)) if self.language == "zh" else _english_money(int(value), "CNY")

    def exact(self, value: int | str | None) -> str:
        """Computed money to the fen, for tooltips."""
        return "" if value is None else format_fen_exact(int(value))

    def span(self, low: int, high: int | None) -> str:
        """A certain and a possible sum as one range."""
        if high == low:
            return self.fen(low)
        return f"{self.fen(low)} – {self.fen(high)}"

    def amount(self, value: Mapping[str, Any] | None) -> str:
        """A stated amount; a dash where nobody stated one."""
        if not value:
            return "—"
        amount = Amount.model_validate(dict(value))
        return format_amount(amount) if self.language == "zh" else _english_amount(amount)

    def amount_exact(self, value: Mapping[str, Any] | None) -> str:
        """A stated amount to the fen, with how it was written."""
        if not value or value.get("low") is None:
            return str(value.get("as_written") or "") if value else ""
        exact = " – ".join(dict.fromkeys(format_fen_exact(int(end)) for end in (value["low"], value["high"]) if end))
        written = value.get("as_written")
        return f"{exact}（{written}）" if written else exact

    def day(self, value: str | date | None) -> str:
        """A date: ``11月23日 周一``, the year where it is another; a month where only that is known."""
        if not value:
            return "—"
        if isinstance(value, str) and len(value) == 7:
            return f"{value[:4]}年{int(value[5:])}月" if self.language == "zh" else value
        day = value if isinstance(value, date) else date.fromisoformat(value[:10])
        other_year = day.year != self.today.year
        if self.language == "en":
            return f"{day:%a} {day.day} {day:%b}{day: %Y}" if other_year else f"{day:%a} {day.day} {day:%b}"
        year = f"{day.year}年" if other_year else ""
        return f"{year}{day.month}月{day.day}日 {_WEEKDAYS[day.weekday()]}"

    def short_day(self, value: str | None) -> str:
        """A date in a table: ``11-23``, with the year where it is another."""
        if not value:
            return "—"
        return value[5:10] if value[:4] == str(self.today.year) else value[:10]

    def ago(self, value: str | None) -> str:
        """A past date or instant, in words for the last seven days."""
        if not value:
            return "—"
        if "T" not in value:
            return self._days_ago(date.fromisoformat(value)) or self.day(value)
        instant = datetime.fromisoformat(value).astimezone(SHANGHAI)
        days = self._days_ago(instant.date())
        recent = (self.today - instant.date()).days < 2
        if days and recent:
            return f"{days} {instant:%H:%M}"
        return days or self.day(instant.date())

    def moment(self, value: str | None) -> str:
        """A date with its time."""
        if not value:
            return "—"
        instant = datetime.fromisoformat(value).astimezone(SHANGHAI)
        return f"{self.day(instant.date())} {instant:%H:%M}"

    def left(self, due_at: str) -> str:
        """How long until ``due_at``, or how long past it."""
        span = datetime.fromisoformat(due_at).astimezone(UTC) - self.now
        words = self._span(abs(span))
        return self.say("已超期{span}", span=words) if span < timedelta(0) else self.say("还剩{span}", span=words)

    def overdue(self, due_at: str) -> bool:
        """Whether ``due_at`` has passed."""
        return datetime.fromisoformat(due_at).astimezone(UTC) < self.now

    def zone(self, zone: str | None) -> str:
        """The everyday name of a zone or of the bureau."""
        if zone in (None, ""):
            return "—"
        if zone == CITY:
            return self.say("市级")
        known = ZONES.get(str(zone))
        if known is None:
            return str(zone)
        if self.language == "zh":
            return known.short
        return _SHORT_EN.get(known.id, known.name_en.removesuffix(" District"))

    def zone_name(self, zone: str) -> str:
        """The full name of a zone."""
        known = ZONES.get(zone)
        if known is None:
            return self.zone(zone)
        return known.name if self.language == "zh" else known.name_en

    def stage(self, stage: str) -> str:
        """The name of a stage or of a state beside the stages."""
        if stage == "resume":
            return self.say("恢复推进")
        named = Stage(stage) if stage in _STAGES else LeadState(stage)
        return named.label if self.language == "zh" else named.label_en

    def source_mode(self, mode: str) -> str:
        """The name of a source mode."""
        known = SourceMode(mode)
        return known.label if self.language == "zh" else known.label_en

    def fact_label(self, name: str) -> str:
        """The name of a fact."""
        fact = FACTS.get(name)
        if fact is None:
            return name
        return fact.label if self.language == "zh" else fact.label_en

    def fact(self, name: str, value: Any) -> str:
        """A fact's value as people write it."""
        fact = FACTS.get(name)
        if value is None or value == []:
            return self.say("未填写")
        return str(value) if fact is None else self._fact(fact, value)

    def _fact(self, fact: Fact, value: Any) -> str:
        if fact.kind == "amount" and isinstance(value, Mapping):
            return self.amount(value)
        if fact.kind == "amount":
            return self.fen(value)
        if fact.kind == "boolean":
            return self.say("是") if value is True or value == "true" else self.say("否")
        if fact.kind == "ratio":
            return f"{_plain(Decimal(value) * 100 / PPM)}%"
        if fact.kind == "decimal":
            return f"{_plain(Decimal(value) / PPM)} {self.say(fact.unit)}"
        if fact.kind == "integer":
            return f"{value:,} {self.say(fact.unit)}"
        if fact.kind == "date":
            return self.day(str(value))
        return self._named(fact, value)

    def _named(self, fact: Fact, value: Any) -> str:
        if fact.kind == "choice":
            return self.say(fact.choices.get(value, str(value)))
        if fact.kind == "tags":
            return self.say("、").join(self.say(fact.choices.get(each, each)) for each in value)
        return f"{value} {self.industries.get(str(value), '')}".strip() if fact.kind == "code" else str(value)

    def _days_ago(self, day: date) -> str | None:
        days = (self.today - day).days
        if days == 0:
            return self.say("今天")
        if days == 1:
            return self.say("昨天")
        return self.say("{n}天前", n=days) if 1 < days <= 7 else None

    def _span(self, span: timedelta) -> str:
        if span >= timedelta(days=2):
            return self.say("{n}天", n=span.days)
        hours = int(span.total_seconds() // 3600)
        if hours >= 1:
            return self.say("{n}小时", n=hours)
        return self.say("{n}分钟", n=max(1, int(span.total_seconds() // 60)))


def _english_amount(amount: Amount) -> str:
    if amount.pending or (amount.low is None and amount.high is None):
        return "to be decided"
    about = "about " if amount.approximate else ""
    if amount.low is None:
        return f"{about}up to {_english_money(amount.high or 0, amount.currency)}"
    low = _english_money(amount.low, amount.currency)
    if amount.high is None:
        return f"{about}{low} or more"
    return (
        about + low if amount.low == amount.high else f"{about}{low} – {_english_money(amount.high, amount.currency)}"
    )


def _english_money(minor: int, currency: str) -> str:
    major = Decimal(minor) / 100
    unit = _CURRENCIES.get(currency, currency)
    for scale, word in ((10**9, " billion"), (10**6, " million")):
        if abs(major) >= scale:
            return f"{unit} {_plain((major / scale).quantize(Decimal('0.01')))}{word}"
    return f"{unit} {_plain(major)}"


def _plain(number: Decimal) -> str:
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Weeks as callers name them."""

from __future__ import annotations

from datetime import datetime

from contracts.vocabulary.weeks import Week, WeekError
from services.notify.errors import DigestNotFound, WeekInvalid

YEARS = range(2000, 2101)


def named_week(text: str) -> Week:
    """The week a caller means.

    Raises:
        WeekInvalid: there is no such week.
    """
    try:
        week = Week.parse(text)
    except WeekError as error:
        raise WeekInvalid(f"{error}。") from error
    if week.year not in YEARS:
        raise WeekInvalid(f"年份应在{YEARS[0]}到{YEARS[-1]}之间，例如 2026-W48。")
    return week


def begun_week(text: str, now: datetime) -> Week:
    """A week that has begun.

    Raises:
        WeekInvalid: there is no such week.
        DigestNotFound: it lies in the future.
    """
    week = named_week(text)
    if week.start > now:
        raise DigestNotFound(f"{week.id} 还没有开始，可先查看本周 {Week.of(now).id} 的预览。")
    return week

"""Tokens between machines whose clocks differ: good for four minutes of it, and said in words beyond."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.issuing import TokenIssuer
from gateway.settings import INTERNAL_TOKEN_LIFE
from kit.auth import LIFETIME, ClocksApart, KeyFile, Principal, TokenVerifier
from kit.errors import Unauthenticated
from tests.clocks import ManualClock

NOON = datetime(2026, 11, 28, 4, tzinfo=UTC)
OFFICER = Principal("a1", "officer", ("donghu",))


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "tokens.json")


def verified(keys: KeyFile, ahead: timedelta, age: timedelta = timedelta(), audience: str = "leads") -> Principal:
    """What a service whose clock is ``ahead`` of the gateway's makes of a token of this age."""
    token = TokenIssuer(keys, ManualClock(NOON - age)).issue(OFFICER, "leads")
    return TokenVerifier(keys, audience, ManualClock(NOON + ahead)).verify(token)


@pytest.mark.parametrize("minutes", [-60, -10, -1, 0, 1, 3.9])
def test_a_clock_within_four_minutes_ahead_or_behind_at_all_changes_nothing(keys: KeyFile, minutes: float) -> None:
    oldest = timedelta(seconds=INTERNAL_TOKEN_LIFE)
    assert verified(keys, timedelta(minutes=minutes), oldest) == OFFICER


def test_a_clock_ten_minutes_ahead_is_told_from_a_sign_in_that_does_not_hold(
    keys: KeyFile, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ClocksApart, match="时钟相差约 10 分钟") as apart, caplog.at_level(logging.ERROR):
        verified(keys, timedelta(minutes=10))
    assert (apart.value.status, apart.value.headers) == (503, {"Retry-After": "60"})
    assert "leads is 600 s old: the clocks" in caplog.text


def test_a_token_is_refused_once_it_is_over_and_at_any_time_by_others(keys: KeyFile, tmp_path: Path) -> None:
    """Kept and sent again, it is of as little use as before; only the words are others."""
    over = timedelta(seconds=LIFETIME)
    assert verified(keys, over - timedelta(seconds=1)) == OFFICER
    with pytest.raises(ClocksApart):
        verified(keys, over)
    with pytest.raises(Unauthenticated):
        verified(keys, timedelta(minutes=10), audience="notify")
    token = TokenIssuer(KeyFile(tmp_path / "others.json"), ManualClock(NOON)).issue(OFFICER, "leads")
    with pytest.raises(Unauthenticated):
        TokenVerifier(keys, "leads", ManualClock(NOON + timedelta(minutes=10))).verify(token)

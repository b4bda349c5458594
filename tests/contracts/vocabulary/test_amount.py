"""Laws of stated amounts, and the ways people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.vocabulary.amount import (
    MAX_STATED,
    WAN,
    YI,
    Amount,
    AmountError,
    format_amount,
    format_fen,
    format_fen_exact,
    parse_amount,
)

FEN = st.integers(0, MAX_STATED)
SHOWN = st.one_of(
    st.integers(0, 10**6).map(lambda n: n * WAN),
    st.integers(0, 9_999).map(lambda n: n * 100),
    st.integers(1, 10**7).map(lambda n: n * YI // 10_000),
)
"""Amounts that a screen shows in full: four decimals of 亿 or 万."""
WIDE = {ord(narrow): wide for narrow, wide in zip("0123456789.-", "０１２３４５６７８９．－", strict=True)}


@given(FEN)
def test_an_exact_text_reads_as_what_it_shows(fen: int) -> None:
    amount = parse_amount(format_fen_exact(fen))
    assert (amount.low, amount.high, amount.currency) == (fen, fen, "CNY")


@given(SHOWN, SHOWN, st.booleans(), st.sampled_from(["CNY", "USD", "HKD", "EUR", "JPY", "GBP"]))
def test_a_shown_amount_reads_as_itself(first: int, second: int, approximate: bool, currency: str) -> None:
    amount = Amount(low=min(first, second), high=max(first, second), currency=currency, approximate=approximate)
    assert parse_amount(format_amount(amount)).model_copy(update={"as_written": None}) == amount


@given(SHOWN, st.booleans())
def test_an_open_end_stays_open(fen: int, at_least: bool) -> None:
    amount = Amount(low=fen) if at_least else Amount(high=fen)
    assert parse_amount(format_amount(amount)).model_copy(update={"as_written": None}) == amount


@given(FEN, FEN)
def test_a_range_is_ordered(first: int, second: int) -> None:
    text = f"{first}-{second}元"
    if first > second or max(first, second) * 100 > MAX_STATED:
        with pytest.raises(AmountError):
            parse_amount(text)
    else:
        amount = parse_amount(text)
        assert (amount.low, amount.high) == (first * 100, second * 100)


@given(SHOWN, SHOWN, st.sampled_from(["约{}", "{}左右", "{}", "{}以上", "不超过{}", "{0}-{1}"]))
def test_width_and_spaces_do_not_matter(first: int, second: int, form: str) -> None:
    text = form.format(format_fen(min(first, second)), format_fen(max(first, second)))
    wide = " ".join(text.replace(",", "，").translate(WIDE))
    assert parse_amount(wide).model_copy(update={"as_written": None}) == parse_amount(text).model_copy(
        update={"as_written": None}
    )


@given(st.decimals(0, 10_000, places=4), st.sampled_from(["元", "万元", "亿元", "万美元"]))
def test_a_number_and_its_text_agree(number: object, unit: str) -> None:
    assert parse_amount(float(str(number)), unit).low == parse_amount(str(number), unit).low


LOOKALIKES = st.text("0123456789.亿万千元约-至以上不超过一二十百两余多美港（）", max_size=14)


@given(st.one_of(st.text(max_size=60), LOOKALIKES))
def test_any_text_is_an_amount_or_a_chinese_message(text: str) -> None:
    outcome = read_or_message(text)
    assert any("\u4e00" <= character <= "\u9fff" for character in outcome)


def read_or_message(text: str) -> str:
    """How a text is shown once read, or what is said of it."""
    try:
        return format_amount(parse_amount(text, "亿元"))
    except AmountError as error:
        return str(error)


@given(FEN)
def test_screens_round_to_four_decimals_at_most(fen: int) -> None:
    shown = parse_amount(format_fen(fen))
    assert shown.low is not None
    assert abs(shown.low - fen) <= max(YI, fen) // 20_000


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1.2亿元", 1.2, 1.2), ("12000万元", 1.2, 1.2), ("1.2-1.8亿元", 1.2, 1.8), ("1亿至2亿", 1, 2),
        ("１—２亿元", 1, 2),
        ("5000万-1亿元", 0.5, 1), ("约1.2亿元", 1.2, 1.2), ("近3亿", 3, 3), ("3亿元左右", 3, 3), ("3亿余元", 3, 3),
        ("10余亿元", 10, 10), ("3亿多元", 3, 3), ("不低于5000万元", 0.5, None), ("5000万元以上", 0.5, None),
        ("1亿元及以上", 1, None), ("超过2亿", 2, None), ("1亿+", 1, None), ("不超过2亿元", None, 2),
        ("2亿以内", None, 2),
        ("不多于2亿元", None, 2), ("2亿元以下（含）", None, 2), ("1亿2000万元", 1.2, 1.2), ("一亿二千万元", 1.2, 1.2),
        ("三千五百万", 0.35, 0.35), ("十亿", 10, 10), ("两亿", 2, 2), ("一点五亿", 1.5, 1.5), ("壹亿元", 1, 1),
        ("3千万", 0.3, 0.3), ("五百万", 0.05, 0.05), ("人民币3亿元", 3, 3), ("3亿元人民币", 3, 3),
        ("¥120,000,000.00", 1.2, 1.2),
        ("120,000,000元", 1.2, 1.2), ("1万亿", 10_000, 10_000),
    ],
)  # fmt: skip
def test_ways_of_writing(text: str, low: float | None, high: float | None) -> None:
    amount = parse_amount(text)
    assert (amount.low, amount.high) == tuple(None if end is None else round(end * YI) for end in (low, high))
    assert amount.as_written == text


@pytest.mark.parametrize(
    ("text", "currency", "low"),
    [
        ("7143万美元", "USD", 7_143_000_000), ("US$3,000,000", "USD", 300_000_000), ("2亿港币", "HKD", 20_000_000_000),
        ("500万欧元", "EUR", 500_000_000), ("300万英镑", "GBP", 300_000_000), ("5000000美元", "USD", 500_000_000),
    ],
)  # fmt: skip
def test_foreign_money_keeps_its_currency(text: str, currency: str, low: int) -> None:
    for unit in (None, "亿元"):
        assert (parse_amount(text, unit).currency, parse_amount(text, unit).low) == (currency, low)


def test_bare_numbers_take_the_unit_of_their_column_and_say_so() -> None:
    assert parse_amount(3, "亿元") == Amount(low=3 * YI, high=3 * YI, as_written="3亿元")
    assert parse_amount("3", "亿元") == Amount(low=3 * YI, high=3 * YI, as_written="3亿元")
    assert parse_amount("0.3-0.45", "亿元").as_written == "0.3-0.45亿元"
    assert parse_amount(12345.678, "万元") == Amount(
        low=12_345_678_000, high=12_345_678_000, as_written="12345.678万元"
    )
    assert parse_amount(350_000_000_00) == Amount(low=350_000_000_00, high=350_000_000_00)


def test_what_is_not_known_yet_is_pending() -> None:
    for text in ("待定", " 面议 ", "TBD"):
        assert parse_amount(text, "亿元") == Amount(pending=True, as_written=text.strip())
    assert format_amount(Amount(pending=True)) == "待定"


@pytest.mark.parametrize(
    "value", ["", "  ", "若干", "1.2.3亿", "3亿-2亿", "-3亿", -1, 1.5, True, float("nan"), float("inf"), "100万亿",
              10**16,
              "1亿5", "万亿万", "数千万元", "1" * 200, "3亿元，其中固投2亿元"],
)  # fmt: skip
def test_what_is_no_amount(value: str | int | float) -> None:
    with pytest.raises(AmountError):
        parse_amount(value)


def test_thousands_in_a_column_of_ten_thousands_are_asked_about() -> None:
    with pytest.raises(AmountError, match="分不清"):
        parse_amount("3千", "万元")
    with pytest.raises(AmountError, match="单位"):
        parse_amount("3", "吨")


def test_screens() -> None:
    shown = [format_fen(fen) for fen in (1_200_000_000_000, 12_000_000_000, 200_000_000_0, 850_000, 0, 9_999_999_999)]
    assert shown == ["120亿元", "1.2亿元", "2,000万元", "8,500元", "0元", "1亿元"]
    assert format_amount(Amount(low=7_143_000_000, high=7_143_000_000, currency="USD")) == "7,143万美元"
    assert format_amount(Amount(low=YI, high=2 * YI, approximate=True)) == "约1亿元–2亿元"
    assert format_fen_exact(-120_000_000_05) == "-¥120,000,000.05"


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (999_949, "9,999.49元"), (999_950, "1万元"), (-999_950, "-1万元"), (1_000_049, "1万元"),
        (1_000_050, "1.0001万元"), (9_999_499_999, "9,999.5万元"), (9_999_500_000, "1亿元"),
        (10_000_499_999, "1亿元"), (10_000_500_000, "1.0001亿元"),
    ],
)  # fmt: skip
def test_sums_are_rounded_before_their_unit_is_chosen(fen: int, text: str) -> None:
    assert format_fen(fen) == text


def test_an_amount_is_in_order_and_within_bounds() -> None:
    for fields in (
        {"low": 2, "high": 1},
        {"low": 1, "pending": True},
        {"low": -1},
        {"low": MAX_STATED + 1},
        {"what": 1},
    ):
        with pytest.raises(ValidationError):
            Amount.model_validate(fields)
    assert Amount.exact(5).is_exact
    assert not Amount(low=1).is_exact

"""Chinese text as keys: what a search finds, and the order a reader expects."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from pypinyin import Style, lazy_pinyin

from kit.text import TOKENS_PER_DOCUMENT, normalise, sort_key, tokens, wanted

MIXED = st.text("重庆长江行长重要银行乐山音乐电子示例（）ab1- 〇㐀", max_size=30)


@given(MIXED)
def test_pinyin_by_word_is_pinyin_of_the_whole(text: str) -> None:
    plain = normalise(text)
    whole = lazy_pinyin(plain, style=Style.TONE3, neutral_tone_with_five=True) if plain else []
    assert sort_key(text) == " ".join(whole) + "\x00" + text


@given(MIXED.filter(lambda text: bool(normalise(text))))
def test_a_text_is_found_by_any_part_of_it(text: str) -> None:
    found, plain = tokens([text]), normalise(text)
    for start in range(len(plain)):
        for end in range(start + 1, len(plain) + 1):
            assert any(found.issuperset(alternative) for alternative in wanted(plain[start:end]))


def test_initials_find_a_name() -> None:
    (_, initials) = wanted("znc")
    assert tokens(["智能车载终端"]).issuperset(initials)


def test_a_document_has_a_bounded_number_of_tokens() -> None:
    long = "".join(chr(0x4E00 + number) for number in range(5000))
    assert len(tokens([long])) == TOKENS_PER_DOCUMENT


def test_a_heteronym_sorts_by_how_it_is_said() -> None:
    assert sorted(["重要", "重庆", "长沙", "长江"], key=sort_key) == ["长江", "长沙", "重庆", "重要"]

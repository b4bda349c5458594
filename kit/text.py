"""Chinese text as keys: what a search looks for, and the order a reader expects.

Search tokens are single characters, pairs of neighbours, and the same of pinyin initials, so that
「智能车」 and ``znc`` both find 「智能车载终端」 on any store, without a search engine.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import chain, pairwise

from pypinyin import Style, lazy_pinyin
from pypinyin.seg.simpleseg import seg

TOKENS_PER_DOCUMENT = 400
HIGHEST = "\U0010ffff"
"""Sorts after every other text."""
_LETTERS = "l:"
_INITIALS = "p:"


def normalise(text: str) -> str:
    """Full-width to half-width, lower case, white space gone."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def tokens(texts: list[str]) -> set[str]:
    """The tokens under which a document with these texts is found; at most :data:`TOKENS_PER_DOCUMENT`."""
    found: dict[str, None] = {}
    for text in texts:
        plain = normalise(text)
        initials = _initials(plain)
        for token in (*_grams(plain, _LETTERS), *_grams(initials, _INITIALS)):
            found.setdefault(token)
    return set(list(found)[:TOKENS_PER_DOCUMENT])


def wanted(query: str) -> list[list[str]]:
    """What a query asks for: all tokens of any one of the alternatives."""
    plain = normalise(query)
    alternatives = [_longest(plain, _LETTERS)]
    if plain.isascii() and plain.isalnum():
        alternatives.append(_longest(plain, _INITIALS))
    return [alternative for alternative in alternatives if alternative]


def sort_key(text: str) -> str:
    """A key by which Chinese text sorts as a dictionary does; the text itself breaks ties."""
    return " ".join(_syllables(normalise(text))) + "\x00" + text


def _initials(plain: str) -> str:
    return "".join(word[0] for word in _syllables(plain) if word)


@lru_cache(maxsize=4_096)
def _syllables(plain: str) -> tuple[str, ...]:
    """The pinyin of each character with its tone; other text as it is, a run at a time."""
    return tuple(chain.from_iterable(map(_syllables_of_word, seg(plain))))


@lru_cache(maxsize=16_384)
def _syllables_of_word(word: str) -> tuple[str, ...]:
    """The costliest step, remembered by word: few words make most names."""
    return tuple(lazy_pinyin(word, style=Style.TONE3, neutral_tone_with_five=True))


def _grams(plain: str, prefix: str) -> list[str]:
    return [prefix + gram for gram in (*plain, *(a + b for a, b in pairwise(plain)))]


def _longest(plain: str, prefix: str) -> list[str]:
    if len(plain) == 1:
        return [prefix + plain]
    return [prefix + a + b for a, b in pairwise(plain)]

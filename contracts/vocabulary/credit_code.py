"""Unified social credit codes (GB 32100-2015): normalised and checked by python-stdnum.

Foreign investors and companies not yet registered have none, so that a code is always optional.
"""

from __future__ import annotations

import unicodedata

from stdnum.cn import uscc


def normalise_credit_code(text: str) -> str:
    """Half-width, upper case, without spaces and hyphens."""
    return "".join(unicodedata.normalize("NFKC", text).split()).replace("-", "").upper()


def is_credit_code(code: str) -> bool:
    """Whether a normalised code has the right length, alphabet and check character."""
    return bool(uscc.is_valid(code))

"""Tells when two rows are the same project: by investor and project name, however they were typed."""

from __future__ import annotations

import unicodedata


def project_key(investor: str, title: str) -> str:
    """A key that two writings of one project share.

    Full and half width, case, white space, brackets and punctuation do not count, nor where the word 项目
    stands, nor 有限责任公司 against 有限公司, which name the same form. 股份有限公司 is another company, and
    一期 another project than 二期.
    """
    company = _letters(investor).replace("有限责任公司", "有限公司")
    project = _letters(title)
    return f"{company}|{project.replace('项目', '') or project}"


def _letters(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())

"""Tells when two rows are the same project: by investor and project name, however they were typed."""

from __future__ import annotations

import unicodedata


def project_key(investor: str, title: str) -> str:
    """A key that two writings of one investor's project share.

    有限责任公司 and 有限公司 name the same form; 股份有限公司 is another company.
    """
    return f"{_letters(investor).replace('有限责任公司', '有限公司')}|{title_key(title)}"


def title_key(title: str) -> str:
    """A key that two writings of a project's name share.

    Full and half width, case, white space, brackets and punctuation do not count, nor where the word 项目
    stands; 一期 is another project than 二期.
    """
    project = _letters(title)
    return project.replace("项目", "") or project or title.strip()


def _letters(text: str) -> str:
    return "".join(character for character in unicodedata.normalize("NFKC", text).casefold() if character.isalnum())

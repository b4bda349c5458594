"""The two languages of the pages: Chinese is written in the templates, English is looked up beside it.

A catalogue keyed by the Chinese sentence keeps a template readable; a test finds every sentence without English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from fastapi import Request

Language = Literal["zh", "en"]
Translate = Callable[..., str]

COOKIE = "quce_language"
CATALOGUE = Path(__file__).parent / "texts.en.yaml"


def language_of(request: Request) -> Language:
    """The language this browser chose; Chinese until it chooses."""
    return "en" if request.cookies.get(COOKIE) == "en" else "zh"


@cache
def english() -> Mapping[str, str]:
    """English by Chinese sentence."""
    texts: dict[str, str] = yaml.safe_load(CATALOGUE.read_text("utf-8"))
    return texts


def translator(language: Language) -> Translate:
    """A function that says a Chinese sentence in ``language``, with its ``{placeholders}`` filled."""
    texts = english() if language == "en" else {}

    def say(text: str, **values: object) -> str:
        spoken = texts.get(text, text)
        return spoken.format(**values) if values else spoken

    return say

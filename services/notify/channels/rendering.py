"""Messages from templates, one file an event, channel and language; Chinese where a language has none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.notify.model.delivery import ChannelName, Kind

FOLDER = Path(__file__).parent.parent / "templates"
FALLBACK = "zh-CN"
ILLUSTRATIVE = "illustrative"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    # Plain text, never markup: nothing here is shown as HTML.
    return Environment(
        loader=FileSystemLoader(FOLDER),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701
        trim_blocks=True,
        lstrip_blocks=True,
    )


@lru_cache
def _template(kind: Kind, channel: ChannelName, locale: str) -> Template:
    return _environment().select_template([f"{kind.value}.{channel.value}.{each}.j2" for each in (locale, FALLBACK)])


def render(kind: Kind, channel: ChannelName, locale: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """The subject on one line, and the body (empty where the template has none)."""
    template = _template(kind, channel, locale)
    scope = template.new_context(dict(context) | {"illustrative": ILLUSTRATIVE in context.get("standing", ())})
    subject = " ".join("".join(template.blocks["subject"](scope)).split())
    body = "".join(template.blocks["body"](scope)).strip() if "body" in template.blocks else ""
    return subject, body

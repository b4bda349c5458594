"""Forms as browsers send them, turned into what the API takes; blanks are left out, what was typed is kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from contracts.vocabulary.facts import FACTS, PPM, Fact, FactsError, parse_facts
from gateway.pages.api import Refused
from kit.errors import Invalid
from kit.wording import in_chinese

M = TypeVar("M", bound=BaseModel)

FACT = "fact."
_COUNT = re.compile(r"[0-9]{1,9}")
_LEADING_CODE = re.compile(r"^\s*([A-Ta-t](?![A-Za-z])|\d{2,4})(?:\s|$)")


class Form:
    """A submitted form."""

    def __init__(self, data: FormData) -> None:
        self.data = data

    @classmethod
    async def of(cls, request: Request) -> Form:
        """The form of a request."""
        return cls(await request.form(max_files=1, max_fields=300))

    def text(self, name: str) -> str:
        """A field without the blanks around it."""
        value = self.data.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def file(self, name: str) -> UploadFile | None:
        """An uploaded file; None where none was chosen."""
        value = self.data.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    @property
    def key(self) -> str:
        """The key that makes a second submit harmless."""
        return self.text("idempotency_key")

    @property
    def own_key(self) -> str:
        """The same with the form's own nonce: a second click asks for the same thing, another visitor never does."""
        return hashlib.sha256(f"{self.text('csrf')}\x1f{self.key}".encode()).hexdigest()

    def number(self, name: str) -> int:
        """A hidden count; 0 where it is none, which the API refuses in words."""
        return int(text) if _COUNT.fullmatch(text := self.text(name)) else 0

    @property
    def revision(self) -> int:
        """The revision the form was drawn from."""
        return self.number("revision")

    def given(self, *names: str) -> dict[str, str]:
        """The fields that were filled in."""
        return {name: text for name in names if (text := self.text(name))}

    def facts(self) -> dict[str, Any]:
        """Every fact that was filled in, as the API takes it."""
        return facts_from({name: self.data.getlist(name) for name in self.data if name.startswith(FACT)})

    def kept(self) -> dict[str, Any]:
        """What was typed, to fill the form again."""
        kept: dict[str, Any] = {name: self.text(name) for name in self.data}
        tags = {name for name in self.data if name.startswith(FACT) and _kind(name) == "tags"}
        return kept | {name: self.data.getlist(name) for name in tags}


def valid(model: type[M], said: Mapping[str, Any]) -> M:
    """What a form says, as the edge's own API takes it.

    Raises:
        Refused: it does not, with the fields at fault.
    """
    try:
        return model.model_validate(said)
    except ValidationError as error:
        errors = [(".".join(str(part) for part in each["loc"]), in_chinese(each)) for each in error.errors()]
        raise Refused(422, "填写有误", "请更正后重试。", errors) from error


def facts_from(fields: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Facts by name from ``fact.<name>`` fields."""
    facts: dict[str, Any] = {}
    for field, values in fields.items():
        name = field.removeprefix(FACT)
        texts = [text for value in values if isinstance(value, str) and (text := value.strip())]
        if name in FACTS and texts:
            facts[name] = texts if FACTS[name].kind == "tags" else fact_input(FACTS[name], texts[0])
    return facts


def check_facts(facts: Mapping[str, Any]) -> None:
    """Read facts as the services will, so that every wrong one is told at once and in words.

    Raises:
        Refused: some cannot be read.
    """
    try:
        parse_facts(facts, "officer")
    except FactsError as error:
        errors = [(f"facts.{name}", message) for name, message in error.errors]
        raise Refused(Invalid.status, Invalid.title, "有的内容看不懂，请更正后重试。", errors) from error


def fact_input(fact: Fact, text: str) -> Any:
    """One fact as the API takes it; text that cannot be read stays as it is, for the API to say why."""
    if fact.kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if fact.kind in ("integer", "decimal"):
        return text.replace(",", "").replace("，", "")
    if fact.kind == "ratio":
        return text.replace("％", "%") if text.endswith(("%", "％")) else f"{text}%"
    if fact.kind == "code":
        code = _LEADING_CODE.match(text)
        return code[1].upper() if code else text
    return text


def fact_text(fact: Fact, value: Any, as_written: str | None) -> Any:
    """A stored fact as it stands in a form field."""
    if value is None:
        return ""
    if fact.kind == "amount" and isinstance(value, Mapping):
        return as_written or value.get("as_written") or _yuan(value)
    if fact.kind == "boolean":
        return "true" if value else "false"
    if fact.kind == "ratio":
        return f"{value * 100 / PPM:g}%"
    if fact.kind == "decimal":
        return f"{value / PPM:.10g}"
    return value if fact.kind == "tags" else str(value)


def _yuan(amount: Mapping[str, Any]) -> str:
    if amount.get("pending"):
        return "待定"
    ends = [f"{end / 1_000_000:.10g}万" for end in (amount.get("low"), amount.get("high")) if end is not None]
    return "-".join(dict.fromkeys(ends)) + {"USD": "美元", "HKD": "港元", "EUR": "欧元"}.get(amount["currency"], "元")


def _kind(field: str) -> str:
    fact = FACTS.get(field.removeprefix(FACT))
    return fact.kind if fact else ""

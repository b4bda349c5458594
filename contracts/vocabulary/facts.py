"""The fact registry: everything a policy may ask about a project, once, with its type, unit and question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, create_model

from contracts.vocabulary.amount import Amount, AmountError, parse_amount
from contracts.vocabulary.fact_evidence import EVIDENCE
from contracts.vocabulary.fact_list import FACT_LIST, MONTHS, RECORDED_BY_OFFICE, Kind
from contracts.vocabulary.fact_names import unknown_fact
from contracts.vocabulary.form import INDUSTRY_CODE, Form
from contracts.vocabulary.industry import is_code

PPM = 1_000_000
MAX_COUNT = 10**9
MAX_PPM = 10**15
MAX_DIGITS = 30

SourceKind = Literal["officer", "import", "partner", "visitor", "system", "example"]
FactState = Literal["value", "missing", "not_applicable", "conflict"]
Plain = str | int | bool | list[str] | Amount | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that may be known of a project.

    Kinds: ``amount`` (:class:`Amount`), ``integer``, ``decimal`` and ``ratio`` (integers of 1e-6), ``boolean``,
    ``date`` (ISO text), ``code`` (GB/T 4754), ``choice``, ``tags``, ``text``. ``months`` is the length of the period
    it is stated for, 0 where it is for none; ``evidence`` the paper that it is to be found in.
    """

    name: str
    kind: Kind
    label: str
    label_en: str
    question: str
    unit: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    months: int = 0
    evidence: str = ""


FACTS: Mapping[str, Fact] = {row[0]: Fact(*row, MONTHS.get(row[0], 0), EVIDENCE[row[0]]) for row in FACT_LIST}


class FactSource(BaseModel):
    """Who said so, and under which record."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: SourceKind
    id: str | None = None


class FactValue(BaseModel):
    """A fact's value as the engine reads it, with who stated it and how it was written."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Plain = None
    state: FactState = "value"
    source: FactSource
    as_written: str | None = Field(None, max_length=200)


class FactsError(ValueError):
    """Some facts cannot be read; ``errors`` says which and why."""

    def __init__(self, errors: list[tuple[str, str]]) -> None:
        super().__init__("；".join(f"{path}：{message}" for path, message in errors))
        self.errors = errors


class FactError(ValueError):
    """One value does not fit its fact; the message says what would, in Chinese."""


def parse_facts(raw: Mapping[str, Any], source_kind: SourceKind, source_id: str | None = None) -> dict[str, FactValue]:
    """Read facts as an API or a form gives them; null means missing and is left out.

    Raises:
        FactsError: a name is unknown or a value does not fit, with every such place.
    """
    source = FactSource(kind=source_kind, id=source_id)
    facts: dict[str, FactValue] = {}
    errors: list[tuple[str, str]] = []
    for name, value in raw.items():
        if name not in FACTS:
            errors.append((name, unknown_fact(name)))
        elif name in RECORDED_BY_OFFICE and source_kind in ("visitor", "partner") and value is not None:
            errors.append((name, f"「{FACTS[name].label}」由招商部门记录，请不要填写"))
        elif value is not None:
            try:
                facts[name] = _state_or_value(FACTS[name], value, source)
            except FactError as error:
                errors.append((name, str(error)))
    if errors:
        raise FactsError(errors)
    return facts


def parse_value(fact: Fact, value: Any) -> Plain:
    """One value in the type of its fact.

    Raises:
        FactError: it does not fit.
    """
    return _PARSERS[fact.kind](fact, value)


def _state_or_value(fact: Fact, value: Any, source: FactSource) -> FactValue:
    if isinstance(value, dict) and set(value) == {"state"}:
        return _stateful(value["state"], source)
    parsed = parse_value(fact, value)
    written = value if isinstance(value, str) and parsed != value else None
    if isinstance(parsed, Amount):
        written = parsed.as_written
    return FactValue(value=parsed, source=source, as_written=written)


def _stateful(state: Any, source: FactSource) -> FactValue:
    if state not in ("missing", "not_applicable", "conflict"):
        raise FactError("状态应为 missing、not_applicable 或 conflict")
    return FactValue(value=None, state=state, source=source)


def _amount(_fact: Fact, value: Any) -> Amount:
    if isinstance(value, Amount):
        return value
    if isinstance(value, dict):
        try:
            return Amount.model_validate(value)
        except ValueError as error:
            raise FactError("应为金额对象，如 {low, high, currency}") from error
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise FactError("应为金额，如 3.5亿元；整数按分计")
    try:
        return parse_amount(value)
    except AmountError as error:
        raise FactError(str(error)) from error


def _integer(fact: Fact, value: Any) -> int:
    number = _number(value)
    if number != number.to_integral_value() or not 0 <= number <= MAX_COUNT:
        raise FactError(f"应为0到10亿之间的整数（单位：{fact.unit or '个'}）")
    return int(number)


def _decimal(fact: Fact, value: Any) -> int:
    number = _number(value)
    if not 0 <= number * PPM <= MAX_PPM:
        raise FactError(f"应为0到10亿之间的数（单位：{fact.unit}）")
    return int((number * PPM).to_integral_value(ROUND_HALF_UP))


def _ratio(_fact: Fact, value: Any) -> int:
    text = value.strip() if isinstance(value, str) else value
    percent = isinstance(text, str) and text.endswith(("%", "％"))
    number = _number(text[:-1] if percent else text) / (100 if percent else 1)
    if not 0 <= number <= 1000:
        raise FactError("应为比例，如 15% 或 0.15")
    return int((number * PPM).to_integral_value(ROUND_HALF_UP))


def _boolean(_fact: Fact, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"是": True, "true": True, "有": True, "否": False, "false": False, "无": False}
    if isinstance(value, str) and value.strip().casefold() in known:
        return known[value.strip().casefold()]
    raise FactError("应为 是 或 否（true/false）")


def _date(_fact: Fact, value: Any) -> str:
    if isinstance(value, date):
        return value.isoformat()[:10]
    try:
        return date.fromisoformat(str(value).strip()).isoformat()
    except ValueError as error:
        raise FactError("应为日期，如 2026-11-23") from error


def _code(_fact: Fact, value: Any) -> str:
    code = str(value).strip().upper()
    if isinstance(value, bool) or not is_code(code):
        raise FactError("应为国民经济行业代码（GB/T 4754-2017），如 3962、39 或 C")
    return code


def _choice(fact: Fact, value: Any) -> str:
    text = str(value).strip()
    by_label = {label: name for name, label in fact.choices.items()}
    if text in fact.choices:
        return text
    if text in by_label:
        return by_label[text]
    raise FactError(f"应为以下之一：{'、'.join(f'{name}（{label}）' for name, label in fact.choices.items())}")


def _tags(fact: Fact, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > 50:
        raise FactError("应为列表，最多50项")
    return sorted({_choice(fact, each) for each in value})


def _text(_fact: Fact, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise FactError("应为1到200个字的文字")
    return value.strip()


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise FactError("应为数字")
    try:
        number = Decimal(str(value).strip().replace(",", ""))
    except InvalidOperation as error:
        raise FactError("应为数字") from error
    if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise FactError("应为数字")
    return number


_PARSERS: Mapping[str, Callable[[Fact, Any], Plain]] = {
    "amount": _amount,
    "integer": _integer,
    "decimal": _decimal,
    "ratio": _ratio,
    "boolean": _boolean,
    "date": _date,
    "code": _code,
    "choice": _choice,
    "tags": _tags,
    "text": _text,
}


def _iso_day(value: Any) -> Any:
    """JSON has no dates: a day is a text of ten characters, never a number of seconds."""
    if isinstance(value, date) or (isinstance(value, str) and len(value) == len("2026-11-23")):
        return value
    raise ValueError("应为日期，如 2026-11-23")


_MONEY_TEXT = Annotated[str, Field(min_length=1, max_length=100, description="如 3.5亿元、1-1.5亿元、待定")]
_FEN = Annotated[int, Field(strict=True, ge=0, le=10**15, description="分")]
_DIGITS = Annotated[str, Form(r"^[0-9]{1,10}$", "应为整数，如 300"), Field(description="同一个数，写成文字")]
_DECIMAL_DIGITS = Annotated[
    str, Form(r"^[0-9]{1,10}(\.[0-9]{1,6})?$", "应为数，如 80 或 0.5"), Field(description="同一个数，写成文字")
]
_INPUT_TYPES: Mapping[str, Any] = {
    "amount": _FEN | _MONEY_TEXT,
    "integer": Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)] | _DIGITS,
    "decimal": Annotated[float, Field(strict=True, ge=0, le=10**9)] | _DECIMAL_DIGITS,
    "ratio": Annotated[float, Field(strict=True, ge=0, le=1000)]
    | Annotated[str, Form(r"^[0-9]{1,6}(\.[0-9]{1,4})?%?$", "应为比例，如 15% 或 0.15"), Field(description="如 15%")],
    "boolean": Annotated[bool, Field(strict=True)],
    "date": Annotated[date, BeforeValidator(_iso_day)],
    "code": Annotated[str, INDUSTRY_CODE],
    "text": Annotated[str, Field(min_length=1, max_length=200)],
}


def _input_type(fact: Fact) -> Any:
    if fact.kind in ("choice", "tags"):
        one: Any = Literal.__getitem__(tuple(fact.choices))
        return one if fact.kind == "choice" else Annotated[list[one], Field(max_length=50)]
    return _INPUT_TYPES[fact.kind]


FactsInput: type[BaseModel] = create_model(  # type: ignore[call-overload]
    "FactsInput",
    __config__=ConfigDict(extra="forbid"),
    __doc__="项目事实；每项都可不填，填得越多判断越准。金额写如 3.5亿元，整数按分计。",
    **{
        name: (_input_type(fact) | None, Field(None, title=fact.label, description=fact.question))
        for name, fact in FACTS.items()
    },
)


def given(facts: BaseModel) -> dict[str, Any]:
    """What a :class:`FactsInput` was given, nulls included, for :func:`parse_facts`."""
    return facts.model_dump(exclude_unset=True)

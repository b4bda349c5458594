"""From text to :class:`Policy`: every problem at once, each with file, path, line and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from kit.wording import in_chinese
from services.incentives.authored import Authored, AuthoringError, AuthoringProblem, Path, read_yaml
from services.incentives.policy.aftercare import Borne, Clawback, Lifetime, Recheck, Tranche
from services.incentives.policy.benefit import KINDS, Band, Unit
from services.incentives.policy.combination import Pool, SharedCap
from services.incentives.policy.dated import Held, Ruling
from services.incentives.policy.examples import Beside, Example
from services.incentives.policy.figures import Computed, Multiplier, OfBase
from services.incentives.policy.lookups import Case, Lookup
from services.incentives.policy.quantities import Per, Ratio, Since
from services.incentives.policy.schema import Cleanup, Override, Policy, PolicyScope, Review, Source
from services.incentives.policy.terms import Application, Grandfathering, Retention, Season, Transition, Validity
from services.incentives.policy.tree import All, AnyOf, Leaf, Not

_PARTS: Mapping[str, tuple[type[BaseModel], ...]] = {
    "": (Policy,),
    "scope": (PolicyScope,),
    "valid": (Validity,),
    "source": (Source,),
    "cleanup": (Cleanup,),
    "review": (Review,),
    "shared_caps": (SharedCap,),
    "pool": (Pool,),
    "grandfathering": (Grandfathering,),
    "application": (Application,),
    "yearly": (Season,),
    "retention": (Retention,),
    "transition": (Transition,),
    "overrides": (Override,),
    "conditions": (Leaf, All, AnyOf, Not),
    "ratio": (Ratio,),
    "per": (Per,),
    "since": (Since,),
    "held": (Held,),
    "ruling": (Ruling,),
    "value": (Lookup,),
    "cases": (Case,),
    "benefit": KINDS,
    "units": (Unit,),
    "cap": (Computed, Lookup),
    "plus": (OfBase,),
    "multipliers": (Multiplier,),
    "instalments": (Tranche,),
    "lifetime": (Lifetime,),
    "recheck": (Recheck,),
    "clawback": (Clawback,),
    "borne": (Borne,),
    "bands": (Band,),
    "examples": (Example,),
    "beside": (Beside,),
}

Model = TypeVar("Model", bound=BaseModel)


def read_policy(text: str, file: str) -> Policy:
    """The policy a text describes.

    Raises:
        AuthoringError: with all that is wrong.
    """
    return policy_of(read_yaml(text, file))


def policy_of(authored: Authored) -> Policy:
    """The policy that a file's content describes; for who wants to say later where something stands.

    Raises:
        AuthoringError: with all that is wrong.
    """
    return validate(Policy, authored, _words_at)


def policy_from(document: Mapping[str, Any], name: str) -> Policy:
    """The policy a document of plain JSON describes.

    Raises:
        AuthoringError: with all that is wrong.
    """
    return validate(Policy, Authored(name, dict(document), {}), _words_at)


def stored_policy(document: Mapping[str, Any], name: str) -> Policy:
    """A policy as it was stored, perhaps when benefits that were not computed were all texts.

    Raises:
        AuthoringError: with all that is wrong.
    """
    benefit = document["benefit"]
    if benefit["kind"] == "text":
        document = {**document, "benefit": {"kind": "in_kind", "text": benefit["text"]}}
    return policy_from(document, name)


def validate(model: type[Model], authored: Authored, words_at: Any = None) -> Model:
    """The content as ``model``; ``words_at`` gives the words allowed at a path, to name the nearest.

    Raises:
        AuthoringError: with all that is wrong.
    """
    if not isinstance(authored.content, dict):
        raise AuthoringError(authored.file, [AuthoringProblem("", 1, "应为「字段: 值」的形式，内容为空或不是映射")])
    try:
        return model.model_validate(authored.content)
    except ValidationError as error:
        words = words_at or (lambda _path: tuple(_names(model)))
        problems = [_problem(each, authored, words) for each in error.errors(include_url=False)]
        raise AuthoringError(authored.file, list(dict.fromkeys(problems))) from error


def _problem(error: Mapping[str, Any], authored: Authored, words_at: Any) -> AuthoringProblem:
    path = _plain_path(error["loc"], authored.content)
    message = in_chinese(error)
    if error["type"] == "extra_forbidden":
        message = _unknown_field(path, error["input"], words_at)
    elif error["type"] == "benefit_kind":
        message = str(error["msg"])
    return authored.problem(path, message)


def _unknown_field(path: Path, value: Any, words_at: Any) -> str:
    """A comma within braces ends a text: what is left of it looks like a field that nobody gave a value."""
    name = str(path[-1])
    if value is None and not name.isascii():
        return f"「{name}」是被逗号截断的文字：花括号里的文字含英文逗号的，请给整句加引号，数字不写千位逗号"
    near = difflib.get_close_matches(name, words_at(path[:-1]), n=1, cutoff=0.5)
    return f"不认识的字段「{name}」" + (f"，是否想写 {near[0]}？" if near else "，请删除或检查拼写")


def _plain_path(location: Iterable[str | int], content: Any) -> Path:
    """The author's path: without the tags and union members that validation adds."""
    steps = [step for step in location if not (isinstance(step, str) and ":" in step)]
    path: list[str | int] = []
    here = content
    for number, step in enumerate(steps):
        if _holds(here, step):
            here = here[step]
        elif number < len(steps) - 1 or not isinstance(here, dict):
            continue
        path.append(step)
    return tuple(path)


def _holds(here: Any, step: str | int) -> bool:
    if isinstance(here, dict):
        return step in here
    return isinstance(here, list) and isinstance(step, int) and step < len(here)


def _words_at(path: Path) -> tuple[str, ...]:
    part = next((step for step in reversed(path) if step in _PARTS), "")
    return tuple(name for model in _PARTS[str(part)] for name in _names(model))


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]

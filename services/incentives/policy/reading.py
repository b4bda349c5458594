"""From text to :class:`Policy`: every problem at once, each with file, path, line and what would be right."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from contracts.vocabulary.facts import FactsError
from contracts.vocabulary.policy_words import IN_FILES
from kit.wording import in_chinese
from services.incentives.authored import MAX_PROBLEMS, Authored, AuthoringError, AuthoringProblem, Path, read_yaml
from services.incentives.policy.aftercare import Borne, Clawback, Lifetime, Recheck, Tranche
from services.incentives.policy.benefit import KINDS, Band, Unit
from services.incentives.policy.bounds import beyond
from services.incentives.policy.combination import Pool, SharedCap
from services.incentives.policy.dated import Held, Ruling
from services.incentives.policy.examples import Beside, Example
from services.incentives.policy.figures import Computed, Multiplier, OfBase
from services.incentives.policy.lookups import Case, Lookup
from services.incentives.policy.parts import PartError
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
ModelsAt = Callable[[Path], tuple[type[BaseModel], ...]]


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
    if (problem := beyond(authored)) is not None:
        raise AuthoringError(authored.file, [problem])
    return validate(Policy, authored, _models_at)


def policy_from(document: Mapping[str, Any], name: str) -> Policy:
    """The policy a document of plain JSON describes.

    Raises:
        AuthoringError: with all that is wrong.
    """
    return policy_of(Authored(name, dict(document), {}))


def stored_policy(document: Mapping[str, Any], name: str) -> Policy:
    """A policy as it was stored, perhaps when benefits that were not computed were all texts.

    Raises:
        AuthoringError: with all that is wrong.
    """
    benefit = document["benefit"]
    if benefit["kind"] == "text":
        document = {**document, "benefit": {"kind": "in_kind", "text": benefit["text"]}}
    return policy_from(document, name)


def validate(model: type[Model], authored: Authored, models_at: ModelsAt | None = None) -> Model:
    """The content as ``model``; ``models_at`` gives what may stand at a path, to name what would be right there.

    Raises:
        AuthoringError: with all that is wrong.
    """
    if not isinstance(authored.content, dict):
        raise AuthoringError(authored.file, [AuthoringProblem("", 1, "应为「字段: 值」的形式，内容为空或不是映射")])
    try:
        return model.model_validate(authored.content)
    except ValidationError as error:
        allowed = models_at or (lambda _path: (model,))
        errors = error.errors(include_url=False)
        found = (problem for each in errors[:MAX_PROBLEMS] for problem in _problems(each, authored, allowed))
        problems = list(dict.fromkeys(found))
        if len(errors) > MAX_PROBLEMS:
            rest = f"还有 {len(errors) - MAX_PROBLEMS} 处没有列出，请先更正以上各处"
            problems.append(AuthoringProblem("", None, rest))
        raise AuthoringError(authored.file, problems) from error


def _problems(error: Mapping[str, Any], authored: Authored, models_at: ModelsAt) -> Iterator[AuthoringProblem]:
    """What one error says: of facts each where it stands, of a list the part that is wrong."""
    path = _plain_path(error["loc"], authored.content)
    reason = error.get("ctx", {}).get("error")
    if isinstance(reason, FactsError):
        for name, message in reason.errors[:MAX_PROBLEMS]:
            yield authored.problem((*path, name), message)
    elif isinstance(reason, PartError):
        yield authored.problem((*path, *reason.steps), str(reason))
    else:
        yield authored.problem(path, _message(error, path, models_at))


def _message(error: Mapping[str, Any], path: Path, models_at: ModelsAt) -> str:
    match error["type"]:
        case "extra_forbidden":
            return _unknown_field(path, error["input"], models_at)
        case "literal_error" | "enum" if (words := _words_of(path, models_at)) is not None:
            return f"应为以下之一：{'、'.join(f'{code}（{word}）' for code, word in words.items())}"
        case "benefit_kind":
            return str(error["msg"])
    return in_chinese(error).replace("' or '", "'、'").replace("', '", "'、'")


def _words_of(path: Path, models_at: ModelsAt) -> Mapping[str, str] | None:
    """What may be written at a path, each with its meaning."""
    places = (f"{model.__name__}.{path[-1]}" for model in models_at(path[:-1]))
    return next((IN_FILES[each] for each in places if each in IN_FILES), None)


def _unknown_field(path: Path, value: Any, models_at: ModelsAt) -> str:
    """A comma within braces ends a text: what is left of it looks like a field that nobody gave a value."""
    name = str(path[-1])[:80]
    if value is None and not name.isascii():
        return f"「{name}」是被逗号截断的文字：花括号里的文字含英文逗号的，请给整句加引号，数字不写千位逗号"
    names = [known for model in models_at(path[:-1]) for known in _names(model)]
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
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


def _models_at(path: Path) -> tuple[type[BaseModel], ...]:
    return _PARTS[str(next((step for step in reversed(path) if step in _PARTS), ""))]


def _names(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]

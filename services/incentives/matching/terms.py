"""The fine print of a policy for these facts, a line each: when it is paid, by whom, until when, what goes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from contracts.vocabulary.amount import format_fen
from contracts.vocabulary.facts import PPM
from contracts.vocabulary.policy_words import POOL_RULES
from services.incentives.catalogue import CompiledPolicy
from services.incentives.evaluation.comparisons import NOT_MET
from services.incentives.evaluation.measures import Facts
from services.incentives.evaluation.spans import split
from services.incentives.matching.result import PolicyOutcome
from services.incentives.matching.wording import shown
from services.incentives.policy import Policy
from services.incentives.policy.aftercare import LEVELS, Tranche
from services.incentives.policy.benefit import InKind

Line = tuple[str, str]
"""What kind of term it is, and the sentence."""


def terms(
    compiled: CompiledPolicy, outcome: PolicyOutcome, facts: Facts, as_of: date, titles: Mapping[str, str]
) -> list[dict[str, str]]:
    """Every term of a policy that may still be had; none of one that is not met.

    ``titles`` are those of the policies that the reader may be told of.
    """
    if outcome.verdict == NOT_MET or not compiled.phrases.has_terms:
        return []
    policy = compiled.policy
    lines = [*_of_versions(policy), *_of_the_policy(policy, as_of), *_shared(policy, titles)]
    if not isinstance(policy.benefit, InKind):
        lines += [*_paid(policy.benefit, outcome, facts), *_afterwards(policy.benefit, outcome)]
    return [{"kind": kind, "text": text} for kind, text in lines]


def _of_the_policy(policy: Policy, as_of: date) -> Iterator[Line]:
    if policy.application is not None:
        yield "application", f"{policy.application.text}{_window(policy, as_of)}"
    if policy.grandfathering is not None:
        until = policy.grandfathering.until
        yield "grandfathering", f"{policy.grandfathering.text}（执行到{until or '兑现完毕'}）"


def _of_versions(policy: Policy) -> Iterator[Line]:
    until = policy.valid.until or "兑现完毕"
    if policy.former:
        yield "former", f"这是第{policy.version}版，此前的项目继续按它执行（执行到{until}）"
    elif policy.transition is not None:
        yield "transition", f"{policy.transition.text}（新老划断）"


def _window(policy: Policy, as_of: date) -> str:
    assert policy.application is not None  # noqa: S101 - asked for its window only
    start, end = policy.application.next(as_of)
    if end is None:
        return ""
    opens = f"{start}至{end}" if start else f"{end}前"
    return f"（{'下一次申报期' if start and as_of < start else '现在可以申报'}：{opens}）"


def _shared(policy: Policy, titles: Mapping[str, str]) -> Iterator[Line]:
    for each in policy.shared_caps or ():
        yield "shared_cap", f"{each.title}：{'每年' if each.per == 'year' else ''}合计最高{each.cap}"
    if policy.pool is not None:
        pool = policy.pool
        yield "pool", f"{pool.title}：总额{pool.total}，{POOL_RULES[pool.rule]}，能否拿到以当期预算为准"
    for title in (titles[id] for id in policy.tops_up or () if id in titles):
        yield "top_up", f"已得「{title}」的，本项只补差额"


def _paid(benefit: Any, outcome: PolicyOutcome, facts: Facts) -> Iterator[Line]:
    payments = outcome.years or ((outcome.certain, outcome.possible),)
    for each, (certain, possible) in zip(benefit.instalments or (), payments, strict=False):
        if isinstance(each, Tranche):
            yield "tranche", f"{each.at}后拨付{each.share}{_sum(certain, possible)}，凭{each.evidence}"
    if benefit.recheck is not None:
        yield "recheck", f"第{benefit.recheck.from_year}年起：{benefit.recheck.text}"
    if benefit.lifetime is not None:
        received = benefit.lifetime.received
        yield "lifetime", f"累计最高{benefit.lifetime.cap}，此前已得{shown(received, facts.get(received))}"
    if benefit.borne is not None:
        yield "borne", "由" + "、".join(_borne(benefit.borne.shares, outcome.certain)) + "承担"


def _sum(certain: int, possible: int | None) -> str:
    if possible is None or not possible:
        return ""
    return f"（{format_fen(certain)}）" if certain == possible else f"（最多{format_fen(possible)}）"


def _borne(shares: dict[str, int], certain: int) -> Iterator[str]:
    for level, fen in borne(shares, certain).items():
        percent = f"{shares[level] * 100 / PPM:g}%"
        yield f"{LEVELS[level]}{percent}（{format_fen(fen)}）" if certain else f"{LEVELS[level]}{percent}"


def borne(shares: dict[str, int], fen: int) -> dict[str, int]:
    """What each level pays of a sum; together they pay all of it."""
    return dict(zip(shares, split(fen, list(shares.values())), strict=True))


def _afterwards(benefit: Any, outcome: PolicyOutcome) -> Iterator[Line]:
    if benefit.clawback is None:
        return
    yield "clawback", benefit.clawback.text
    if outcome.returned is not None:
        certain, possible = outcome.returned
        upto = "" if possible == certain else "至少"
        yield "returned", f"退回情形已经发生，应退回{upto}{format_fen(certain)}"

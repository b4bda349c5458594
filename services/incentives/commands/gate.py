"""Between a draft and its publication: another person's review of this very text, in force, every flag answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kit.errors import FieldError, Invalid
from kit.store.port import Record
from services.incentives.authored import AuthoringError, dotted
from services.incentives.catalogue import CompiledPolicy
from services.incentives.errors import (
    CatalogueFull,
    InvalidReview,
    NotReviewed,
    ReviewEnded,
    ReviewOfAnotherText,
    TopUpsInCircle,
    UnansweredFlags,
)
from services.incentives.fair_competition import unanswered
from services.incentives.fair_competition.articles import UNREVIEWED
from services.incentives.policy import Policy, stored_policy
from services.incentives.policy.combination import circle, in_circle
from services.incentives.policy.schema import Review
from services.incentives.policy_folder import MAX_POLICIES
from services.incentives.repository import text_hash
from services.incentives.schemas import ReviewInput

_RECORDED = ("reviewer", "conclusion", "basis", "ground", "on", "until", "overrides")
"""What of a review is kept for ever with the version."""


def check_review(given: ReviewInput, today: date) -> None:
    """A review that may be recorded.

    Raises:
        InvalidReview: it has ended, an exception has no end, or a rule is answered twice.
    """
    errors = []
    if given.ground is not None and given.until is None:
        errors.append(FieldError("until", "适用第十二条例外的，要写明实施期限的最后一天"))
    if given.until is not None and given.until < today:
        errors.append(FieldError("until", f"已经过了，请写 {today.isoformat()} 或以后的日期"))
    rules = [each.rule for each in given.overrides]
    for number, rule in enumerate(rules):
        if rule in rules[:number]:
            errors.append(FieldError(f"overrides.{number}.rule", f"「{rule}」已经说明过，请合并成一条"))
    if errors:
        raise InvalidReview("审查没有记录，请更正后重新提交。", errors=errors)


def publishable(record: Record, content: Mapping[str, Any], today: date) -> Policy:
    """The draft as the version to be published, with its review.

    Raises:
        NotReviewed: nobody else has approved it.
        ReviewOfAnotherText: what was approved is not what the draft says now.
        ReviewEnded: the review holds no longer.
        UnansweredFlags: it touches rules of fair competition for which no reason was given.
    """
    given = _approved(content)
    if given.get("of") not in (None, text_hash(content["document"])):
        raise ReviewOfAnotherText("审查之后草稿的文字变了，审查过的不是这一份。请审查员重新审查后再发布。")
    policy = _as_published(record, content["document"], given)
    review = policy.review
    if review is not None and review.ended(today):
        raise ReviewEnded(f"公平竞争审查已于 {review.until} 到期，请审查员重新审查、写明新的期限后再发布。")
    if policy.standing != "historical":
        _all_answered(policy)
    return policy


def check_beside(policy: Policy, published: Mapping[str, CompiledPolicy]) -> None:
    """A policy that may stand beside what is published.

    Raises:
        CatalogueFull: there are too many.
        TopUpsInCircle: it would make up a difference that in the end is its own.
    """
    if policy.id not in published and len(published) >= MAX_POLICIES:
        raise CatalogueFull(f"已发布 {len(published)} 项政策，最多 {MAX_POLICIES} 项；请先停用不再使用的，再发布。")
    ways = {id: each.policy.tops_up or () for id, each in published.items()} | {policy.id: policy.tops_up or ()}
    if way := circle(policy.id, ways):
        raise TopUpsInCircle(f"{in_circle(way)}，再提交、审查和发布。")


def _approved(content: Mapping[str, Any]) -> Mapping[str, Any]:
    given: Mapping[str, Any] | None = content["review"]
    if given is None or not given["approved"]:
        state = "尚未审查" if given is None else f"审查未通过：{given['conclusion']}"
        raise NotReviewed(f"发布前须经起草人以外的审查员通过公平竞争审查。目前{state}。依据：{UNREVIEWED.place}")
    return given


def _as_published(record: Record, document: Mapping[str, Any], given: Mapping[str, Any]) -> Policy:
    recorded = Review.model_validate({name: given[name] for name in _RECORDED if name in given})
    version = {"version": record.body["version"] + 1, "review": recorded.model_dump(mode="json")}
    try:
        return stored_policy({**document, **version}, record.id)
    except AuthoringError as error:
        raise Invalid(f"草稿已不符合现行格式，请重新起草：{error}") from error


def _all_answered(policy: Policy) -> None:
    left = unanswered(policy)
    if not left:
        return
    rules = dict.fromkeys(flag.rule for flag in left)
    names = "、".join(f"{rule.name}（{rule.id}）" for rule in rules)
    errors = [FieldError(dotted(flag.path), flag.message) for flag in left]
    raise UnansweredFlags(
        f"草稿涉及公平竞争审查的 {len(rules)} 项规则，审查没有说明理由：{names}。"
        "请修改草稿，或由审查员在 overrides 中逐项写明理由后再发布；条文见 checks。",
        errors=errors,
    )

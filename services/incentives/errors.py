"""What can go wrong with policies and matches, each with what to do next."""

from __future__ import annotations

from kit.errors import Conflict, Forbidden, Invalid, NotFound


class ZoneNotFound(NotFound):
    slug, title = "zone-not-found", "没有这个区"


class PolicyNotFound(NotFound):
    slug, title = "policy-not-found", "没有找到这项政策"


class MatchNotReady(NotFound):
    slug, title = "match-not-ready", "还没有匹配结果"


class DecisionNotFound(NotFound):
    slug, title = "decision-not-found", "没有找到这份测算结果"


class CodeTableNotFound(NotFound):
    slug, title = "industry-codes-not-found", "没有这一版行业代码表"


class InvalidFacts(Invalid):
    slug, title = "invalid-facts", "项目信息填写有误"


class InvalidPolicy(Invalid):
    slug, title = "invalid-policy", "政策内容有误"


class InvalidReview(Invalid):
    slug, title = "invalid-review", "审查记录有误"


class InvalidWithdrawal(Invalid):
    slug, title = "invalid-withdrawal", "撤回信息有误"


class InvalidCodeTable(Invalid):
    slug, title = "invalid-industry-codes", "行业代码表有误"


class DraftOfAnother(Conflict):
    slug, title = "draft-of-another", "这项政策已有他人的草稿"


class NoDraft(Conflict):
    slug, title = "no-draft", "这项政策没有草稿"


class NotReviewed(Conflict):
    slug, title = "not-reviewed", "尚未通过公平竞争审查"


class ReviewEnded(Conflict):
    slug, title = "review-ended", "公平竞争审查已到期"


class ReviewOfAnotherText(Conflict):
    slug, title = "review-of-another-text", "审查的不是现在的草稿"


class UnansweredFlags(Conflict):
    slug, title = "unanswered-flags", "涉及公平竞争的内容没有说明理由"


class NeverPublished(Conflict):
    slug, title = "never-published", "这项政策没有发布过"


class AlreadyWithdrawn(Conflict):
    slug, title = "already-withdrawn", "这项政策已经撤回"


class CatalogueFull(Conflict):
    slug, title = "catalogue-full", "发布的政策已达上限"


class TopUpsInCircle(Conflict):
    slug, title = "top-ups-in-circle", "补差额成了一圈"


class CodeTableExists(Conflict):
    slug, title = "industry-codes-exist", "这一版行业代码表已经载入"


class ReviewOfOwnDraft(Forbidden):
    slug, title = "review-of-own-draft", "不能审查自己起草的政策"

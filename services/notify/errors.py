"""Problems of notify, each with what to do next."""

from __future__ import annotations

from kit.errors import Conflict, Invalid, NotFound


class RecipientNotFound(NotFound):
    slug, title = "recipient-not-found", "没有这位收件人"


class AddressMissing(Conflict):
    slug, title = "address-missing", "没有邮箱"


class NotificationNotFound(NotFound):
    slug, title = "notification-not-found", "没有这条通知"


class DeliveryNotFound(NotFound):
    slug, title = "delivery-not-found", "没有这条投递"


class DeliverySettled(Conflict):
    slug, title = "delivery-settled", "这条投递不需要处理"


class DeliveriesChanged(Conflict):
    slug, title = "deliveries-changed", "投递的数量变了"


class ReasonMissing(Invalid):
    slug, title = "reason-missing", "请写明理由"


class DigestNotFound(NotFound):
    slug, title = "digest-not-found", "没有这一期周报"


class FigureNotFound(NotFound):
    slug, title = "figure-not-found", "周报里没有这个数"


class ReportNotFound(NotFound):
    slug, title = "report-not-found", "没有这张统计图"


class WeekInvalid(Invalid):
    slug, title = "week-invalid", "周次有误"


class WeekNotOver(Conflict):
    slug, title = "week-not-over", "这一周还没有结束"


class CutoffsPending(Conflict):
    slug, title = "cutoffs-pending", "本周数据还在汇总"

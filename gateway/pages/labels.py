"""Words for the codes that the services answer with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from contracts.vocabulary.facts import FACTS
from contracts.vocabulary.personal_data import BASES, NOTICES
from contracts.vocabulary.policy_words import BENEFICIARIES, CLAIM_MODES, INSTRUMENTS, STANDINGS
from contracts.vocabulary.zones import ZONES, GroupId
from gateway.breaker import SERVICE_NAMES
from gateway.pages.formats import Formats

HIDDEN = {
    "scheduled": "尚未生效", "superseded": "已被新版取代", "withdrawn": "已撤回", "expired": "已到期",
    "undated": "有效期不明", "cleanup": "待清理", "review": "没有有效的审查",
}  # fmt: skip
"""Why companies do not see a policy."""
STATES = HIDDEN | {"published": "生效中", "draft": "草稿"}
"""What has become of a policy or a version."""
SOURCES = {
    "officer": "专员填写",
    "import": "台账导入",
    "partner": "企业填写",
    "visitor": "您填写的",
    "system": "系统",
    "example": "示例",
}
JOB_STATES = {
    "queued": "排队中",
    "running": "进行中",
    "finished": "已完成",
    "failed": "没有成功",
    "cancelled": "已停止",
}
DELIVERY_STATES = {
    "queued": "等待发送", "sending": "正在发送", "sent": "已送达", "failed": "没有送达", "in_doubt": "不能确定",
    "discarded": "不再发送",
}  # fmt: skip
DELIVERY_KINDS = {
    "incentives.matched": "政策匹配", "lead.assigned": "分派", "import.finished": "台账导入", "digest.frozen": "周报",
    "event.died": "死信通知", "partner.answered": "回复企业", "lead.enquired": "咨询", "account.invited": "账号邀请",
}  # fmt: skip
PROGRESS = {
    "received": "已登记", "studying": "研究中", "talking": "洽谈中", "reviewing": "评审中", "signed": "已签约",
    "settling": "落地中", "building": "建设中", "running": "已投产", "on_hold": "暂缓", "closed": "已结束",
}  # fmt: skip
ENQUIRY_STATES = {"received": "已收到", "assigned": "已分派", "answered": "已答复", "closed": "已结束"}
ACCOUNT_STATES = {"active": "正常", "invited": "待接受邀请", "disabled": "已停用"}
TOKEN_SCOPES = {"read": "只读", "read_write": "可读写"}
LETTER_STATES = {
    "dead": "死信", "waiting": "自动重试中", "handled": "已重放", "discarded": "已放弃",
    "unknown": "未知版本", "unreadable": "无法识别",
}  # fmt: skip
FIELDS = {
    "title": "项目", "zone": "意向区", "source_mode": "来源方式", "summary": "项目情况", "referrer": "引荐人",
    "confidential": "保密", "owner": "负责人", "shared_with": "共享给企业",
}  # fmt: skip


def labels_in(f: Formats) -> Mapping[str, Callable[..., str]]:
    """The words as functions for templates."""

    def worded(words: Mapping[str, str]) -> Callable[[str], str]:
        return lambda code: f.say(words[code]) if code in words else code

    return {
        "instrument_name": worded(INSTRUMENTS),
        "claim_name": worded(CLAIM_MODES),
        "beneficiary_name": worded(BENEFICIARIES),
        "standing_name": worded(STANDINGS),
        "hidden_name": worded(HIDDEN),
        "state_name": worded(STATES),
        "legal_basis": worded({each.value: label for each, label in BASES.items()}),
        "notice_given": worded({each.value: label for each, label in NOTICES.items()}),
        "job_state": worded(JOB_STATES),
        "delivery_state": worded(DELIVERY_STATES),
        "delivery_kind": worded(DELIVERY_KINDS),
        "progress_name": worded(PROGRESS),
        "enquiry_state": worded(ENQUIRY_STATES),
        "letter_state": worded(LETTER_STATES),
        "account_state": worded(ACCOUNT_STATES),
        "token_scope": worded(TOKEN_SCOPES),
        "service_name": worded(SERVICE_NAMES),
        "source_name": lambda source: f.say(SOURCES.get(source["kind"], "其他")),
        "scope_name": lambda key: scope_name(f, key),
        "change_label": lambda field: _change_label(f, field),
        "change_value": lambda field, value: _change_value(f, field, value),
    }


def scope_name(f: Formats, key: str) -> str:
    """Where a policy applies, from ``zone:donghu``, ``group:zhongxin``, ``city:wuhan`` or ``place:…``."""
    kind, _, value = key.partition(":")
    if kind == "zone" and value in ZONES:
        return f.zone_name(value)
    if kind == "group" and value in {group.value for group in GroupId}:
        return f.say(GroupId(value).label)
    return f.say("全市") if kind == "city" else value


def _change_label(f: Formats, field: str) -> str:
    if field.startswith("facts."):
        return f.fact_label(field.removeprefix("facts."))
    return f.say(FIELDS.get(field, field))


def _change_value(f: Formats, field: str, value: Any) -> str:
    name = field.removeprefix("facts.")
    if value is None or value == "":
        return f.say("未填写")
    if name in FACTS and (not isinstance(value, str) or FACTS[name].kind in ("choice", "code", "date")):
        return f.fact(name, value)
    if field == "zone":
        return f.zone(value)
    if field == "source_mode":
        return f.source_mode(value)
    if isinstance(value, bool):
        return f.say("是") if value else f.say("否")
    return str(value)

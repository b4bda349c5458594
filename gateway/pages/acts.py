"""What the audit log says, in words: who did what, to what, and what changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from contracts.vocabulary.facts import FACTS
from gateway.model import ROLE_NAMES
from gateway.pages.formats import Formats

DID: Mapping[str, str] = {
    "lead.registered": "登记了线索", "lead.changed": "更改了线索", "lead.moved": "变更了线索的阶段",
    "lead.assigned": "分派了线索", "lead.followed_up": "记录了跟进", "lead.shared": "把线索共享给企业",
    "lead.unshared": "结束了线索的共享", "partner.answered": "回复了企业", "leads.exported": "导出了线索",
    "leads.export_cancelled": "停止了导出",
    "contact.added": "添加了联系人", "contact.corrected": "更正了联系人", "contact.unmasked": "查看了联系人的完整信息",
    "contact.exported": "导出了联系人的全部信息", "contact.erased": "删除了联系人",
    "enquiry.received": "提交了咨询", "enquiry.answered": "答复了咨询", "enquiry.withdrawn": "撤回了咨询的同意",
    "duty.set": "安排了值班人", "import.requested": "上传了台账", "import.finished": "完成了台账导入",
    "import.cancelled": "停止了台账导入", "policy.drafted": "起草了政策", "policy.reviewed": "审查了政策",
    "policy.published": "发布了政策", "policy.withdrawn": "撤回了政策",
    "codes.loaded": "载入了行业代码表", "digest.sent": "手动发送了周报",
    "recipient.changed": "更改了收件设置", "delivery.retried": "重新发送了投递",
    "delivery.confirmed": "把投递标为已发送",
    "delivery.discarded": "不再发送一条投递", "deliveries.retried": "批量重新发送了投递",
    "dead_letter.replayed": "重放了死信", "dead_letter.discarded": "放弃了死信",
    "dead_letters.replayed": "批量重放了死信",
    "backup.requested": "发起了备份", "account.opened": "开通了账号", "account.changed": "更改了账号",
    "account.disabled": "停用了账号", "account.invited": "邀请了新账号", "invitation.accepted": "接受了邀请",
    "password.reset": "重置了密码", "password.changed": "更改了自己的密码", "token.made": "生成了令牌",
    "token.withdrawn": "撤销了令牌", "session.opened": "登录了", "session.ended": "结束了登录",
    "session.refused": "密码连续输错，暂停了登录", "office.set_up": "初始化了系统",
    "audit.pruned": "清理了到期的操作记录",
}  # fmt: skip
KINDS: Mapping[str, str] = {
    "lead": "线索", "leads": "导出", "contact": "联系人", "enquiry": "咨询", "partner": "回复企业", "duty": "值班",
    "import": "台账导入", "policy": "政策", "codes": "行业代码", "digest": "周报", "recipient": "收件设置",
    "delivery": "投递", "dead_letter": "死信", "backup": "备份", "account": "账号", "invitation": "邀请",
    "password": "密码", "token": "令牌", "session": "登录", "office": "初始化", "audit": "操作记录",
    "deliveries": "批量发送", "dead_letters": "批量重放",
}  # fmt: skip
"""Kinds of acts, by what stands before the point."""
SUBJECTS: Mapping[str, str] = {
    "lead": "线索", "contact": "联系人", "enquiry": "咨询", "duty": "值班", "import": "导入", "export": "导出",
    "policy": "政策", "codes": "代码表", "digest": "周报", "recipient": "收件人", "delivery": "投递",
    "delivery_retry": "批量发送", "dead_letter": "死信", "backup": "备份", "account": "账号", "token": "令牌",
    "audit": "操作记录",
}  # fmt: skip
FIELDS: Mapping[str, str] = {
    "stage": "阶段", "state": "状态", "zone": "意向区", "zones": "区", "owner": "负责人", "confidential": "保密",
    "shared_with": "共享给", "officer": "值班人", "role": "角色", "active": "可用", "approved": "审查通过",
    "version": "版本", "title": "项目名称", "investor": "投资方", "source_mode": "来源方式", "referrer": "引荐人",
    "summary": "项目简介", "first_contact": "首谈", "signed_amount": "签约金额", "name": "姓名", "phone": "电话",
    "email": "邮箱", "position": "职务", "locale": "语言", "organisation": "机构", "rows": "行数", "created": "新建",
    "linked": "关联", "refused": "未导入", "with_problems": "要核对", "first": "最早一条", "scope": "权限",
    "withdrawn_from": "撤回起始日", "ground": "例外情形", "until": "有效至", "overrides": "已说明的规则",
}  # fmt: skip
LINKED: Mapping[str, str] = {"account": "/accounts/", "policy": "/policies/", "delivery": "/deliveries/"}
"""Where administrators can open what was acted on."""
SYSTEM_NAMES: Mapping[str, str] = {"": "访客", "system": "系统", "gateway": "系统"}
SHORT = 8


class Acts:
    """Puts acts into the reader's words; ``names`` are those of accounts, ``organisations`` those of partners."""

    def __init__(self, f: Formats, names: Mapping[str, str], organisations: Mapping[str, str]) -> None:
        self._f, self._names, self._organisations = f, names, organisations

    def who(self, account: str) -> str:
        """Who did it."""
        return self._f.say(SYSTEM_NAMES[account]) if account in SYSTEM_NAMES else self._named(account)

    def role(self, role: str) -> str:
        """In which role."""
        return self._f.say(ROLE_NAMES[role]) if role in ROLE_NAMES else self._f.say(SYSTEM_NAMES.get(role, "访客"))

    def did(self, what: str) -> str:
        """What was done."""
        return self._f.say(DID[what]) if what in DID else what

    def subject(self, subject: str) -> str:
        """What it was done to: an account by its name, anything else by its kind and the start of its id."""
        kind, _, id = subject.partition(":")
        if kind == "account":
            return self._named(id)
        if kind == "duty":
            return self._f.zone(id)
        return f"{self._f.say(SUBJECTS.get(kind, '其他'))} {id[:SHORT] if len(id) == 36 else id}"

    def link(self, subject: str) -> str:
        """Where to open it; empty where it cannot be."""
        kind, _, id = subject.partition(":")
        return f"{LINKED[kind]}{id}" if kind in LINKED else ""

    def change(self, change: Mapping[str, Any]) -> str:
        """One field, from what to what as far as the log knows."""
        field = self._field(change["field"])
        before, after = (self._value(change["field"], change[end]) for end in ("before", "after"))
        values = " → ".join(each for each in (before, after) if each)
        return f"{field}：{values}" if values else field

    def _field(self, name: str) -> str:
        if name.startswith("facts."):
            fact = name.removeprefix("facts.")
            return self._f.fact_label(fact) if fact in FACTS else fact
        return self._f.say(FIELDS[name]) if name in FIELDS else name

    def _value(self, name: str, value: str | None) -> str:
        if not value:
            return ""
        if name in ("stage", "state"):
            return self._stage(value)
        if name == "role":
            return self.role(value)
        if name in ("zone", "zones"):
            return self._f.say("、").join(self._f.zone(each) for each in value.split(","))
        if name in ("owner", "officer"):
            return self._named(value)
        if name == "shared_with":
            return self._organisations.get(value, value)
        return self._f.say({"true": "是", "false": "否"}[value]) if value in ("true", "false") else value

    def _stage(self, value: str) -> str:
        try:
            return self._f.stage(value)
        except ValueError:
            return value

    def _named(self, account: str) -> str:
        return self._names.get(account, account[:SHORT])

"""What can go wrong with a lead, each with what to do next."""

from __future__ import annotations

from kit.errors import Conflict, Invalid, NotFound


class LeadNotFound(NotFound):
    slug, title = "lead-not-found", "没有找到这条线索"


class InvestorNotFound(NotFound):
    slug, title = "investor-not-found", "没有找到这家投资方"


class ContactNotFound(NotFound):
    slug, title = "contact-not-found", "没有找到这位联系人"


class ContactErased(Conflict):
    slug, title = "contact-erased", "这位联系人已按要求删除"


class ImportNotFound(NotFound):
    slug, title = "import-not-found", "没有找到这次导入"


class EnquiryNotFound(NotFound):
    slug, title = "enquiry-not-found", "没有找到这条咨询"


class ExportNotFound(NotFound):
    slug, title = "export-not-found", "没有找到这次导出"


class LeadAlreadyRegistered(Conflict):
    slug, title = "lead-already-registered", "本单位已登记过这个项目"


class ConfidentialLead(Conflict):
    slug, title = "lead-is-confidential", "保密线索不能共享"


class NotShared(Conflict):
    slug, title = "lead-not-shared", "这条线索没有共享给这家企业"


class ProjectNotFound(NotFound):
    slug, title = "project-not-found", "没有找到这个项目"


class IllegalMove(Conflict):
    slug, title = "illegal-stage-move", "当前阶段不能这样推进"


class InvalidLead(Invalid):
    slug, title = "invalid-lead", "线索填写有误"


class InvalidCreditCode(Invalid):
    slug, title = "invalid-credit-code", "统一社会信用代码有误"


class UnknownOwner(Invalid):
    slug, title = "unknown-owner", "无法分派给这个人"


class UnknownPartner(Invalid):
    slug, title = "unknown-partner", "无法共享给这家企业"


class ImportRefused(Invalid):
    slug, title = "import-refused", "这个文件无法导入"

"""Why an office may keep a person's data and how that person was told: the words of 《个人信息保护法》 13 and 17."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

REMOVED = "〔已删除〕"
"""What stands where a person's name or number stood."""


class LegalBasis(StrEnum):
    """What allows an office to keep a person's data."""

    consent = "consent"
    contract = "contract"
    statutory_duty = "statutory_duty"
    public_source = "public_source"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return BASES[self]


class NoticeGiven(StrEnum):
    """Where the person was told who keeps their data and what for."""

    in_person = "in_person"
    written = "written"
    message = "message"
    form = "form"
    not_yet = "not_yet"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return NOTICES[self]


BASES: Mapping[LegalBasis, str] = {
    LegalBasis.consent: "本人同意",
    LegalBasis.contract: "订立、履行合同所必需",
    LegalBasis.statutory_duty: "履行法定职责所必需",
    LegalBasis.public_source: "本人已公开或已合法公开",
}
NOTICES: Mapping[NoticeGiven, str] = {
    NoticeGiven.in_person: "当面或电话告知",
    NoticeGiven.written: "书面告知",
    NoticeGiven.message: "短信或邮件告知",
    NoticeGiven.form: "填表时告知",
    NoticeGiven.not_yet: "尚未告知",
}

"""Who is told what, how often, and what is left of it when the process dies in between."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy

from tests.notify.conftest import MONDAY, Suite


async def test_the_owner_of_a_matched_lead_is_told_in_the_app_and_by_mail(suite: Suite) -> None:
    await suite.people()
    await suite.lead()
    await suite.matched()
    await suite.settle()
    [told] = await suite.items("officer", "/notifications")
    assert told["title"] == "「智能车载终端项目」政策匹配已完成（含示例政策）"
    assert told["link"] == "/leads/lead-1"
    [mail] = suite.mails()
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert message["Subject"] == "「智能车载终端项目」政策匹配已完成"
    assert "示例政策，非政府发布，不构成承诺" in message.get_content()

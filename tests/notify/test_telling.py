"""Who is told what, and how often."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from kit.bus.port import Message
from tests.notify.conftest import PEOPLE, Suite


def opened(mail: Path) -> EmailMessage:
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def matched_once(suite: Suite) -> None:
    await suite.people()
    await suite.lead()
    await suite.matched()
    await suite.settle()


async def test_the_owner_of_a_matched_lead_is_told_in_the_app_and_by_mail(suite: Suite) -> None:
    await matched_once(suite)
    [told] = await suite.items("officer", "/notifications")
    assert told["title"] == "「智能车载终端项目」政策匹配已完成（含示例政策）"
    assert (told["link"], told["lead_id"], told["read_at"]) == ("/leads/lead-1", "lead-1", None)
    [mail] = suite.mails()
    message = opened(mail)
    assert message["Subject"] == "「智能车载终端项目」政策匹配已完成"
    assert message["To"] == "李专员 <officer@example.com>"
    text = message.get_content()
    assert "http://127.0.0.1:8000/leads/lead-1" in text
    assert "含示例政策，非政府发布，不构成承诺" in text
    assert mail.stem in message["Message-ID"]


async def test_a_mail_says_no_more_of_a_lead_than_its_title_and_where_it_is(suite: Suite) -> None:
    await matched_once(suite)
    [mail] = suite.mails()
    text = opened(mail).get_content()
    for secret in ("示例汽车电子有限公司", "120", "1.2", "东湖", "亿"):
        assert secret not in text


async def test_what_is_told_of_a_match_names_no_policy(suite: Suite) -> None:
    """Policies that companies may not see are named by the event, and by nothing that is made of it."""
    gone = {"policy": "hidden-policy", "before": {"verdict": "met", "certain_fen": 1, "possible_fen": 1}, "after": None}
    await suite.people()
    await suite.lead()
    await suite.matched(changes=[gone])
    await suite.settle()
    told = [mail.read_text("utf-8", "replace") for mail in suite.mails()]
    told += [str(await suite.items(who, "/notifications")) for who in ("officer", "partner")]
    assert any("智能车载终端项目" in text for text in told)
    assert not [text for text in told if "hidden-policy" in text]


async def test_an_event_that_comes_again_tells_nobody_again(suite: Suite) -> None:
    await suite.people()
    await suite.lead()
    event = await suite.matched()
    await suite.settle()
    for _ in range(3):
        await suite.ports.bus.publish([Message("quce.incentives", event.partitionkey, event.encode())])
    await suite.settle()
    assert len(await suite.items("officer", "/notifications")) == 1
    assert len(suite.mails()) == 1


async def test_a_later_match_is_told_only_where_it_makes_a_difference(suite: Suite) -> None:
    await matched_once(suite)
    await suite.matched(changed=False, certain_fen=999)
    await suite.matched(changed=True)
    await suite.settle()
    assert len(await suite.items("officer", "/notifications")) == 1
    await suite.matched(changed=True, certain_fen=200_000_000)
    await suite.settle()
    titles = [each["title"] for each in await suite.items("officer", "/notifications")]
    assert "「智能车载终端项目」的政策匹配有变化（含示例政策）" in titles
    assert len(titles) == len(suite.mails()) == 2


async def test_leads_of_an_import_are_told_as_one_import(suite: Suite) -> None:
    await suite.people()
    for number in range(5):
        await suite.lead(f"row-{number}", import_id="imp-1", origin="import")
        await suite.matched(f"row-{number}", import_id="imp-1", origin="import")
    await suite.imported()
    await suite.settle()
    [told] = await suite.items("officer", "/notifications")
    assert told["title"] == "「台账.xlsx」导入完成：新增240条，与已有线索关联9条，13行待核对"
    assert told["link"] == "/imports/imp-1"
    assert suite.mails() == []
    assert len(await suite.items("admin", "/deliveries")) == 1


async def test_news_over_a_week_old_is_not_told(suite: Suite) -> None:
    await suite.people()
    week_and_a_bit = suite.clock.now() - timedelta(days=7, seconds=1)
    await suite.matched(at=week_and_a_bit)
    await suite.settle()
    assert await suite.items("admin", "/deliveries") == []


async def test_a_recipient_without_an_address_is_a_failure_that_shows(suite: Suite) -> None:
    await suite.people()
    body = {"name": "李专员", "email": None, "zones": ["donghu"], "role": "officer"}
    assert (await suite.put("admin", "/recipients/officer", body)).status_code == 200
    await suite.matched()
    await suite.settle()
    [failed] = await suite.items("admin", "/deliveries", state="failed")
    assert failed["channel"] == "email"
    assert "没有登记邮箱" in failed["reason"]
    assert len(await suite.items("officer", "/notifications")) == 1


async def test_somebody_whose_account_is_disabled_is_told_nothing(suite: Suite) -> None:
    await suite.people()
    await suite.account("officer", "officer", ["donghu"], active=False)
    await suite.settle()
    await suite.matched()
    await suite.settle()
    assert await suite.items("admin", "/deliveries") == []


async def test_the_new_owner_of_a_lead_is_told_of_it(suite: Suite) -> None:
    await suite.people()
    await suite.lead()
    await suite.lead(change="owner", owner="other")
    await suite.settle()
    [told] = await suite.items("other", "/notifications")
    assert told["title"] == "「智能车载终端项目」已转由您负责"
    assert await suite.items("officer", "/notifications") == []


async def test_an_english_reader_is_told_in_english(suite: Suite) -> None:
    await suite.people()
    body = {"name": "Ms Li", "email": "li@example.com", "locale": "en", "zones": ["donghu"], "role": "officer"}
    assert (await suite.put("admin", "/recipients/officer", body)).status_code == 200
    await suite.matched()
    await suite.settle()
    [told] = await suite.items("officer", "/notifications")
    assert told["title"] == "智能车载终端项目: policies matched (includes illustrative policies)"
    [mail] = suite.mails()
    assert opened(mail).get_content().startswith("Dear Ms Li,")


async def test_reading_marks_and_counts(suite: Suite) -> None:
    await suite.people()
    for number in range(3):
        await suite.matched(f"lead-{number}")
    await suite.settle()
    assert (await suite.get("officer", "/notifications/count")).json() == {"unread": 3}
    first = (await suite.items("officer", "/notifications"))[0]
    for _ in range(2):
        read = await suite.post("officer", f"/notifications/{first['id']}/read")
        assert read.status_code == 200
        assert read.json()["read_at"] is not None
    assert (await suite.get("officer", "/notifications/count")).json() == {"unread": 2}
    assert len(await suite.items("officer", "/notifications", unread=True)) == 2
    assert len(await suite.items("officer", "/notifications", unread=False)) == 1
    assert (await suite.post("officer", "/notifications/read-all")).json() == {"unread": 0}


async def test_notifications_come_in_pages_without_gaps(suite: Suite) -> None:
    await suite.people()
    for number in range(7):
        await suite.matched(f"lead-{number}")
    await suite.settle()
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await suite.get("officer", "/notifications", limit=3, **cursor)).json()
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert len(seen) == len(set(seen)) == 7


async def test_another_persons_notification_does_not_exist(suite: Suite) -> None:
    await matched_once(suite)
    [told] = await suite.items("officer", "/notifications")
    for account in PEOPLE:
        expected = 200 if account == "officer" else 404
        response = await suite.post(account, f"/notifications/{told['id']}/read")
        assert response.status_code == expected, account
    assert "没有这条通知" in response.json()["detail"]


async def test_deliveries_are_ones_own_and_an_administrators_without_what_they_say(suite: Suite) -> None:
    await matched_once(suite)
    own = await suite.items("officer", "/deliveries")
    assert {(each["channel"], each["state"], each["link"]) for each in own} == {
        ("in_app", "sent", "/leads/lead-1"),
        ("email", "sent", "/leads/lead-1"),
    }
    everybodys = await suite.items("admin", "/deliveries")
    assert {each["id"] for each in everybodys} == {each["id"] for each in own}
    assert all(each["link"] is None for each in everybodys)
    assert await suite.items("other", "/deliveries") == []


async def told_of_enquiry(suite: Suite, account: str) -> list[str]:
    return [each["title"] for each in await suite.items(account, "/notifications") if "【咨询】" in each["title"]]


async def test_an_enquiry_is_told_to_who_is_on_duty_and_again_when_they_ask_again(suite: Suite) -> None:
    await suite.people()
    await suite.lead(origin="enquiry", owner="officer")
    await suite.settle()
    assert len(await told_of_enquiry(suite, "officer")) == 1
    assert "【咨询】" in opened(suite.mails()[0])["Subject"]
    await suite.lead(change="enquiry", origin="enquiry", owner="officer")
    await suite.settle()
    assert len(await told_of_enquiry(suite, "officer")) == 2


async def test_where_nobody_is_on_duty_every_officer_of_the_zone_is_told(suite: Suite) -> None:
    await suite.people()
    await suite.lead(origin="enquiry", owner="", office="donghu")
    await suite.matched(owner="")
    await suite.settle()
    told = {account for account in PEOPLE if await told_of_enquiry(suite, account)}
    expected = {name for name, who in PEOPLE.items() if who.role == "officer" and "donghu" in who.zones}
    assert told == expected
    assert told
    assert len(suite.mails()) == len(expected)


@pytest.mark.parametrize(
    ("about", "link"), [("project", "/projects/lead-1"), ("enquiry", "/projects/enquiries/lead-1")]
)
async def test_an_answer_is_told_to_the_partner_it_is_for_by_title_and_link(
    suite: Suite, about: str, link: str
) -> None:
    await suite.people()
    await suite.account("former", "partner", [], org="acme", active=False)
    await suite.answered("acme", about)
    await suite.answered("another", about)
    await suite.settle()
    [told] = await suite.items("partner", "/notifications")
    assert (told["title"], told["link"], told["lead_id"]) == ("【回复】「智能车载终端项目」有新的回复", link, None)
    [mail] = suite.mails()
    assert opened(mail)["To"] == "企业 <partner@example.com>"
    assert f"http://127.0.0.1:8000{link}" in opened(mail).get_content()
    for account in PEOPLE.keys() - {"partner"}:
        assert await suite.items(account, "/notifications") == []

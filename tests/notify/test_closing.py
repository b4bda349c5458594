"""When a week closes: frozen once all have finished, sent at its hour, once, however often it is asked for."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from email import message_from_bytes, policy
from pathlib import Path

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kit.clock import to_text
from kit.events import Event
from tests.notify.conftest import NEXT_MONDAY_0853, Suite, running
from tests.notify.weeks import WEEK, a_week, digest, frozen_week

HOUR = timedelta(hours=1)


async def test_a_digest_is_frozen_when_all_have_finished_and_sent_at_its_hour(suite: Suite) -> None:
    await a_week(suite)
    suite.clock.instant = NEXT_MONDAY_0853 - 8 * HOUR
    await suite.tick()
    assert (await digest(suite))["frozen_at"] is None
    await suite.cutoffs(WEEK)
    await suite.settle()
    await suite.tick()
    frozen = await digest(suite)
    assert frozen["frozen_at"] == to_text(suite.clock.now())
    assert (frozen["sent_at"], frozen["silent"]) == (None, [])
    suite.clock.instant = NEXT_MONDAY_0853 - timedelta(seconds=1)
    await suite.tick()
    assert (await digest(suite))["sent_at"] is None
    suite.clock.instant = NEXT_MONDAY_0853
    await suite.tick()
    assert (await digest(suite))["sent_at"] == to_text(NEXT_MONDAY_0853)


async def test_it_arrives_in_the_app_and_by_mail_once(suite: Suite) -> None:
    await frozen_week(suite)
    for _ in range(3):
        await suite.tick()
    [told] = await suite.items("manager", "/notifications")
    assert told["title"] == "2026年第48周（11月23日—11月29日）周报已生成"
    assert told["link"] == f"/digests/{WEEK}"
    mails = [message_from_bytes(mail.read_bytes(), policy=policy.default) for mail in suite.mails()]
    [mail] = [each for each in mails if each["To"] == "张主任 <manager@example.com>"]
    text = mail.get_content()
    assert mail["Subject"] == "招商周报 2026年第48周（11月23日—11月29日）"
    assert "新增线索：3条（上周0条）" in text
    assert "签约金额：8,000万元（上周0元）" in text
    assert "匹配金额含示例政策测算，非政府发布，不构成承诺。" in text


async def test_freezing_is_told_to_others_in_an_event(suite: Suite) -> None:
    await frozen_week(suite)
    subscription = await suite.ports.bus.subscribe("tests", ["quce.notify"])
    events: list[Event] = []
    while len(events) < 2:
        events += [Event.decode(each.value) for each in await subscription.poll(10, 2)]
    assert {(event.type, event.data["manager"]) for event in events} == {
        ("quce.digest.frozen.v1", "manager"),
        ("quce.digest.frozen.v1", "zonal"),
    }


async def test_a_silent_service_is_waited_for_half_an_hour_and_then_named(suite: Suite) -> None:
    await a_week(suite)
    await suite.cutoffs(WEEK, "leads")
    await suite.settle()
    suite.clock.instant = NEXT_MONDAY_0853 + timedelta(minutes=29)
    await suite.tick()
    assert (await digest(suite))["frozen_at"] is None
    suite.clock.instant = NEXT_MONDAY_0853 + timedelta(minutes=30)
    await suite.tick()
    found = await digest(suite)
    assert found["silent"] == ["incentives"]
    assert found["sent_at"] == to_text(suite.clock.now())


async def test_one_partition_that_was_not_heard_is_waited_for(suite: Suite) -> None:
    await a_week(suite)
    await suite.cutoffs(WEEK, "incentives")
    suite.clock.instant = NEXT_MONDAY_0853
    await suite.cutoffs(WEEK, "leads")
    store = suite.ports.store
    await suite.settle()
    await store.erase("cutoffs", f"leads:{WEEK}")
    await suite.tick()
    assert (await digest(suite))["frozen_at"] is None


async def test_sending_by_hand_is_safe_to_repeat(suite: Suite) -> None:
    await a_week(suite)
    await suite.cutoffs(WEEK)
    await suite.settle()
    suite.clock.instant = NEXT_MONDAY_0853 - 2 * HOUR
    first = await suite.post("admin", f"/digests/{WEEK}/send")
    assert first.status_code == 200, first.text
    assert [(each["manager"], each["repeated"]) for each in first.json()["digests"]] == [
        ("manager", False),
        ("zonal", False),
    ]
    for _ in range(3):
        again = await suite.post("manager", f"/digests/{WEEK}/send", key="another")
        [own] = again.json()["digests"]
        assert (own["manager"], own["repeated"], own["sent_at"]) == (
            "manager",
            True,
            first.json()["digests"][0]["sent_at"],
        )
    suite.clock.instant = NEXT_MONDAY_0853 + HOUR
    await suite.tick()
    assert len(await suite.items("manager", "/notifications")) == 1


async def test_a_running_week_is_not_sent_and_the_answer_says_when_it_can_be(suite: Suite) -> None:
    await suite.people()
    refused = await suite.post("admin", f"/digests/{WEEK}/send")
    assert refused.status_code == 409
    assert refused.json()["detail"] == (
        "2026-W48 到2026年11月30日00:00才结束，之后即可发送；2026年11月30日08:53会自动发出，不必手动操作。"
    )


async def test_by_hand_too_a_service_that_may_still_finish_is_waited_for(suite: Suite) -> None:
    await a_week(suite)
    suite.clock.instant = NEXT_MONDAY_0853
    refused = await suite.post("manager", f"/digests/{WEEK}/send")
    assert refused.status_code == 409
    assert refused.json()["silent"] == ["leads", "incentives"]
    assert "最迟2026年11月30日09:23后可以发送" in refused.json()["detail"]
    assert refused.headers["Retry-After"] == "30"


async def test_what_was_missed_while_off_is_sent_within_a_week(tmp_path: Path) -> None:
    async with running(tmp_path) as suite:
        await a_week(suite)
    async with running(tmp_path, NEXT_MONDAY_0853 + timedelta(days=6)) as suite:
        await suite.tick()
        found = await digest(suite)
        assert found["sent_at"] == to_text(suite.clock.now())
        assert len(await suite.items("manager", "/notifications")) == 1


async def test_what_was_missed_for_longer_is_recorded_unsent(tmp_path: Path) -> None:
    async with running(tmp_path) as suite:
        await a_week(suite)
    async with running(tmp_path, NEXT_MONDAY_0853 + timedelta(days=7, minutes=1)) as suite:
        await suite.tick()
        found = await digest(suite)
        assert found["frozen_at"] is not None
        assert found["sent_at"] is None
        assert "可手动补发" in found["unsent_reason"]
        listed = {each["week"]: each for each in await suite.items("manager", "/digests")}
        assert listed[WEEK]["unsent_reason"] is not None
        titles = [each["title"] for each in await suite.items("manager", "/notifications")]
        assert not any("第48周" in title for title in titles)
        sent = await suite.post("manager", f"/digests/{WEEK}/send")
        assert sent.json()["digests"][0]["sent_at"] is not None


async def test_many_at_once_freeze_and_send_it_once(suite: Suite) -> None:
    await a_week(suite)
    suite.clock.instant = NEXT_MONDAY_0853
    await suite.cutoffs(WEEK)
    await suite.settle()
    closing = suite.app.state.closing
    posts = [suite.post("manager", f"/digests/{WEEK}/send", key=f"key-{number}") for number in range(6)]
    answers, *_ = await asyncio.gather(asyncio.gather(*posts), *(closing.run_due(suite.clock.now()) for _ in range(4)))
    await suite.settle()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["digests"][0]["frozen_at"] for answer in answers}) == 1
    deliveries = await suite.items("manager", "/deliveries")
    assert sorted((each["channel"], each["state"]) for each in deliveries) == [("email", "sent"), ("in_app", "sent")]
    assert len(await suite.items("manager", "/notifications")) == 1


async def test_its_mails_are_in_its_trace(suite: Suite, kept: InMemorySpanExporter) -> None:
    await frozen_week(suite)
    await suite.tick()
    spans = kept.get_finished_spans()
    sent = {each.context.trace_id: each.context.span_id for each in spans if each.name == "send digest"}
    mails = [each for each in spans if each.name == "deliver email" and each.context.trace_id in sent]
    assert {each.name for each in spans} >= {"freeze digest", "send digest", "deliver in_app"}
    assert mails
    assert all([link.context.span_id for link in each.links] == [sent[each.context.trace_id]] for each in mails)
    assert not [each for each in spans if "@" in each.to_json()]

"""The store port's contract: every adapter passes this same suite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import orjson
import pytest

from kit.errors import AlreadyExists, BadRequest, Stale, TooLarge
from kit.events import MAX_EVENT_BYTES
from kit.store.columns import MAX_BODY_BYTES
from kit.store.port import (
    Clause,
    Collection,
    Eq,
    In,
    Index,
    Matches,
    Prefix,
    Range,
    Record,
    Scope,
    Sort,
    Store,
    Tally,
    Write,
)
from tests.ports.things import ALL, EAST, THINGS, WEST, event, thing


async def ids(store: Store, scope: Scope = ALL, where: Sequence[Clause] = (), sort: Sort | None = None) -> list[str]:
    page = await store.find("things", scope, where, sort=sort)
    return [record.id for record in page.records]


async def test_a_save_gives_the_next_revision_and_reads_back(store: Store) -> None:
    saved = await store.save("things", thing("a", stage="new"))
    assert saved.revision == 1
    again = await store.save("things", saved.with_body({"stage": "signed"}))
    assert again.revision == 2
    read = await store.get("things", ALL, "a")
    assert read == again


async def test_a_taken_id_and_an_old_revision_are_refused(store: Store) -> None:
    first = await store.save("things", thing("a"))
    with pytest.raises(AlreadyExists):
        await store.save("things", thing("a"))
    await store.save("things", first)
    with pytest.raises(Stale):
        await store.save("things", first)


async def test_of_fifty_writers_of_one_revision_one_wins(store: Store) -> None:
    first = await store.save("things", thing("a", n=0))
    results = await asyncio.gather(
        *(store.save("things", first.with_body({"n": n}), [event(f"e{n}")]) for n in range(50)), return_exceptions=True
    )
    won = [result for result in results if isinstance(result, Record)]
    assert len(won) == 1
    assert sum(isinstance(result, Stale) for result in results) == 49
    assert len(await store.pending(100)) == 1


async def test_only_readers_see_a_record(store: Store) -> None:
    await store.save("things", thing("a", ["zone:east"], stage="new", amount=5, name="智能车"))
    await store.save("things", thing("b", ["zone:west", "city"], stage="new", amount=7, name="智能家居"))
    assert await store.get("things", WEST, "a") is None
    assert await ids(store, EAST) == ["a"]
    assert await ids(store, Scope.of(set())) == []
    assert await ids(store, WEST, [Matches("智能")]) == ["b"]
    assert await store.tally("things", EAST, sum_of="amount") == [Tally(None, 1, 5)]
    assert [record.id async for record in store.scan("things", Scope.of({"city"}))] == ["b"]


async def test_changed_readers_count_at_once(store: Store) -> None:
    saved = await store.save("things", thing("a", ["zone:east"]))
    await store.save("things", saved.with_body(saved.body, frozenset({"zone:west"})))
    assert await ids(store, EAST) == []
    assert await ids(store, WEST) == ["a"]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (Eq("stage", "new"), ["a", "b"]),
        (Eq("stage", None), ["d"]),
        (Eq("flag", True), ["a"]),
        (In("stage", ("signed", "paid")), ["c"]),
        (In("id", ("a", "d", "z")), ["a", "d"]),
        (Range("amount", 10, 30), ["a", "b"]),
        (Range("amount", None, 20), ["a"]),
        (Range("nested.at", "2026-02"), ["b"]),
        (Prefix("stage", "ne"), ["a", "b"]),
        (Eq("name", "阿里"), ["b"]),
        (Matches("终端"), ["a"]),
        (Matches("端"), ["a"]),
        (Matches("znc"), ["a"]),
        (Matches("ＡＩ"), ["c"]),
        (Matches("智能 终端"), ["a"]),
        (Matches("终能"), []),
    ],
)
async def test_each_clause_finds_what_it_says(store: Store, clause: Clause, expected: list[str]) -> None:
    await store.save(
        "things", thing("a", stage="new", amount=10, name="智能车载终端", nested={"at": "2026-01"}, flag=True)
    )
    await store.save("things", thing("b", stage="new", amount=20, name="阿里", nested={"at": "2026-03"}, flag=False))
    await store.save("things", thing("c", stage="signed", amount=30, name="中车", note="AI 芯片"))
    await store.save("things", thing("d", amount=None))
    assert await ids(store, ALL, [clause]) == expected


async def test_orders_are_chinese_and_nulls_come_last(store: Store) -> None:
    for id, name in (("1", "重庆"), ("2", "北京"), ("3", None), ("4", "安徽")):
        await store.save("things", thing(id, name=name))
    assert await ids(store, sort=Sort("name")) == ["4", "2", "1", "3"]
    assert await ids(store, sort=Sort("name", descending=True)) == ["1", "2", "4", "3"]


@pytest.mark.parametrize("sort", [None, Sort("amount"), Sort("amount", descending=True)])
async def test_pages_meet_without_gap_or_repeat(store: Store, sort: Sort | None) -> None:
    amounts = [5, 5, None, 1, 9, None, 5, 2, None, 7]
    for number, amount in enumerate(amounts):
        await store.save("things", thing(f"{number}", amount=amount))
    whole = await ids(store, sort=sort)
    seen: list[str] = []
    cursor = None
    while True:
        page = await store.find("things", ALL, sort=sort, limit=3, cursor=cursor)
        seen += [record.id for record in page.records]
        cursor = page.next
        if cursor is None:
            break
    assert seen == whole
    assert len(set(seen)) == 10


async def test_a_page_stays_right_while_values_change(store: Store) -> None:
    for number in range(6):
        await store.save("things", thing(f"{number}", amount=number))
    first = await store.find("things", ALL, sort=Sort("amount"), limit=3)
    moved = first.records[0]
    await store.save("things", moved.with_body({"amount": -1}))
    second = await store.find("things", ALL, sort=Sort("amount"), limit=3, cursor=first.next)
    assert [record.id for record in second.records] == ["3", "4", "5"]


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "!!!", "WyJpZCIsZmFsc2UsbnVsbCwxXQ"])
async def test_a_foreign_cursor_is_a_clear_error(store: Store, cursor: str) -> None:
    with pytest.raises(BadRequest):
        await store.find("things", ALL, sort=Sort("amount"), cursor=cursor)


async def test_a_brief_page_holds_the_brief_fields_only(store: Store) -> None:
    await store.save("things", thing("a", stage="new", name="甲", note="很长"))
    page = await store.find_briefs("things", ALL)
    assert [(brief.id, brief.revision) for brief in page.briefs] == [("a", 1)]
    assert orjson.loads(page.briefs[0].fields) == {"stage": "new", "name": "甲"}
    whole = await store.find("things", ALL)
    assert whole.records[0].body["note"] == "很长"


@pytest.mark.parametrize("sort", [None, Sort("amount"), Sort("amount", descending=True)])
async def test_briefs_come_in_the_pages_of_the_records(store: Store, sort: Sort | None) -> None:
    for number in range(7):
        await store.save("things", thing(f"{number}", amount=number % 3 or None))
    cursor, briefs = None, list[str]()
    while True:
        page = await store.find_briefs("things", ALL, sort=sort, limit=2, cursor=cursor)
        briefs += [brief.id for brief in page.briefs]
        if (cursor := page.next) is None:
            break
    assert briefs == [record.id for record in (await store.find("things", ALL, sort=sort)).records]


async def test_sums_are_exact_beyond_two_to_the_sixty_third(store: Store) -> None:
    for number in range(10):
        await store.save("things", thing(f"{number}", stage="new", amount=9 * 10**18 - number))
    tally = await store.tally("things", ALL, group_by="stage", sum_of="amount")
    assert tally == [Tally("new", 10, 9 * 10**19 - 45)]


async def test_tallies_group_and_name_chinese_values(store: Store) -> None:
    for id, name in (("1", "光谷"), ("2", "光谷"), ("3", None)):
        await store.save("things", thing(id, name=name))
    groups = {tally.group: tally.count for tally in await store.tally("things", ALL, group_by="name")}
    assert groups == {"光谷": 2, None: 1}


async def test_save_many_keeps_what_succeeds_and_says_what_failed(store: Store) -> None:
    await store.save("things", thing("b"))
    outcomes = await store.save_many(
        [
            Write("things", thing("a"), (event("ea"),)),
            Write("things", thing("b"), (event("eb"),)),
            Write("things", thing("c")),
        ]
    )
    assert isinstance(outcomes[0], Record)
    assert isinstance(outcomes[1], AlreadyExists)
    assert isinstance(outcomes[2], Record)
    assert [each.event.id for each in await store.pending(10)] == ["ea"]


async def test_save_many_answers_in_order_whether_new_or_changed(store: Store) -> None:
    one, two = await store.save("things", thing("one")), await store.save("things", thing("two"))
    await store.save("things", two)
    writes = [thing("a"), one, thing("a"), two, thing("b"), thing("one"), thing("c")]
    outcomes = await store.save_many([Write("things", each, (event(f"e{n}"),)) for n, each in enumerate(writes)])
    kinds = [Record, Record, AlreadyExists, Stale, Record, AlreadyExists, Record]
    assert [type(each) for each in outcomes] == kinds
    assert [each.id for each in outcomes if isinstance(each, Record)] == ["a", "one", "b", "c"]
    assert sorted(each.event.id for each in await store.pending(10)) == ["e0", "e1", "e4", "e6"]


async def test_save_many_can_stop_at_the_first_failure(store: Store) -> None:
    await store.save("things", thing("a"))
    outcomes = await store.save_many([Write("things", thing("a")), Write("things", thing("b"))], stop_at_failure=True)
    assert len(outcomes) == 1
    assert await store.get("things", ALL, "b") is None


async def test_erased_means_gone_from_search_too(store: Store) -> None:
    await store.save("things", thing("a", name="智能车"))
    await store.erase("things", "a")
    await store.erase("things", "a")
    assert await store.get("things", ALL, "a") is None
    assert await ids(store, ALL, [Matches("智能")]) == []


async def test_a_field_indexed_later_is_filled(store: Store) -> None:
    await store.save("things", thing("a", later="x"))
    await store.ensure(Collection("things", (*THINGS.indexes, Index("later")), THINGS.search))
    assert await ids(store, ALL, [Eq("later", "x")]) == ["a"]


async def test_what_was_saved_is_there_for_who_opens_the_store_again(reopen: Callable[[], Store]) -> None:
    for expected in ([], ["a"]):
        store = reopen()
        await store.ensure(THINGS)
        assert await ids(store) == expected
        assert len(await store.pending(10)) == len(expected)
        if not expected:
            await store.save("things", thing("a", stage="new"), [event("1")])


async def test_long_reads_leave_the_loop_and_short_ones_never_break(store: Store) -> None:
    await store.save_many([Write("things", thing(f"{number:05d}", name=f"项目{number}")) for number in range(3000)])
    for _ in range(3000):
        assert await store.get("things", EAST, "00007") is not None
    assert await ids(store, WEST) == []
    assert len([record async for record in store.scan("things", EAST)]) == 3000


@pytest.mark.parametrize("letter", ["x", "策", "\x01"])
async def test_a_record_is_as_long_on_every_store(store: Store, letter: str) -> None:
    size = len(orjson.dumps({"text": letter})) - len(orjson.dumps({"text": ""}))
    most = (MAX_BODY_BYTES - len(orjson.dumps({"text": ""}))) // size
    saved = await store.save("things", thing("a", text=letter * most))
    with pytest.raises(TooLarge) as refused:
        await store.save("things", saved.with_body({"text": letter * (most + 1)}), [event("1")])
    assert (refused.value.status, refused.value.extensions["limit"]) == (413, MAX_BODY_BYTES)
    with pytest.raises(TooLarge):
        await store.save_many([Write("things", thing("b", text=letter * (most + 1)))])
    assert await store.get("things", ALL, "a") == saved
    assert await store.get("things", ALL, "b") is None
    assert await store.pending(10) == []


async def test_an_event_that_is_too_long_is_refused_with_its_record(store: Store) -> None:
    long = event("1").model_copy(update={"data": {"text": "x" * MAX_EVENT_BYTES}})
    with pytest.raises(TooLarge):
        await store.save("things", thing("a"), [long])
    assert await store.get("things", ALL, "a") is None
    await store.save("things", thing("a"), [event("1")])
    assert [each.event.id for each in await store.pending(10)] == ["1"]

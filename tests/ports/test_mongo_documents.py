"""What is of MongoDB alone: events wait inside their document, which can be as large as it takes and no larger."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from pymongo import MongoClient

from kit.errors import TooLarge, Unavailable
from kit.store import mongo
from kit.store.mongo import MongoStore
from kit.store.mongo_document import query_fields, shape_of
from kit.store.port import Collection, Eq, Index
from tests.ports.things import ALL, THINGS, event, thing

pytestmark = pytest.mark.cluster


@pytest.fixture
async def store(mongo_url: str) -> AsyncIterator[MongoStore]:
    opened = MongoStore(mongo_url, f"refusals_{uuid.uuid4().hex}")
    await opened.ensure(THINGS)
    yield opened
    await opened.close()


async def test_a_record_with_too_much_to_tell_waits_and_others_go_on(
    store: MongoStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mongo, "MOST_WAITING", 3)
    saved = await store.save("things", thing("busy"), [event("1"), event("2")])
    saved = await store.save("things", saved.with_body({"n": 2}), [event("3")])
    with pytest.raises(Unavailable) as refused:
        await store.save("things", saved.with_body({"n": 3}), [event("4")])
    assert (refused.value.status, "Retry-After" in refused.value.headers) == (503, True)
    saved = await store.save("things", saved.with_body({"n": 4}))
    await store.save("things", thing("other"), [event("5")])
    waiting = await store.pending(10)
    assert [each.event.id for each in waiting] == ["1", "2", "3", "5"]
    await store.settle([each.position for each in waiting])
    await store.save("things", saved.with_body({"n": 5}), [event("6")])
    assert [each.event.id for each in await store.pending(10)] == ["6"]


async def test_a_document_of_sixteen_megabytes_is_refused_and_others_go_on(store: MongoStore) -> None:
    long = [event(str(n)).model_copy(update={"data": {"text": "x" * 60_000}}) for n in range(300)]
    saved = await store.save("things", thing("huge"))
    with pytest.raises(TooLarge):
        await store.save("things", saved.with_body({"n": 2}), long)
    assert await store.get("things", ALL, "huge") == saved
    await store.save("things", thing("other"), [event("1")])
    assert [each.event.id for each in await store.pending(10)] == ["1"]


async def test_a_start_fills_what_an_older_program_saved_and_reads_nothing_else(
    store: MongoStore, mongo_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for id in ("a", "b"):
        await store.save("things", thing(id, stage="new"))
    name = store._database.name
    with MongoClient[Any](mongo_url) as client:
        older = {"$unset": {"shape": "", "keys": ""}}
        client[name]["things"].update_one({"_id": "a"}, older)
        filled: list[Any] = []

        def counted(collection: Collection, body: dict[str, Any]) -> dict[str, Any]:
            filled.append(body)
            return query_fields(collection, body)

        monkeypatch.setattr(mongo, "query_fields", counted)
        for _ in range(2):
            opened = MongoStore(mongo_url, name)
            await opened.ensure(THINGS)
            await opened.close()
        kept = {each["_id"]: each["shape"] for each in client[name]["things"].find()}
    assert len(filled) == 1
    assert kept == dict.fromkeys(("a", "b"), shape_of(THINGS))
    assert [each.id for each in (await store.find("things", ALL, [Eq("stage", "new")])).records] == ["a", "b"]


def test_the_shape_tells_what_queries_see() -> None:
    other = replace(THINGS, indexes=(*THINGS.indexes, Index("later")))
    assert len({shape_of(each) for each in (THINGS, other, replace(THINGS, search=()), replace(THINGS, brief=()))}) > 2
    assert shape_of(replace(THINGS, name="others")) == shape_of(THINGS)

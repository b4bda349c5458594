"""What is of MongoDB alone: events wait inside their document, which can be as large as it takes and no larger."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from kit.errors import TooLarge, Unavailable
from kit.store import mongo
from kit.store.mongo import MongoStore
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

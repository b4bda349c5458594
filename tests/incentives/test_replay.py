"""A saved answer stands; replaying it says whether it would be given again, and what explains each difference."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from hypothesis import given

from contracts.vocabulary.facts import FactValue
from kit.store.port import Record, Scope
from services.incentives import versions as made_with
from services.incentives.commands.decisions import KEPT_FOR_VISITORS, forget_expired
from services.incentives.matching import Rendering, match, render
from services.incentives.matching.differences import Difference, differences
from services.incentives.queries import replays
from services.incentives.queries.answers import Given
from services.incentives.repository import DECISIONS
from tests.incentives.conftest import FACTS, Desk
from tests.incentives.drawing import facts
from tests.incentives.test_authoring_api import published
from tests.incentives.test_dry_run import publish
from tests.incentives.writing import catalogue, fixed, policy

DAY = date(2026, 11, 23)
SCOPE = Scope.system("test")
SHELF = catalogue(
    policy(),
    fixed("a", "30万元", exclusive_group="g"),
    fixed("b", "50万元", exclusive_group="g", scope={"city": "wuhan"}),
)


@given(facts())
def test_what_is_stored_gives_the_same_answer_again(said: dict[str, FactValue]) -> None:
    how = Rendering(zones=None, order="amount", nearest=True)
    answer = render(match(said, SHELF, DAY), said, SHELF, how)
    stored = orjson.loads(orjson.dumps({"asked": Given(answer, said, how).asked, "answer": answer}))
    assert replays._given(stored["asked"], SHELF, DAY) == stored["answer"] == answer


async def saved(desk: Desk, who: str = "jingkai") -> str:
    id: str = (await desk.post("/decisions", {"facts": FACTS}, who, 201))["id"]
    return id


async def changed(desk: Desk, id: str, **changes: Any) -> None:
    """As if an earlier release had stored it."""
    record = await desk.ports.store.get(DECISIONS.name, SCOPE, id)
    assert record is not None
    await desk.ports.store.save(DECISIONS.name, record.with_body({**record.body, **changes}))


async def test_an_answer_of_today_is_identical(desk: Desk) -> None:
    id = await saved(desk)
    told = await desk.get(f"/decisions/{id}/replay", "jingkai")
    assert (told["identical"], told["differences"], told["today"]["differences"]) == (True, [], [])
    assert [each["name"] for each in told["versions"]] == list(made_with.NAMES)
    assert all(each["then"] == each["now"] for each in told["versions"])


async def test_an_answer_stands_when_policies_change_and_the_policy_explains_what_is_new(desk: Desk) -> None:
    id = await saved(desk)
    before = await desk.get(f"/decisions/{id}", "jingkai")
    await published(desk, "new-one")
    await publish(desk, "new-one", benefit={"kind": "fixed", "text": "奖励300万元", "amount": "300万元"})
    assert await desk.get(f"/decisions/{id}", "jingkai") == before
    told = await desk.get(f"/decisions/{id}/replay", "jingkai")
    assert told["identical"] is True
    new = [each for each in told["today"]["differences"] if each["policy"] == "new-one" and each["zone"] == "jingkai"]
    assert {"verdict": "met", "certain_fen": 300_000_000}.items() <= {each["what"]: each["now"] for each in new}.items()
    assert {tuple(each["because"]) for each in new} == {("new-one@0>2",)}
    sums = [each for each in told["today"]["differences"] if each["policy"] is None and each["what"] == "certain_fen"]
    assert {tuple(each["because"]) for each in sums} == {("new-one@0>2",)}
    assert {each["now"] - each["then"] for each in sums} == {300_000_000}
    catalogue_ = next(each for each in told["versions"] if each["name"] == "catalogue")
    assert catalogue_["then"] != catalogue_["now"]


async def test_what_ended_since_is_explained_by_what_is_no_longer_in_effect(desk: Desk) -> None:
    id = await saved(desk)
    desk.clock.advance(datetime(2033, 1, 1, tzinfo=UTC) - desk.clock.now())
    told = await desk.get(f"/decisions/{id}/replay", "jingkai")
    assert (told["identical"], told["as_of"], told["today"]["as_of"]) == (True, "2026-11-23", "2033-01-01")
    gone = [each for each in told["today"]["differences"] if each["what"] == "verdict"]
    assert gone
    assert all(each["now"] is None and each["because"][0].endswith(">0") for each in gone)


async def test_another_engine_is_named_where_it_says_something_else(desk: Desk) -> None:
    id = await saved(desk)
    answer = await desk.get(f"/decisions/{id}", "jingkai")
    zone = answer["zones"][0]
    zone["certain_fen"] += 1
    policy_ = zone["policies"][0]
    policy_["conditions"][0]["verdict"] = "unknown"
    versions = made_with.versions(answer["catalogue_version"]) | {"engine": "0123456789abcdef"}
    await changed(desk, id, answer=answer, versions=versions)
    told = await desk.get(f"/decisions/{id}/replay", "jingkai")
    assert told["identical"] is False
    assert {(each["zone"], each["policy"], each["what"]) for each in told["differences"]} == {
        (zone["zone"], None, "certain_fen"),
        (zone["zone"], policy_["policy"], "verdict"),
    }
    assert all(each["because"] == ["engine"] for each in told["differences"])


async def test_an_answer_of_an_earlier_release_is_shown_and_not_replayed(desk: Desk) -> None:
    id = await saved(desk)
    record = await desk.ports.store.get(DECISIONS.name, SCOPE, id)
    assert record is not None
    earlier = {name: record.body[name] for name in ("schema_number", "answer", "saved_at", "saved_by")}
    await desk.ports.store.save(DECISIONS.name, Record(id, earlier, record.readers, record.revision))
    told = await desk.get(f"/decisions/{id}/replay", "jingkai")
    assert (told["identical"], told["versions"], told["today"]) == (None, [], None)


async def test_a_replay_is_for_who_may_read_the_answer(desk: Desk) -> None:
    id = await saved(desk)
    for who in ("", "donghu", "partner"):
        assert (await desk.ask(who, "GET", f"/decisions/{id}/replay")).status_code == 404
    assert (await desk.ask("jingkai", "GET", "/decisions/nothing/replay")).status_code == 404


async def test_a_visitors_answer_is_kept_for_a_year_and_an_accounts_for_good(desk: Desk) -> None:
    visitors, own = await saved(desk, ""), await saved(desk)
    desk.clock.advance(KEPT_FOR_VISITORS - timedelta(seconds=1))
    await forget_expired(desk.ports)
    assert (await desk.ask("", "GET", f"/decisions/{visitors}")).status_code == 200
    desk.clock.advance(timedelta(seconds=2))
    await forget_expired(desk.ports)
    assert (await desk.ask("", "GET", f"/decisions/{visitors}")).status_code == 404
    assert (await desk.ask("jingkai", "GET", f"/decisions/{own}")).status_code == 200


def test_versions_follow_the_content(tmp_path: Path) -> None:
    one = tmp_path / "one.py"
    one.write_text("a = 1\n")
    before = made_with._hash([one])
    one.write_text("a = 2\n")
    assert made_with._hash([one]) != before


def test_wording_alone_is_a_difference_of_wording() -> None:
    how = Rendering(zones=["jingkai"])
    answer = render(match({}, SHELF, DAY), {}, SHELF, how)
    other = {**answer, "zones": [{**answer["zones"][0], "name": "车谷"}]}
    assert differences(answer, answer) == []
    assert differences(answer, other) == [Difference("", None, None, "wording", None, None)]

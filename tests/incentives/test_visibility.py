"""Companies never hear of a policy that does not hold: in no list, page, count, answer or record, by id or by title."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.vocabulary.facts import parse_facts
from kit.store.port import Record
from services.incentives.commands.publication import acted, published_body, version_record
from services.incentives.lives import hidden_on
from services.incentives.matching import Rendering, match, render
from services.incentives.policy import Policy, policy_from
from services.incentives.repository import POLICIES, VERSIONS
from tests.incentives.conftest import FACTS, PEOPLE, Desk, person
from tests.incentives.test_authoring_api import city
from tests.incentives.test_catalogue_api import every
from tests.incentives.writing import catalogue, fixed

DAY = date(2026, 11, 23)
REVIEW = {"reviewer": "审查员", "conclusion": "可以", "basis": "第十条", "on": "2026-01-05"}
PAST = {"from": "2026-01-01", "until": "2026-11-22"}
STATES: dict[str, dict[str, Any]] = {
    "unreviewed": {"review": None},
    "review-ended": {"review": REVIEW | {"until": "2026-11-22"}},
    "cleanup": {"review": REVIEW, "cleanup": {"reason": "以税收为条件"}},
    "expired": {"review": REVIEW, "valid": PAST},
    "coming": {"review": REVIEW, "valid": {"from": "2026-11-24", "until": None}},
    "withdrawn": {"review": REVIEW},
    "past": {"standing": "historical", "valid": PAST},
    "undated": {"standing": "historical", "valid": {"from": None, "until": None}},
    "past-cleanup": {"standing": "historical", "cleanup": {"reason": "以税收为条件"}},
}
SHOWN: dict[str, dict[str, Any]] = {
    "plain": {"review": REVIEW},
    "recorded": {"standing": "historical"},
    "top-up": {"review": REVIEW, "tops_up": [f"h-{name}" for name in STATES] + ["s-plain"]},
}
BECAUSE = {
    "unreviewed": "review", "review-ended": "review", "cleanup": "cleanup", "expired": "expired",
    "coming": "scheduled", "withdrawn": "withdrawn", "past": "expired", "undated": "undated", "past-cleanup": "cleanup",
}  # fmt: skip
COMPANIES = ("", "partner")
STAFF = ("jingkai", "bureau", "editor", "reviewer", "admin")


def written(id: str, title: str, changes: dict[str, Any]) -> Policy:
    return policy_from(city(id, title=title, exclusive_group="one-group", **changes), id)


POLICIES_HERE = {
    **{f"h-{name}": written(f"h-{name}", f"藏起来的{name}", changes) for name, changes in STATES.items()},
    **{f"s-{name}": written(f"s-{name}", f"看得到的{name}", changes) for name, changes in SHOWN.items()},
}
MARKS = [mark for id, each in POLICIES_HERE.items() if id.startswith("h-") for mark in (f'"{id}"', id, each.title)]


async def shelve(desk: Desk, policy: Policy, *, withdrawn: bool) -> None:
    """A published policy, whatever a review would have said of it."""
    body = published_body(policy, at="2026-01-05T00:00:00.000000Z", origin="editor", seed=None)
    if withdrawn:
        act = {"version": None, "from": "2026-11-23", "reason": "文件废止", "by": "editor", "by_name": "编辑", "at": ""}
        body |= acted(body, act)
    readers = frozenset({"public", "catalogue"})
    await desk.ports.store.save(VERSIONS.name, version_record(policy, by="editor", at=""))
    await desk.ports.store.save(POLICIES.name, Record(policy.id, body, readers))


@pytest.fixture
async def shelf(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A policy in every state beside those that hold, and a lead that the partner's organisation may read."""
    monkeypatch.setitem(PEOPLE, "partner", person("partner", "partner", "org:acme", org="acme"))
    for id, each in POLICIES_HERE.items():
        await shelve(desk, each, withdrawn=id == "h-withdrawn")
    await desk.app.state.library.refresh()
    await desk.lead(readers=("city", "zone:jingkai", "org:acme"))
    return desk


async def answers(desk: Desk, who: str) -> list[str]:
    """All that somebody can hear of policies, as it is sent."""
    found: list[str] = []

    async def ask(method: str, path: str, body: Any = None, **params: Any) -> Any:
        response = await desk.ask(who, method, path, body, **params)
        found.append(response.text)
        return response.json()

    for params in ({}, {"zone": "jingkai"}, {"standing": "historical"}, {"status": "published"}, {"q": "藏起来"}):
        found.append(str(await every(desk, "/policies", **params)) if not who else "")
        cursor: dict[str, str] = {}
        while page := await ask("GET", "/policies", limit=7, **params, **cursor):
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
    for status in ("scheduled", "withdrawn", "expired", "superseded", "draft"):
        assert (await ask("GET", "/policies", status=status))["items"] == []
    for id in POLICIES_HERE:
        await ask("GET", f"/policies/{id}")
        await ask("GET", f"/policies/{id}/versions/1")
    for path in ("/zones", "/zones/jingkai", "/leads/lead-1/matches"):
        await ask("GET", path)
    asked = {"facts": FACTS}
    await ask("POST", "/eligibility", asked)
    saved = await ask("POST", "/decisions", asked)
    await ask("GET", f"/decisions/{saved['id']}")
    await ask("GET", f"/decisions/{saved['id']}/replay")
    return found


@pytest.mark.parametrize("who", COMPANIES)
async def test_nothing_that_does_not_hold_is_heard_of(shelf: Desk, who: str) -> None:
    told = await answers(shelf, who)
    assert {mark for mark in MARKS for text in told if mark in text} == set()
    assert all(any(each.title in text for text in told) for id, each in POLICIES_HERE.items() if id.startswith("s-"))


@pytest.mark.parametrize("who", COMPANIES)
async def test_it_is_as_if_it_did_not_exist(shelf: Desk, who: str) -> None:
    nothing = (await shelf.ask(who, "GET", "/policies/no-such-policy")).json()
    for id in (id for id in POLICIES_HERE if id.startswith("h-")):
        for path in (f"/policies/{id}", f"/policies/{id}/versions/1"):
            response = await shelf.ask(who, "GET", path)
            assert response.status_code == 404
            assert response.json() | {"trace_id": ""} == nothing | {"trace_id": ""}


@pytest.mark.parametrize("who", STAFF)
async def test_the_office_sees_everything_with_the_reason(shelf: Desk, who: str) -> None:
    items = {item["id"]: item for item in await every_as(shelf, who)}
    for name, because in BECAUSE.items():
        assert items[f"h-{name}"]["hidden_because"] == because
        assert (await shelf.get(f"/policies/h-{name}", who))["hidden_because"] == because
    for name in SHOWN:
        assert (items[f"s-{name}"]["hidden_because"], items[f"s-{name}"]["status"]) == (None, "published")
    assert items["h-coming"]["next_from"] == "2026-11-24"


async def every_as(desk: Desk, who: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        page = await desk.get("/policies", who, limit=50, **more)
        items += page["items"]
        if page["next"] is None:
            return items
        more = {"cursor": page["next"]}


async def test_what_is_hidden_is_in_no_total_for_anybody(shelf: Desk) -> None:
    totals = []
    for who in (*COMPANIES, "bureau"):
        zones = (await shelf.post("/eligibility", {"facts": FACTS}, who))["zones"]
        names = ("certain_fen", "possible_fen", "amount_unknown", "met", "unknown", "by_year")
        totals.append({zone["zone"]: [zone[name] for name in names] for zone in zones})
    assert totals[0] == totals[1] == totals[2]
    listed = [item for item in await every(shelf, "/policies", zone="donghu") if item["in_effect"]]
    counted = (await shelf.get("/zones/donghu", "bureau"))["policies"]
    assert counted == (await shelf.get("/zones/donghu"))["policies"] == len(listed)


@pytest.mark.parametrize("who", COMPANIES)
async def test_what_has_ended_is_shown_as_of_a_day_on_which_it_held(shelf: Desk, who: str) -> None:
    for name, marked in (("past", "historical"), ("expired", "in_force"), ("withdrawn", "in_force")):
        id = f"h-{name}"
        found = await shelf.get(f"/policies/{id}", who, as_of="2026-11-22")
        assert (found["standing"], found["status"]) == (marked, "published")
        listed = await shelf.get("/policies", who, as_of="2026-11-22", q="藏起来", limit=100)
        assert id in {item["id"] for item in listed["items"]}
        answer = await shelf.post("/eligibility", {"facts": FACTS, "as_of": "2026-11-22"}, who)
        assert id in {policy["policy"] for policy in answer["zones"][0]["policies"]}
        assert (await shelf.ask(who, "GET", f"/policies/{id}", as_of="2025-12-31")).status_code == 404
    for name in ("cleanup", "unreviewed", "past-cleanup", "undated"):
        response = await shelf.ask(who, "GET", f"/policies/h-{name}", as_of="2026-11-22")
        assert response.status_code == 404


async def test_an_answer_that_was_given_stays_as_given(shelf: Desk) -> None:
    saved = await shelf.post("/decisions", {"facts": FACTS}, "partner", 201)
    before = await shelf.get(f"/decisions/{saved['id']}", "partner")
    revision = (await shelf.get("/policies/s-plain", "editor"))["revision"]
    await shelf.post("/policies/s-plain/withdraw", {"reason": "文件废止"}, "editor", match=revision)
    assert await shelf.get(f"/decisions/{saved['id']}", "partner") == before
    assert "s-plain" in str(before)
    replay = await shelf.get(f"/decisions/{saved['id']}/replay", "partner")
    assert replay["identical"]
    gone = [
        each for each in replay["today"]["differences"] if each["policy"] == "s-plain" and each["what"] == "verdict"
    ]
    assert gone
    assert all((each["now"], each["because"]) == (None, ["s-plain@1>0"]) for each in gone)
    fresh = await shelf.post("/decisions", {"facts": FACTS}, "partner", 201)
    assert "s-plain" not in (await shelf.ask("partner", "GET", f"/decisions/{fresh['id']}")).text


parts = st.fixed_dictionaries(
    {},
    optional={
        "cleanup": st.just({"reason": "以税收为条件"}),
        "review": st.sampled_from([REVIEW, REVIEW | {"until": "2026-11-22"}, None]),
        "standing": st.sampled_from(["in_force", "historical"]),
        "exclusive_group": st.sampled_from(["one", "other"]),
        "valid": st.sampled_from([PAST, {"from": "2026-01-01", "until": None}]),
    },
)


@given(st.lists(parts, min_size=1, max_size=6), st.integers(1, 9), st.integers(0, 5))
def test_an_answer_to_a_company_is_that_of_a_catalogue_without_what_is_hidden(
    changes: list[dict[str, Any]], amount: int, topping: int
) -> None:
    drawn = [
        fixed(
            f"p{number}",
            f"{(amount * (number + 3)) % 11 + 1}00万元",
            **(
                {"standing": "in_force", "review": REVIEW, "tops_up": [f"p{topping}"] if topping > number else None}
                | each
            ),
        )
        for number, each in enumerate(changes)
    ]
    facts = parse_facts({"fixed_asset_investment": "2亿元"}, "example")
    public = Rendering(public=True)
    whole, holding = catalogue(*drawn), catalogue(*(each for each in drawn if hidden_on(each, DAY) is None))
    told = render(match(facts, whole, DAY), facts, whole, public)
    alone = render(match(facts, holding, DAY), facts, holding, public)
    assert told | {"catalogue_version": ""} == alone | {"catalogue_version": ""}
    office = render(match(facts, whole, DAY), facts, whole, Rendering())
    assert [zone | {"policies": []} for zone in told["zones"]] == [zone | {"policies": []} for zone in office["zones"]]

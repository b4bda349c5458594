"""Who may ask what, and what a wrong request is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.notify.conftest import PEOPLE, Suite

EVERYBODY = {*PEOPLE}
MANAGERS = {"manager", "zonal"}
OFFICE = {"officer", "other", *MANAGERS}
RECIPIENT: dict[str, Any] = {"name": "李专员", "email": "li@example.com", "zones": ["donghu"], "role": "officer"}

READS = {
    "/notifications": EVERYBODY,
    "/notifications/count": EVERYBODY,
    "/deliveries": EVERYBODY,
    "/recipients/officer": {"admin", "officer"},
    "/digests": MANAGERS,
    "/digests/2026-W48": MANAGERS,
    "/digests/2026-W48/figures/new_leads/records": MANAGERS,
    "/reports/funnel": OFFICE,
    "/reports/by_zone": OFFICE,
    "/reports/weekly": OFFICE,
}


@pytest.mark.parametrize("path", READS)
async def test_each_role_reads_what_is_its_own(suite: Suite, path: str) -> None:
    await suite.people()
    assert (await suite.get(None, path)).status_code == 401
    for account in PEOPLE:
        response = await suite.get(account, path)
        assert (response.status_code == 200) == (account in READS[path]), (account, response.text)
        assert response.status_code in (200, 403, 404)


async def test_only_administrators_set_addresses_and_only_managers_and_they_send(suite: Suite) -> None:
    await suite.people()
    for account in (None, *PEOPLE):
        put = await suite.put(account, "/recipients/officer", RECIPIENT)
        assert (put.status_code == 200) == (account == "admin"), account
        sent = await suite.post(account, "/digests/2026-W40/send")
        assert (sent.status_code == 200) == (account in {"admin", *MANAGERS}), account


async def test_setting_an_address_again_changes_only_what_is_new(suite: Suite) -> None:
    first = await suite.put("admin", "/recipients/officer", RECIPIENT)
    again = await suite.put("admin", "/recipients/officer", RECIPIENT | {"email": "new@example.com"})
    assert first.json()["email"] == "li@example.com"
    assert again.json() == first.json() | {"email": "new@example.com"}
    assert (await suite.get("officer", "/recipients/officer")).json() == again.json()


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"email": "not an address"}, "email"),
        ({"email": "a@b@c"}, "email"),
        ({"email": "a\r\nBcc: x@example.com"}, "email"),
        ({"email": "李@example.com"}, "email"),
        ({"name": ""}, "name"),
        ({"name": "李\r\n专员"}, "name"),
        ({"role": "king"}, "role"),
        ({"zones": ["atlantis"]}, "zones.0"),
        ({"locale": "fr"}, "locale"),
        ({"phone": "138"}, "phone"),
    ],
)
async def test_a_wrong_recipient_is_refused_where_it_is_wrong(suite: Suite, change: dict[str, Any], path: str) -> None:
    refused = await suite.put("admin", "/recipients/officer", RECIPIENT | change)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert [error["path"] for error in refused.json()["errors"]] == [path]
    assert (await suite.get("admin", "/recipients/officer")).status_code == 404


async def test_sending_needs_a_key(suite: Suite) -> None:
    refused = await suite.post("admin", "/digests/2026-W47/send", key=None)
    assert refused.status_code == 400
    assert "Idempotency-Key" in refused.json()["detail"]


async def test_a_week_too_long_ago_is_not_made_up(suite: Suite) -> None:
    refused = await suite.post("manager", "/digests/2020-W01/send")
    assert refused.status_code == 422
    assert "只能补发最近53周的周报，最早到 2025-W47" in refused.json()["detail"]


async def test_reports_count_what_the_reader_may_see(suite: Suite) -> None:
    await suite.people()
    await suite.lead("a", investment=10**18 // 10**3)
    await suite.lead("b", investment=10**15, stage="negotiating", zone="jingkai", readers=["city", "zone:jingkai"])
    await suite.lead("c", stage="negotiating", zone="jingkai", readers=["city", "zone:jingkai"])
    await suite.lead("d", state="closed", investment=5)
    await suite.settle()
    funnel = {each["id"]: each for each in (await suite.get("manager", "/reports/funnel")).json()["items"]}
    assert funnel["new"] == {"id": "new", "label": "线索", "count": 1, "sum_fen": 10**15, "uncounted": 0}
    assert (funnel["negotiating"]["count"], funnel["negotiating"]["uncounted"]) == (2, 1)
    own = {each["id"]: each["count"] for each in (await suite.get("other", "/reports/by_zone")).json()["items"]}
    assert {id: count for id, count in own.items() if count} == {"jingkai": 2}
    weekly = (await suite.get("manager", "/reports/weekly")).json()
    assert weekly["items"][-1]["id"] == "2026-W48"
    assert weekly["items"][-1]["count"] == 4
    assert len(weekly["items"]) == 12
    assert weekly["definition"].startswith("公式：")


async def test_sums_beyond_what_json_can_carry_come_as_text(suite: Suite) -> None:
    await suite.people()
    for number in range(10):
        await suite.lead(f"lead-{number}", investment=10**15)
    await suite.settle()
    report = (await suite.get("manager", "/reports/funnel")).json()
    assert report["items"][0]["sum_fen"] == "10000000000000000"

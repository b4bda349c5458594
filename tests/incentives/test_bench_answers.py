"""The catalogues that ``make bench`` makes, and that what it times is a whole answer."""

from __future__ import annotations

from typing import Any

import pytest

from bench.answers import DAY, SHOWN, answer
from bench.catalogue import of_every_form, plain
from bench.workload import leads
from services.incentives.catalogue import Catalogue
from services.incentives.matching import match
from services.incentives.policy.tree import leaves_of
from services.incentives.policy_folder import load_policies
from services.incentives.settings import POLICIES

COUNT, ZONES = 120, 12


@pytest.fixture(scope="module")
def every() -> Catalogue:
    return of_every_form(COUNT, ZONES)


def written(document: Any, below: str = "") -> set[str]:
    """The fields that a policy writes, wherever they stand."""
    if isinstance(document, list):
        return {name for each in document for name in written(each, below)}
    if not isinstance(document, dict):
        return set()
    own = {f"{below}{name}" for name, value in document.items() if value is not None}
    return own | {name for value in document.values() for name in written(value)}


def test_every_form_that_ships_occurs(every: Catalogue) -> None:
    said = [each.policy.model_dump(mode="json", by_alias=True, warnings=False) for each in every.policies.values()]
    shipped = [each.model_dump(mode="json", by_alias=True) for each in load_policies(POLICIES)]
    assert written(shipped) <= written(said)
    assert {each["benefit"]["kind"] for each in shipped} == {each["benefit"]["kind"] for each in said}
    assert len(every.effective(DAY)) == COUNT


def test_both_have_as_many_conditions(every: Catalogue) -> None:
    there, other = (
        sum(len(leaves_of(each.policy.conditions)) for each in catalogue.policies.values())
        for catalogue in (plain(COUNT, ZONES), every)
    )
    assert there <= other <= 1.3 * there


def test_what_is_timed_is_a_whole_answer() -> None:
    catalogue = plain(COUNT, ZONES)
    known = leads(1)[0]
    found, result = answer(known, catalogue), match(known, catalogue, DAY)
    assert [each.certain for each in found["zones"]] == sorted(each.certain for each in result.zones.values())[::-1]
    assert len(found["zones"]) == ZONES
    assert len(found["policies"]) == len(found["gaps"]) == SHOWN
    assert all(each["conditions"] and each["verdict"] != "not_met" for each in found["policies"].values())
    assert any(near.changes for near, _ in found["gaps"])

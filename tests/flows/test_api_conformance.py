"""The API keeps to its own OpenAPI, whatever is sent: generated, aimed at seeded records, and well prepared.

Aimed calls have generated bodies with seeded ids, fresh revisions and keys, and a fresh object for each change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Effort
from tests.flows.calls import ANYBODY, Call
from tests.flows.rules import RULES
from tests.flows.test_role_matrix import OPENAPI
from tests.flows.world import API, World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PREPARED = 20
EXAMPLES = {"ci": (6, 6), "full": (60, 60)}
OF_EACH_PERSON = {"ci": 1, "full": 6}
"""Generated cases of each operation as everybody, whether they may or not."""
AS_EVERYBODY = {"ci": 1000, "full": 5000}
ENOUGH = 20
SHARE = 0.25
SIGNING = ("POST /sessions", "GET /sessions/current", "DELETE /sessions/current")
CLOSED = ("POST /setup", "POST /sessions/current/password")
"""What is over in this world, and what no token may do."""
TESTERS = ("donghu", "manager", "admin", "editor", "reviewer", "partner-a")

SCHEMA = schemathesis.openapi.from_path(OPENAPI)


@dataclass
class Tally:
    """How many answers of each operation there were, how many of success; and how many each person got of any."""

    answers: Counter[str] = field(default_factory=Counter)
    successes: Counter[str] = field(default_factory=Counter)
    people: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def tally() -> Tally:
    """The counts of this module."""
    return Tally()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """Kept connections."""
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


@dataclass
class Asking:
    """One operation, asked over and over."""

    world: World
    operation: str
    session: requests.Session
    tally: Tally

    @property
    def tester(self) -> str:
        """Somebody who may."""
        return next((name for name in TESTERS if name in RULES[self.operation].who), TESTERS[0])

    @property
    def definition(self) -> Any:
        """The operation in the OpenAPI document."""
        method, path = self.operation.split(" ", 1)
        return SCHEMA[API + path][method]

    def check(self, case: Any, **options: Any) -> None:
        """Send a case as somebody who may, and count its answer."""
        answer = self.answer(case, self.tester, **options)
        self.tally.answers[self.operation] += 1
        self.tally.successes[self.operation] += answer.status_code < 300

    def check_as(self, who: str, case: Any) -> None:
        """Send a case as anybody, and count whose it was."""
        self.answer(case, who)
        self.tally.people[who] += 1

    def answer(self, case: Any, who: str, **options: Any) -> Any:
        """Send a case, compare its answer with the schema."""
        signed = self.world.clients[who].headers.get("Authorization")
        headers = {"Authorization": signed} if signed else {}
        answer = case.call(base_url=self.world.url, session=self.session, headers=headers, **options)
        self.session.cookies.clear()
        case.validate_response(answer, checks=CHECKS)
        return answer

    def prepared(self) -> None:
        """A call that works."""
        call = RULES[self.operation].make(self.world)
        case = self.definition.Case(
            path_parameters=dict(call.path), headers=self._headers(call), query=dict(call.query), **_body(call)
        )
        self.check(case, **({"files": dict(call.files)} if call.files else {}))

    def aimed(self, case: Any) -> None:
        """A generated case at a record that exists, at its revision."""
        call = RULES[self.operation].make(self.world)
        case.path_parameters = {**(case.path_parameters or {}), **call.path}
        case.headers = {**(case.headers or {}), **self._headers(call)}
        self.check(case, **({"files": dict(call.files)} if call.files else {}))

    def _headers(self, call: Call) -> dict[str, str]:
        return {"Idempotency-Key": f"aimed-{next(self.world.numbers)}", **call.headers}


def _body(call: Call) -> dict[str, Any]:
    return {} if call.json is None else {"body": call.json, "media_type": "application/json"}


def explore(strategy: Any, examples: int, run: Callable[[Any], None]) -> None:
    """Run ``examples`` cases of a strategy; the printed seed repeats them."""

    @hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(strategy)
    def every(case: Any) -> None:
        run(case)

    every()


@pytest.mark.parametrize("operation", sorted(RULES))
def test_an_operation_keeps_to_its_schema(
    world: World, session: requests.Session, tally: Tally, effort: Effort, operation: str
) -> None:
    asking = Asking(world, operation, session, tally)
    generated, aimed = EXAMPLES[effort]
    for _ in range(PREPARED):
        asking.prepared()
    explore(asking.definition.as_strategy(), aimed, asking.aimed)
    explore(asking.definition.as_strategy(), generated, asking.check)
    if operation not in (*SIGNING, *CLOSED):
        # What a call has counted, such as failed mails, may have moved when it comes; another one is made then.
        for _ in range(5 * PREPARED):
            if tally.successes[operation] < ENOUGH:
                asking.prepared()
        assert tally.successes[operation] >= ENOUGH


@pytest.mark.parametrize("who", sorted(ANYBODY))
def test_everybody_is_answered_by_the_schema(
    world: World, session: requests.Session, tally: Tally, effort: Effort, who: str
) -> None:
    for operation in sorted(RULES):
        asking = Asking(world, operation, session, tally)
        explore(asking.definition.as_strategy(), OF_EACH_PERSON[effort], partial(asking.check_as, who))


def test_everybody_was_asked_often(tally: Tally, effort: Effort, record_figure: Callable[[str, Any], None]) -> None:
    for who, answers in sorted(tally.people.items()):
        record_figure(f"api.answers_of.{who}", answers)
    record_figure("api.answers_of_everybody", tally.people.total())
    assert not tally.people or tally.people.total() >= AS_EVERYBODY[effort]


def test_a_quarter_of_all_answers_are_successes(tally: Tally, record_figure: Callable[[str, Any], None]) -> None:
    answers, successes = tally.answers.total(), tally.successes.total()
    record_figure("api.answers", answers)
    record_figure("api.successes", successes)
    record_figure(
        "api.fewest_successes", min(tally.successes[name] for name in RULES if name not in (*SIGNING, *CLOSED))
    )
    assert answers == 0 or successes / answers >= SHARE

"""Every page as everybody, from the page table: it opens for whom it is meant, and tells nobody else anything."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

import httpx
import pytest

from gateway.pages.languages import COOKIE
from gateway.pages.page_table import PAGES, Page
from services.incentives.policy_folder import load_policies
from services.incentives.settings import POLICIES
from tests.flows.calls import (
    ADMINISTRATOR,
    ANYBODY,
    EDITOR,
    HOSTS,
    INSIDE,
    OFFICERS,
    OVERSEERS,
    READS,
    REVIEWER,
)
from tests.flows.canaries import PARTNER_A, PERSONAL, WORD
from tests.flows.intruders import MARK, expire_session
from tests.flows.rules import DESK
from tests.flows.samples import registration
from tests.flows.test_role_matrix import leaked
from tests.flows.world import ANONYMOUS, API, DISABLED, ELSEWHERE, EXPIRED, LAPSED, World

ROLES: Mapping[str, str] = {
    "donghu": "officer",
    "hanyang": "officer",
    "bureau": "bureau_officer",
    "manager": "manager",
    "manager-donghu": "manager",
    ELSEWHERE: "manager",
    "editor": "policy_editor",
    "reviewer": "reviewer",
    "partner-a": "partner",
    "partner-b": "partner",
    "admin": "administrator",
}
PEOPLE = sorted(ANYBODY)
CSRF = re.compile(r'name="csrf"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf"')
OF_ONE_OFFICE = ("/leads/{id}", "/imports/{id}")
OF_ONE_PERSON = ("/notifications/{id}", "/exports/{id}")
OF_A_HOST = ("/accounts/{id}",)
OF_A_DESK = ("/decisions/{id}",)
OF_ONE_PARTNER = ("/projects/{id}", "/projects/enquiries/{id}")
OF_THE_VISIT = ("/leads/{id}/panels/enquiries", "/leads/{id}/enquiries/{enquiry}")
ASKED_FOR = {"/leads": f"?q={WORD}", "/leads/board": f"?q={WORD}", "/leads/new/similar": f"?investor_name={WORD}"}
"""What narrows a page to the canary, which others' work would hide."""
FILLED: Mapping[str, str] = {
    "revision": "1", "text": "好", "to": "assessing", "reason": "试试", "org": PARTNER_A, "owner": "nobody",
    "name": "路人甲", "phone": "13800005678", "legal_basis": "consent", "notice_given": "in_person", "purpose": "联系",
    "fact.land_mu": "81",
}  # fmt: skip
"""A form in which nothing is missing, whichever it is."""
CELLS = [(page, method, who) for page in PAGES for method in page.methods for who in PEOPLE]


class Browser:
    """Somebody with a cookie, and the token that forms of theirs carry."""

    def __init__(self, world: World, who: str) -> None:
        self.client = httpx.Client(base_url=world.url, timeout=60)
        self.csrf = ""
        if who == ANONYMOUS:
            found = CSRF.search(self.client.get("/sign-in").text)
            self.csrf = next((each for each in found.groups() if each), "") if found else ""
            return
        signed = self.client.post(f"{API}/sessions", json={"account": who, "password": world.passwords[who]})
        assert signed.status_code == 201, signed.text
        self.csrf = signed.json()["csrf"]

    def open(self, method: str, path: str, form: Mapping[str, str] | None = None) -> httpx.Response:
        """Open a page, or submit a form to it, an empty one where none is given."""
        return self.client.request(method, path, data={"csrf": self.csrf, **(form or {})} if method == "POST" else None)


@pytest.fixture(scope="module")
def browsers(world: World) -> Iterator[dict[str, Browser]]:
    """A browser for everybody."""
    opened = {who: Browser(world, who) for who in PEOPLE}
    yield opened
    for browser in opened.values():
        browser.client.close()


def address(world: World, page: Page) -> str:
    """The page about what the office at 东湖 did."""
    ids = {
        "/leads": "lead",
        "/projects": "lead",
        "/imports": "imported",
        "/audit": "audited",
        "/policies": "policy",
        "/notifications": "notification",
        "/accounts": "guest",
        "/decisions": "decision",
    }
    kind = "/" + page.path.split("/")[1]
    id = getattr(world, ids[kind]) if kind in ids else "donghu"
    if page.path.startswith("/exports/{id}"):
        id = world.exported()
    if page.path.startswith("/projects/enquiries"):
        id = world.asked
    if page.path.startswith("/deliveries/{id}"):
        id = world.new_failure()[0]
    if page.path.startswith("/dead-letters/{service}/{id}"):
        id = world.new_letter("notify")[0]
    if page.path == "/policies/{id}/withdraw":
        id = world.draft
    if page.path in OF_THE_VISIT:
        id = world.visited["lead_id"]
    week = world.week if "{week}" in page.path else ""
    figure = world.figure if "{figure}" in page.path else ""
    contact = world.lead_page["contacts"][0]["id"] if "{contact}" in page.path else ""
    act = "disable" if page.path.startswith(OF_A_HOST) else "discard"
    given = {"contact": contact, "enquiry": world.visit, "service": "notify", "act": act}
    path = page.path.format(id=id, stage="signed", name="land_mu", week=week, figure=figure, **given)
    return path + ASKED_FOR.get(page.path, "")


def may_open(page: Page, who: str) -> bool:
    """Whether this person should get this page about that office."""
    if page.path in OF_A_DESK:
        return who in DESK
    if page.roles is None:
        return True
    if who == ANONYMOUS or ROLES[who] not in page.roles:
        return False
    if page.path.startswith(OF_ONE_PERSON):
        return who == "donghu"
    if page.path in OF_ONE_PARTNER:
        return who == "partner-a"
    if page.path.startswith(OF_A_HOST):
        return who in ("donghu", "admin")
    return who in INSIDE if page.path.startswith(OF_ONE_OFFICE) else True


def assert_answered(answer: httpx.Response, page: Page, method: str) -> None:
    """A page opens; an empty form is told what it lacks."""
    if method == "GET":
        assert answer.is_success or answer.is_redirect, answer.text
    else:
        refusals = {403, 404, 405} if page.path == "/sign-in" else {401, 403, 404, 405}
        assert answer.status_code not in refusals, answer.text


def assert_refused(answer: httpx.Response) -> None:
    """The page is not for them, or what it is about is not there."""
    if answer.is_redirect:
        assert answer.headers["location"].startswith("/sign-in")
        return
    assert answer.status_code in {401, 403, 404}, answer.text


@pytest.mark.parametrize(("page", "method", "who"), CELLS, ids=lambda each: getattr(each, "path", each))
def test_cell(world: World, browsers: dict[str, Browser], page: Page, method: str, who: str) -> None:
    browser = Browser(world, who) if page.path == "/sign-out" else browsers[who]
    key = {"idempotency_key": f"page-{next(world.numbers)}"}
    answer = browser.open(method, address(world, page), None if may_open(page, who) else {**FILLED, **key})
    if page.path == "/sign-out":
        browser.client.close()
    assert answer.status_code < 500, answer.text
    if may_open(page, who):
        assert_answered(answer, page, method)
    else:
        assert_refused(answer)
    assert leaked(answer) <= READS.get(who, frozenset()) - PERSONAL
    assert MARK not in answer.text


OFFICERS_INSIDE = INSIDE & OFFICERS
PANELS = ("timeline", "comparison", "partners", "enquiries")
SHOWING: Mapping[str, Collection[str]] = {
    **dict.fromkeys(("/leads", "/leads/board", "/leads/board/{stage}", "/panels/funnel", "/imports/{id}"), INSIDE),
    **{
        f"/leads/{{id}}{part}": INSIDE
        for part in ("", "/policies", "/compare", *(f"/panels/{name}" for name in PANELS))
    },
    "/leads/new/similar": OFFICERS_INSIDE,
    **{f"/leads/{{id}}/panels/{name}": OFFICERS_INSIDE for name in ("move", "fact/{name}", "contacts/{contact}")},
    **dict.fromkeys(("/projects", *OF_ONE_PARTNER), frozenset({"partner-a"})),
    **dict.fromkeys(("/policies", "/zones/{id}"), EDITOR | REVIEWER | ADMINISTRATOR),
    **dict.fromkeys(OF_A_DESK, DESK),
    "/digests/{week}": OVERSEERS,
    "/digests/{week}/figures/{figure}": OVERSEERS,
    "/accounts/{id}": HOSTS,
    "/audit/{id}": ADMINISTRATOR,
    "/audit/file": ADMINISTRATOR,
}
"""Who finds the canary on a page."""
CROWDED = (
    "/imports", "/duty", "/panels/todo", "/panels/changes", "/panels/notifications", "/notifications", "/accounts",
    "/account", "/audit", "/deliveries", "/decisions",
)  # fmt: skip
"""Newest or most urgent first, so that others' work may stand before the canary: the API is asked page by page."""
SILENT = frozenset({
    *("/", "/sign-in", "/setup", "/invitation", "/account/password", "/accounts/new", "/leads/new", "/enquiries/new"),
    *("/enquiries/track", "/eligibility", "/eligibility/compare", "/policies/{id}", "/digests", "/dashboard"),
    *("/system", "/panels/unread"),
    *("/panels/losing", "/panels/zones", "/imports/{id}/progress", "/exports/{id}"),
    *("/deliveries/retry", "/deliveries/{id}", "/dead-letters", "/dead-letters/{service}/replay"),
    "/dead-letters/{service}/{id}",
    *("/policies/new", "/policies/{id}/edit", "/policies/{id}/dry-run", "/policies/{id}/panels/dry-run"),
    "/policies/{id}/review",
})  # fmt: skip
"""Forms, counts, what is public, and what shows administrators that something happened and not what it says."""


def test_every_page_shows_the_canary_or_says_why_not() -> None:
    pages = [page.path for page in PAGES if "GET" in page.methods]
    assert sorted(pages) == sorted([*SHOWING, *CROWDED, *SILENT])


@pytest.mark.parametrize(("path", "who"), [(path, who) for path, people in SHOWING.items() for who in sorted(people)])
def test_a_page_shows_the_canary_to_those_it_is_for(
    world: World, browsers: dict[str, Browser], path: str, who: str
) -> None:
    page = next(each for each in PAGES if each.path == path)
    assert leaked(browsers[who].open("GET", address(world, page)))


@pytest.mark.parametrize("page", [page for page in PAGES if page.path in SILENT], ids=lambda page: page.path)
def test_a_silent_page_shows_it_to_nobody(world: World, browsers: dict[str, Browser], page: Page) -> None:
    for who in PEOPLE:
        assert not leaked(browsers[who].open("GET", address(world, page)))


@pytest.fixture(scope="module")
def lapsed(world: World) -> Iterator[dict[str, Browser]]:
    """Browsers with a cookie that has run out, and with that of an account that was disabled."""
    password = world.passwords["former-again"] = "a-long-enough-one"
    hired = {"sign_in": "former-again", "name": "前同事", "role": "officer", "password": password, "zones": ["donghu"]}
    id = world.post("admin", "/accounts", json=hired)["id"]
    opened = {EXPIRED: Browser(world, "donghu"), DISABLED: Browser(world, "former-again")}
    expire_session(world.settings, next(iter(opened[EXPIRED].client.cookies.jar)).value or "")
    headers = world.etag(f"/accounts/{id}", "admin")
    disabled = world.ask("admin", "PATCH", f"{API}/accounts/{id}", json={"active": False}, headers=headers)
    assert disabled.is_success, disabled.text
    yield opened
    for browser in opened.values():
        browser.client.close()


@pytest.mark.parametrize("who", LAPSED)
@pytest.mark.parametrize("page", [each for each in PAGES if each.roles is not None], ids=lambda page: page.path)
def test_a_lapsed_credential_opens_no_page(world: World, lapsed: dict[str, Browser], page: Page, who: str) -> None:
    for method in page.methods:
        path = address(world, page)
        for answer in (world.ask(who, method, path), lapsed[who].open(method, path, FILLED)):
            assert_refused(answer)
            assert not leaked(answer)


def test_zones_do_not_learn_whom_another_one_invited(world: World, browsers: dict[str, Browser]) -> None:
    own = world.post("hanyang", "/leads", json=registration(next(world.numbers)) | {"zone": "hanyang"})["id"]
    panel = browsers["hanyang"].open("GET", f"/leads/{own}/panels/partners")
    assert "芯禾电子" in panel.text
    assert not leaked(panel)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_policy_has_a_page(world: World, language: str) -> None:
    officer = Browser(world, "donghu").client
    officer.cookies.set(COOKIE, language)
    answers = {policy.id: officer.get(f"/policies/{policy.id}").status_code for policy in load_policies(POLICIES)}
    officer.close()
    assert set(answers.values()) == {200}, [id for id, status in answers.items() if status != 200]

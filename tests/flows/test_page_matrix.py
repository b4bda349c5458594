"""Every page as everybody, from the page table: it opens for whom it is meant, and tells nobody else anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import httpx
import pytest

from gateway.pages.page_table import PAGES, Page
from tests.flows.calls import ANYBODY, INSIDE, READS
from tests.flows.canaries import PERSONAL
from tests.flows.intruders import MARK
from tests.flows.samples import registration
from tests.flows.test_role_matrix import leaked
from tests.flows.world import ANONYMOUS, API, ELSEWHERE, LAPSED, World

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
OF_ONE_PARTNER = ("/projects/{id}", "/projects/enquiries/{id}")
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

    def open(self, method: str, path: str) -> httpx.Response:
        """Open a page, or submit an empty form to it."""
        return self.client.request(method, path, data={"csrf": self.csrf} if method == "POST" else None)


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
    week = world.week if "{week}" in page.path else ""
    figure = world.figure if "{figure}" in page.path else ""
    contact = world.lead_page["contacts"][0]["id"] if "{contact}" in page.path else ""
    act = "disable" if page.path.startswith(OF_A_HOST) else "discard"
    given = {"contact": contact, "enquiry": "donghu", "service": "notify", "act": act}
    return page.path.format(id=id, stage="new", name="land_mu", week=week, figure=figure, **given)


def may_open(page: Page, who: str) -> bool:
    """Whether this person should get this page about that office."""
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


def assert_refused(answer: httpx.Response, method: str) -> None:
    """The page is not for them; an empty form may fail for what it lacks first."""
    if answer.is_redirect:
        assert answer.headers["location"].startswith("/sign-in")
        return
    assert answer.status_code in ({401, 403, 404} | ({400, 422} if method == "POST" else set())), answer.text


@pytest.mark.parametrize(("page", "method", "who"), CELLS, ids=lambda each: getattr(each, "path", each))
def test_cell(world: World, browsers: dict[str, Browser], page: Page, method: str, who: str) -> None:
    browser = Browser(world, who) if page.path == "/sign-out" else browsers[who]
    answer = browser.open(method, address(world, page))
    if page.path == "/sign-out":
        browser.client.close()
    assert answer.status_code < 500, answer.text
    if may_open(page, who):
        assert_answered(answer, page, method)
    else:
        assert_refused(answer, method)
    assert leaked(answer) <= READS.get(who, frozenset()) - PERSONAL
    assert MARK not in answer.text


SHOWING = (
    ("/leads/{id}", INSIDE),
    ("/leads/{id}/panels/partners", INSIDE),
    ("/imports/{id}", INSIDE),
    ("/projects/{id}", {"partner-a"}),
    ("/accounts/{id}", {"donghu", "admin"}),
    ("/audit/{id}", {"admin"}),
    ("/policies", {"editor", "reviewer"}),
)


@pytest.mark.parametrize(("path", "who"), [(path, who) for path, people in SHOWING for who in sorted(people)])
def test_a_page_shows_the_canary_to_those_it_is_for(
    world: World, browsers: dict[str, Browser], path: str, who: str
) -> None:
    page = next(each for each in PAGES if each.path == path)
    assert leaked(browsers[who].open("GET", address(world, page)))


@pytest.mark.parametrize("who", LAPSED)
@pytest.mark.parametrize("page", [each for each in PAGES if each.roles is not None], ids=lambda page: page.path)
def test_a_lapsed_credential_opens_no_page(world: World, page: Page, who: str) -> None:
    for method in page.methods:
        answer = world.ask(who, method, address(world, page))
        assert_refused(answer, method)
        assert not leaked(answer)


def test_zones_do_not_learn_whom_another_one_invited(world: World, browsers: dict[str, Browser]) -> None:
    own = world.post("hanyang", "/leads", json=registration(next(world.numbers)) | {"zone": "hanyang"})["id"]
    panel = browsers["hanyang"].open("GET", f"/leads/{own}/panels/partners")
    assert "芯禾电子" in panel.text
    assert not leaked(panel)

"""People get their accounts: an office's first administrator, an officer by a link, a partner, a reset password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bench.suite import QUCE, environment, serving
from deploy.brokers.servers import free_port
from kit.settings import Settings
from tests.flows.world import World
from tests.pages.driver import DESK, PHONE, Person, person
from tests.pages.test_accessibility import AXE, RUN, findings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]

LEDGER = Path(__file__).resolve().parent.parent / "data" / "ledger" / "lead-ledger.xlsx"
OFFICE = {"QUCE_CATALOGUE": "office"}


@contextmanager
def office(folder: Path) -> Iterator[tuple[World, str]]:
    """An office nobody has set up yet, and the code on its console."""
    port = free_port()
    env = environment(folder / "data", port) | OFFICE
    env.pop("QUCE_BENCH")
    log = folder / "suite.log"
    with serving([*QUCE, "serve"], port, "/readyz", env, log):
        world = World(f"http://127.0.0.1:{port}", {}, {}, Settings(data=folder / "data"))
        line = world.wait(lambda: [each for each in log.read_text("utf-8").splitlines() if "/setup" in each])[0]
        yield world, line.rpartition("：")[2]


def sound(someone: Person) -> None:
    """The page has no serious finding and fits its window."""
    someone.page.add_script_tag(path=AXE)
    assert findings(someone.page.evaluate(RUN)) == [], someone.page.url
    size = someone.page.viewport_size
    assert size is not None
    assert someone.page.evaluate("document.documentElement.scrollWidth") <= size["width"], someone.page.url


def fill(someone: Person, **fields: str) -> None:
    """Fill fields by name."""
    for name, text in fields.items():
        someone.page.fill(f"main [name={name}]", text)


def choose(someone: Person, chosen: str, **fields: str) -> None:
    """Choose a password, which is asked for twice, beside what else is asked for."""
    fill(someone, **fields, again=chosen)
    someone.page.click("main .btn-primary")


def sign_in(someone: Person, account: str, password: str) -> None:
    """Sign in on the page that is there."""
    fill(someone, account=account, password=password)
    someone.page.click("main .btn-primary")


def test_an_office_is_set_up_and_an_invited_officer_imports_the_ledger(browser: Browser, tmp_path: Path) -> None:
    with office(tmp_path) as (world, code), person(browser, world, bypass_csp=True) as lin:
        lin.go("/leads")
        assert lin.page.url.endswith("/setup")
        sound(lin)
        choose(lin, "a-long-one-1", code="not-the-code", sign_in="lin", name="林主任", password="a-long-one-1")
        assert "初始化代码不正确" in lin.text()
        choose(lin, "a-long-one-1", code=code, password="a-long-one-1")
        sign_in(lin, "lin", "a-long-one-1")
        lin.page.wait_for_selector("#main .page-head")
        lin.go("/accounts/new")
        fill(lin, sign_in="chen", name="陈思远", email="chen@example.com")
        lin.page.click("#n-zones")
        lin.page.check("input[value=donghu]")
        lin.page.click("text=生成邀请链接")
        link = lin.page.input_value("#once")
        with person(browser, world, PHONE, bypass_csp=True) as chen:
            chen.page.goto(link)
            assert "陈思远" in chen.text()
            sound(chen)
            choose(chen, "a-long-one-2", password="a-long-one-2")
            chen.page.click("text=去登录")
            sign_in(chen, "chen", "a-long-one-2")
            chen.page.wait_for_selector("#main .page-head")
            chen.go("/imports")
            chen.page.set_input_files("input[type=file]", LEDGER)
            chen.page.click("main form .btn-primary")
            chen.page.wait_for_selector("text=240", timeout=60_000)
            chen.page.goto(link)
            assert "打不开这个邀请" in chen.text()
        lin.go("/accounts")
        assert "正常" in lin.text("tr:has-text('陈思远')")


def test_a_reset_password_is_changed_first(browser: Browser, world: World) -> None:
    asked = {"sign_in": "forgetful", "name": "健忘", "role": "reviewer"}
    account = world.post("admin", "/accounts", json=asked)["id"]
    with person(browser, world) as admin, person(browser, world, PHONE, bypass_csp=True) as owner:
        admin.sign_in("admin")
        admin.go(f"/accounts/{account}")
        admin.page.click("text=重置密码")
        once = admin.page.input_value("#once")
        owner.go("/sign-in")
        sign_in(owner, "forgetful", once)
        owner.page.wait_for_url("**/account/password")
        sound(owner)
        owner.go("/policies")
        assert owner.page.url.endswith("/account/password")
        choose(owner, "a-long-one-3", current="wrong-one", new="a-long-one-3")
        assert "当前密码不正确" in owner.text()
        choose(owner, "a-long-one-3", current=once, new="a-long-one-3")
        owner.page.wait_for_selector("#main .page-head")
        assert owner.page.url.endswith("/policies")


def test_an_officer_invites_a_partner_and_disables_them(browser: Browser, world: World) -> None:
    with person(browser, world) as officer:
        officer.sign_in("donghu")
        officer.go("/accounts/new")
        fill(officer, sign_in="partner-c", name="来宾丙", organisation_name="漫步伙伴有限公司")
        officer.page.click("text=生成邀请链接")
        assert "/invitation?code=" in officer.page.input_value("#once")
        officer.page.click("text=记下了")
        officer.page.click("main >> text=停用")
        officer.page.wait_for_selector("text=账号已停用")


def test_people_make_and_withdraw_their_own_tokens(browser: Browser, world: World) -> None:
    with person(browser, world) as officer:
        officer.sign_in("hanyang")
        officer.page.click("details.menu:has-text('我的菜单') summary")
        officer.page.click("text=我的账号")
        fill(officer, name="夜间脚本")
        officer.page.click("text=生成令牌")
        assert officer.page.input_value("#once").startswith("quce_")
        officer.page.click("li:has-text('夜间脚本') >> text=撤销")
        officer.settle()
        assert officer.page.locator("li:has-text('夜间脚本')").count() == 0


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_pages_are_sound(browser: Browser, world: World, size: dict[str, int]) -> None:
    with person(browser, world, size, bypass_csp=True) as admin:
        admin.sign_in("admin")
        own = world.accounts["donghu"]
        for path in ("/accounts", "/accounts/new", f"/accounts/{own}", "/account", "/account/password"):
            admin.go(path)
            sound(admin)
    with person(browser, world, size, bypass_csp=True) as visitor:
        visitor.go("/invitation")
        sound(visitor)

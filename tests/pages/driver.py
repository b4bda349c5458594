"""A person at a browser: signs in, goes places, and keeps what the browser complained about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.flows.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

DESK: Any = {"width": 1440, "height": 900}
PHONE: Any = {"width": 390, "height": 844}
LOADING = ".htmx-request, .htmx-swapping, .htmx-settling, .htmx-added"
USUAL = ("the server responded with a status of 4", "htmx:sendAbort", "htmx:afterRequest")
"""What is no fault of a page: an answer of 4xx, and a request given up because its page was left."""


@dataclass
class Person:
    """Somebody at a browser."""

    page: Page
    world: World
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, who: str) -> None:
        """Sign in through the page, as people do."""
        self.go("/sign-in")
        self.page.fill("#account", who)
        self.page.fill("#password", self.world.passwords[who])
        self.page.click("main .btn-primary")
        self.page.wait_for_selector("#main .page-head")

    def go(self, path: str) -> None:
        """Open a page and let its parts load: they are asked for before the page says that it is loaded."""
        self.page.goto(self.world.url + path)
        self.page.wait_for_selector(LOADING, state="detached")

    def settle(self) -> None:
        """Wait until nothing is being loaded, nor asked for half a second later."""
        self.page.wait_for_load_state("networkidle")

    def text(self, selector: str = "#main") -> str:
        """What a part of the page says."""
        return self.page.locator(selector).first.inner_text()

    def heard(self, message: ConsoleMessage) -> None:
        """Keep what the browser objects to."""
        if message.type in ("error", "warning") and not any(usual in message.text for usual in USUAL):
            self.complaints.append(f"{self.page.url}: {message.text}")


@contextmanager
def person(browser: Browser, world: World, size: Any = None, **options: Any) -> Iterator[Person]:
    """A browser window of its own; the browser must not have complained when it closes."""
    context = browser.new_context(viewport=size or DESK, locale="zh-CN", **options)
    someone = Person(context.new_page(), world)
    someone.page.set_default_timeout(20_000)
    someone.page.on("console", someone.heard)
    someone.page.on("pageerror", lambda error: someone.complaints.append(f"{someone.page.url}: {error}"))
    try:
        yield someone
    finally:
        context.close()
    assert someone.complaints == []

"""A browser at the pages of policies, and policies to be written there."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.pages.policy_writing import beginning
from tests.flows.test_page_matrix import Browser
from tests.flows.world import World

REVIEW = {"conclusion": "不排除、不限制竞争", "basis": "公平竞争审查条例第八条", "approved": "true"}


@dataclass
class Desk:
    """A browser at the pages of policies."""

    world: World
    browser: Browser

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.browser.client.get(path, headers=headers)

    def post(self, path: str, form: dict[str, str], **more: Any) -> httpx.Response:
        key = f"desk-{next(self.world.numbers)}"
        said = {"csrf": self.browser.csrf, "idempotency_key": key, **form}
        return self.browser.client.post(path, data=said, **more)

    def save(self, text: str, path: str = "/policies/new", revision: int = 0) -> httpx.Response:
        return self.post(path, {"text": text, "do": "save", "revision": str(revision)})


def text_of(world: World, **changes: str) -> tuple[str, str]:
    """A policy to be written, and its id."""
    id = f"donghu-page-{next(world.numbers)}"
    text = beginning().replace("donghu-my-policy", id).replace("{from: 2026-01-01", "{from: 2026-02-01")
    lines = text.splitlines(keepends=True)
    for name, value in changes.items():
        (at,) = [number for number, line in enumerate(lines) if line.startswith(f"{name}: ")]
        lines[at] = f"{name}: {value}\n"
    return id, "".join(lines)


def drafted(world: World, **changes: str) -> str:
    id, text = text_of(world, **changes)
    world.post("editor", "/policies", json={"text": text})
    return id


def revision(world: World, id: str) -> int:
    return int(world.get("editor", f"/policies/{id}")["revision"])


def typed(answer: httpx.Response) -> str:
    """What stands in the form, as a browser would read it."""
    found = re.search(r"<textarea[^>]*name=\"text\"[^>]*>\n?(.*?)</textarea>", answer.text, re.S)
    assert found, answer.text[:2000]
    return html.unescape(found[1])

"""A page without its assets says what to install."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.pages import assets
from tests.gateway.conftest import World


async def test_assets_that_are_not_installed_are_named(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(assets, "INSTALLED", tmp_path)
    answer = await world.browser().get("/assets/htmx.js")
    assert answer.status_code == 404
    assert "npm ci" in answer.text
    assert "npm ci" in caplog.text

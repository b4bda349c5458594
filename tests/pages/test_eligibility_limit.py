"""A visitor who asks too often is told on the page when to come again, and keeps what they typed."""

from __future__ import annotations

from pathlib import Path

import httpx

from deploy.embedded import open_suite
from gateway.settings import ANSWERS_A_MINUTE
from kit.settings import Settings

PAGE = "/eligibility?fact.jobs=873"


async def test_the_page_says_when_to_come_again(tmp_path: Path) -> None:
    async with open_suite(Settings(data=tmp_path / "data")) as suite:
        transport = httpx.ASGITransport(suite.gateway, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://quce.test") as visitor:
            for _ in range(ANSWERS_A_MINUTE):
                assert (await visitor.get(PAGE)).status_code == 200
            for _ in range(ANSWERS_A_MINUTE):  # some come back while it is asked
                if (page := await visitor.get(PAGE)).status_code != 200:
                    break
            part = await visitor.get(PAGE, headers={"HX-Request": "true"})
    assert (page.status_code, int(page.headers["retry-after"]) > 0) == (429, True)
    assert "请求过于频繁" in page.text
    assert 'value="873"' in page.text
    assert "zone-card" not in page.text
    assert (part.status_code, "请求过于频繁" in part.text) == (200, True)

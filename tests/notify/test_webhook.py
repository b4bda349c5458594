"""News goes to the office's own address, signed; every refusal is told with what to do."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from kit.settings import Settings, SettingsRefused
from services.notify.channels.webhook import webhook_for
from tests.clocks import ManualClock
from tests.notify.conftest import MONDAY, running, until

KEY = "signing-key-of-the-office"


@dataclass
class Portal:
    """The office's own server: keeps what arrives, answers with this status."""

    status: int = 204
    port: int = 0
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        self.posts.append((headers, await reader.readexactly(int(headers["content-length"]))))
        writer.write(f"HTTP/1.1 {self.status} x\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@pytest.fixture
async def portal() -> AsyncIterator[Portal]:
    office = Portal()
    server = await asyncio.start_server(office.handle, "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    yield office
    server.close()
    await server.wait_closed()


def chosen(folder: Path, portal: Portal, networks: str = "127.0.0.1/32") -> dict[str, Any]:
    """Settings that lead to the portal."""
    url, key = folder / "webhook.url", folder / "webhook.key"
    url.write_text(f"http://127.0.0.1:{portal.port}/news\n")
    key.write_text(KEY)
    return {
        "webhook_url_file": url,
        "webhook_secret_file": key,
        "outgoing_networks": networks,
        "outgoing_ports": str(portal.port),
    }


async def one_delivery(tmp_path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """What became of a match's webhook after one try."""
    async with running(tmp_path / "data", **settings) as suite:
        await suite.people()
        await suite.matched()
        await suite.settle()

        async def tried() -> bool:
            [found] = await suite.items("officer", "/deliveries", channel="webhook")
            return bool(found["attempts"]) and found["state"] != "sending"

        await until(tried)
        [found] = await suite.items("officer", "/deliveries", channel="webhook")
    return found


async def test_news_is_posted_and_signed(tmp_path: Path, portal: Portal) -> None:
    delivery = await one_delivery(tmp_path, chosen(tmp_path, portal))
    assert delivery["state"] == "sent"
    [(headers, body)] = portal.posts
    said = orjson.loads(body)
    assert said["delivery"] == delivery["id"] == headers["idempotency-key"]
    assert said["link"].endswith("/leads/lead-1")
    assert "智能车载终端项目" in said["title"]
    assert set(said) == {"delivery", "kind", "account", "title", "link", "at"}
    at, _, signed = headers["x-quce-signature"].removeprefix("t=").partition(",v1=")
    assert hmac.new(KEY.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() == signed


@pytest.mark.parametrize(
    ("status", "state", "says"),
    [(302, "failed", "跳转"), (403, "failed", "签名密钥"), (429, "queued", "自动重试"), (503, "queued", "自动重试")],
)
async def test_a_refusal_says_what_to_do(tmp_path: Path, portal: Portal, status: int, state: str, says: str) -> None:
    portal.status = status
    delivery = await one_delivery(tmp_path, chosen(tmp_path, portal))
    assert (delivery["state"], len(portal.posts)) == (state, 1)
    assert says in delivery["reason"]


async def test_an_inside_address_is_refused_before_anything_is_sent(tmp_path: Path, portal: Portal) -> None:
    delivery = await one_delivery(tmp_path, chosen(tmp_path, portal, networks=""))
    assert (delivery["state"], portal.posts) == ("failed", [])
    assert "QUCE_OUTGOING_NETWORKS" in delivery["reason"]


async def test_the_reason_holds_no_secret(tmp_path: Path, portal: Portal) -> None:
    settings = chosen(tmp_path, portal, networks="")
    settings["webhook_url_file"].write_text(f"http://127.0.0.1:{portal.port}/news?key=CANARY-KEY")
    delivery = await one_delivery(tmp_path, settings)
    assert "CANARY-KEY" not in orjson.dumps(delivery).decode()


async def test_without_a_webhook_there_are_no_such_deliveries(tmp_path: Path) -> None:
    async with running(tmp_path) as suite:
        await suite.people()
        await suite.matched()
        await suite.settle()
        suite.clock.advance(timedelta(minutes=1))
        assert await suite.items("officer", "/deliveries", channel="webhook") == []


async def test_a_file_that_is_missing_or_empty_stops_the_start(tmp_path: Path, portal: Portal) -> None:
    settings = chosen(tmp_path, portal)
    settings["webhook_secret_file"].write_text("\n")
    for broken in (settings, settings | {"webhook_url_file": tmp_path / "none"}):
        with pytest.raises(SettingsRefused, match="密钥文件"):
            webhook_for(Settings(**broken), ManualClock(MONDAY))


@pytest.mark.parametrize("wrong", [{"outgoing_networks": "there"}, {"outgoing_ports": "https"}])
def test_what_is_no_network_or_port_is_refused(tmp_path: Path, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsRefused, match="QUCE_OUTGOING_NETWORKS"):
        webhook_for(Settings(**(chosen(tmp_path, Portal()) | wrong)), ManualClock(MONDAY))

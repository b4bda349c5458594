"""Requests to addresses that people wrote reach nothing inside: a server listens, and nobody may come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from ipaddress import ip_address, ip_network

import pytest

from services.notify.outside import AddressRefused, Answer, NoAnswer, Outside, Reach
from services.notify.outside.client import Resolver

PUBLIC = "93.184.215.14"


class Canary:
    """A server on loopback that counts who comes and answers as it is told to."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.answer = b"HTTP/1.1 204 No Content\r\n\r\n"
        self.port = 0
        self.silent = False
        self.visits: list[asyncio.Task[None] | None] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request."""
        self.connections += 1
        self.visits.append(asyncio.current_task())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        self.requests.append(head + await reader.readexactly(length))
        if self.silent:
            await reader.read()
        else:
            writer.write(self.answer)
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def canary() -> AsyncIterator[Canary]:
    bird = Canary()
    server = await asyncio.start_server(bird.handle, "127.0.0.1", 0)
    bird.port = server.sockets[0].getsockname()[1]
    yield bird
    await asyncio.gather(*filter(None, bird.visits), return_exceptions=True)
    server.close()
    await server.wait_closed()


def answers(*addresses: str) -> Resolver:
    """A resolver that gives one of these sets after another, separated by spaces, then the last for ever."""
    sets = [each.split() for each in addresses]

    async def resolve(host: str, _port: int) -> Sequence[str]:
        with suppress(ValueError):
            return [str(ip_address(host))]  # as the machine's own resolver does
        return sets.pop(0) if len(sets) > 1 else sets[0]

    return resolve


WRITTEN = [
    # loopback, in every notation that some resolver takes for it
    "http://127.0.0.1/", "http://127.0.0.2/", "http://127.255.255.254/", "http://2130706433/", "http://0x7f000001/",
    "http://0x7f.0.0.1/", "http://0X7F.0X0.0X0.0X1/", "http://017700000001/", "http://0177.0.0.1/",
    "http://127.1/", "http://127.0.1/", "http://0/", "http://0.0.0.0/", "http://127.0.0.1./", "http://127.000.000.001/",
    "http://4294967297/", "http://localhost/", "http://LOCALHOST/", "http://localhost.localdomain/",
    # full-width digits, ideographic full stops, circled digits
    "http://１２７.０.０.１/", "http://127。0。0。1/", "http://127．0．0．1/", "http://①②⑦.0.0.1/", "http://ｌocalhost/",
    # version 6: loopback, unspecified, mapped, compatible, translated, 6to4, Teredo, local, multicast, with a zone
    "http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[fe80::1]/", "http://[fe80::1%25lo]/",
    "http://[fc00::1]/", "http://[fd00:ec2::254]/", "http://[ff02::1]/", "http://[2001:db8::1]/", "http://[100::1]/",
    # networks of others
    "http://10.0.0.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://100.64.0.1/",
    "http://198.18.0.1/", "http://192.0.2.1/", "http://203.0.113.9/", "http://224.0.0.1/", "http://240.0.0.1/",
    "http://255.255.255.255/",
    # what clouds tell their machines
    "http://169.254.169.254/latest/meta-data/", "http://100.100.100.200/latest/meta-data/", "http://192.0.0.192/",
    "http://168.63.129.16/", "http://[::ffff:169.254.169.254]/", "http://2852039166/", "http://0xa9fea9fe/",
    # what an address may not be at all
    "ftp://example.com/", "file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1/", "http:///", "http://",
    "http://user:secret@example.com/", "http://example.com@127.0.0.1/", "http://127.0.0.1\\@example.com/",
    "http://example.com:22/", "http://example.com:6379/", "http://example.com:0/", "http://example.com:99999/",
    "http://exam ple.com/", "http://example.com/\r\nX-Injected: 1", "http://-example.com/", "http://example..com/",
    "http://[::1/", "http://1.2.3/", "http://1.2.3.4.5/", "http://例子.中国/",
]  # fmt: skip
RESOLVED = [
    "127.0.0.1", "::1", "10.1.2.3", "100.100.100.200", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
    "fe80::1%1", f"{PUBLIC} 127.0.0.1", f"127.0.0.1 {PUBLIC}", "2606:2800:21f:cb07:6820:80da:af6b:8b2c ::1",
]  # fmt: skip


def test_there_are_enough_of_them() -> None:
    assert len({*WRITTEN, *RESOLVED}) == len([*WRITTEN, *RESOLVED]) >= 80


@pytest.mark.parametrize("url", WRITTEN)
async def test_no_way_of_writing_reaches_the_inside(canary: Canary, url: str) -> None:
    """Once as written, and once at the port where somebody listens, with a resolver that believes everything."""
    reach = Reach(frozenset({80, 443, canary.port}))
    host, slash, path = url.partition("://")[2].partition("/")
    with_port = f"http://{host}:{canary.port}{slash}{path}" if url.startswith("http://") and ":" not in host else url
    for address in (url, with_port, url.replace("]/", f"]:{canary.port}/")):
        with pytest.raises(AddressRefused):
            await Outside(reach, answers("127.0.0.1")).post(address, b"{}", {})
    assert canary.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.1", "192.0.0.8", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.175.48.1", "198.19.255.255",
        "198.51.100.1", "239.1.1.1", "100.127.255.255", "2001::7f00:1", "2001:10::1", "2001:20::1", "2002:a9fe:a9fe::",
        "2620:4f:8000::1", "3fff::1", "::ffff:0:127.0.0.1", "::127.0.0.1", "fec0::1", "5f00::1", "4000::1", "1fff::1",
    ],
)  # fmt: skip
def test_each_network_that_is_not_the_internet_is_closed(address: str) -> None:
    with pytest.raises(AddressRefused, match="QUCE_OUTGOING_NETWORKS"):
        Reach().judge(address)


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "100.128.0.1", "2001:200::1"])
def test_the_internet_is_open(address: str) -> None:
    assert Reach().judge(address) == address


@pytest.mark.parametrize("url", ["http://user:secret@example.com/", "http://@example.com/", f"http://{PUBLIC}@b.com/"])
def test_an_address_with_a_name_in_it_is_refused_wherever_it_leads(url: str) -> None:
    with pytest.raises(AddressRefused, match="用户名"):
        Reach().target(url)


@pytest.mark.parametrize("addresses", RESOLVED)
async def test_no_name_leads_inside(canary: Canary, addresses: str) -> None:
    outside = Outside(Reach(frozenset({canary.port})), answers(addresses))
    with pytest.raises(AddressRefused):
        await outside.post(f"http://hook.example.com:{canary.port}/", b"{}", {})
    assert canary.connections == 0


async def test_a_name_that_changes_its_answer_gains_nothing(canary: Canary) -> None:
    """Judged at an address where nobody listens: there it is connected, though the name now says loopback."""
    resolver = answers("::1", "127.0.0.1")
    outside = Outside(Reach(frozenset({canary.port}), (ip_network("::1/128"),)), resolver, seconds=2)
    with pytest.raises(NoAnswer):
        await outside.post(f"http://hook.example.com:{canary.port}/", b"{}", {})
    with pytest.raises(AddressRefused):
        await outside.post(f"http://hook.example.com:{canary.port}/", b"{}", {})
    assert canary.connections == 0


def allowed(canary: Canary, seconds: float = 5) -> Outside:
    """A client whose operator named loopback."""
    reach = Reach(frozenset({canary.port}), (ip_network("127.0.0.1/32"),))
    return Outside(reach, answers("127.0.0.1"), seconds=seconds)


async def test_what_the_operator_named_is_reached_under_its_name(canary: Canary) -> None:
    outside = allowed(canary)
    answer = await outside.post(f"http://hook.example.com:{canary.port}/in?a=1", b'{"x":1}', {"X-Said": "yes"})
    assert answer == Answer(204, b"")
    [request] = canary.requests
    assert request.startswith(b"POST /in?a=1 HTTP/1.1\r\n")
    assert f"\r\nHost: hook.example.com:{canary.port}\r\n".encode() in request
    assert b"\r\nX-Said: yes\r\n" in request
    assert request.endswith(b'\r\n\r\n{"x":1}')


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(canary: Canary, status: int) -> None:
    canary.answer = f"HTTP/1.1 {status} Moved\r\nLocation: http://127.0.0.1:{canary.port}/\r\n\r\n".encode()
    outside = allowed(canary)
    answer = await outside.post(f"http://hook.example.com:{canary.port}/", b"{}", {})
    assert answer.status == status
    assert canary.connections == 1


async def test_the_environments_proxy_is_not_used(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{canary.port}")
    with pytest.raises(AddressRefused):
        await Outside(Reach(), answers("10.0.0.1")).post("http://hook.example.com/", b"{}", {})
    assert canary.connections == 0


async def test_an_endless_answer_is_cut_off(canary: Canary) -> None:
    canary.answer = b"HTTP/1.1 200 OK\r\n\r\n" + bytes(100_000)
    outside = allowed(canary)
    with pytest.raises(NoAnswer, match="64 KiB"):
        await outside.post(f"http://hook.example.com:{canary.port}/", b"{}", {})


async def test_a_silent_server_is_left(canary: Canary) -> None:
    canary.silent = True
    outside = allowed(canary, seconds=0.2)
    with pytest.raises(NoAnswer, match="没有答复"):
        await outside.post(f"http://hook.example.com:{canary.port}/", b"{}", {})


@pytest.mark.parametrize(("networks", "ports"), [("10.0.0.0/33", ""), ("here", ""), ("", "https")])
def test_settings_that_say_nothing_are_refused(networks: str, ports: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Reach.of(networks, ports)


def test_an_operators_network_opens_no_other() -> None:
    reach = Reach.of("10.8.0.0/24, fd00:1::/64", "8443")
    assert reach.judge("10.8.0.9") == "10.8.0.9"
    assert reach.judge("fd00:1::9") == "fd00:1::9"
    assert reach.target("https://portal.example.cn:8443/x").port == 8443
    for other in ("10.8.1.9", "127.0.0.1", "fd00:2::9", "::ffff:10.8.0.9"):
        with pytest.raises(AddressRefused):
            reach.judge(other)

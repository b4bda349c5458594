"""Where requests may go: by own lists, since ``ipaddress`` calls NAT64, 6to4 and multicast addresses global."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    NetmaskValueError,
    ip_address,
    ip_network,
)
from typing import Self
from urllib.parse import urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS = frozenset({80, 443})

# IANA's special-purpose registries; 100.64/10 holds Alibaba's metadata address, 168.63.129.16 is Azure's.
_CLOSED_4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24",
            "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
            "240.0.0.0/4",
        ),
    )
)  # fmt: skip
_OPEN_6 = IPv6Network("2000::/3")
"""All global unicast; mapped, translated, local and multicast addresses lie outside."""
_CLOSED_6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")))

_NAME = re.compile(r"(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
"""A last label begins with a letter, so that no number in any notation passes as a name."""
_WRITTEN = re.compile(r"[\x21-\x7e]{1,2000}")


class AddressRefused(Exception):
    """Requests may not go there; the text says why and what to do, in Chinese, and never the whole address."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart; ``host`` is a name in lower case or a literal address."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """Host and port as ``Host`` carries them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Reach:
    """What an installation may reach: the open internet, and the networks of its own that its operator names."""

    ports: frozenset[int] = WEB_PORTS
    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, networks: str, ports: str = "") -> Self:
        """From settings: networks and further ports, with commas between.

        Raises:
            ValueError: one of them is neither.
        """
        named = tuple(ip_network(each.strip()) for each in networks.split(",") if each.strip())
        return cls(WEB_PORTS | {int(each) for each in ports.split(",") if each.strip()}, named)

    def target(self, url: str) -> Target:
        """Take an address apart.

        Raises:
            AddressRefused: it is not plainly an address on the web.
        """
        if not _WRITTEN.fullmatch(url) or "\\" in url:
            raise AddressRefused("地址里有空格、反斜杠或非英文字符；中文域名请写成 xn-- 开头的形式。")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise AddressRefused("地址写法有误，请核对主机名和端口。") from error
        if parts.scheme not in ("http", "https"):
            raise AddressRefused("地址应以 https:// 或 http:// 开头。")
        if "@" in parts.netloc:
            raise AddressRefused("地址里不能带用户名或密码，请改用密钥文件。")
        port = port if port is not None else {"http": 80, "https": 443}[parts.scheme]
        if port not in self.ports:
            raise AddressRefused(f"不允许访问端口 {port}；确需使用时请管理员加入 QUCE_OUTGOING_PORTS。")
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return Target(parts.scheme, _host(parts.hostname or ""), port, path)

    def judge(self, address: str) -> str:
        """The address, if it may be reached.

        Raises:
            AddressRefused: it may not.
        """
        judged = ip_address(address)
        if any(judged in network for network in self.networks) or _on_the_internet(judged):
            return str(judged)
        raise AddressRefused(f"不允许访问内部或保留的地址 {judged}；确需访问时请管理员加入 QUCE_OUTGOING_NETWORKS。")


def _host(host: str) -> str:
    if _NAME.fullmatch(host):
        return host
    try:
        # a zone names an interface of this machine
        return str(IPv4Address(host) if ":" not in host else IPv6Address(host.replace("%", " ")))
    except (AddressValueError, NetmaskValueError, ValueError) as error:
        raise AddressRefused("主机应是域名或标准写法的 IP 地址，请核对。") from error


def _on_the_internet(address: Address) -> bool:
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _CLOSED_4)
    return address in _OPEN_6 and not any(address in network for network in _CLOSED_6)

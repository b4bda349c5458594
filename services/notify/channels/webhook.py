"""A webhook: what people are told, posted as JSON to an address of the office's own, for its chat robot or portal.

The body is signed: ``X-Quce-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." and the body>``. A repeat
carries the same ``delivery``, also as ``Idempotency-Key``, so that the other side knows it. No personal data
beyond the account's id leaves this way, and address and key are secrets read from files.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import partial

import orjson
from pydantic import SecretStr

from kit.clock import Clock
from kit.settings import Settings, SettingsRefused, secret_in
from services.notify.channels.port import ChannelBusy, ChannelRefused, HandOver, Outgoing
from services.notify.channels.rendering import render
from services.notify.model.delivery import ChannelName, Kind
from services.notify.outside import AddressRefused, NoAnswer, Outside, Reach

_AGAIN = frozenset({408, 425, 429})
"""Refusals that say "later"."""


class Webhook:
    """Posts news."""

    name = ChannelName.WEBHOOK

    def __init__(self, outside: Outside, clock: Clock, url: SecretStr, key: SecretStr, link_base: str) -> None:
        self._outside, self._clock = outside, clock
        self._url, self._key, self._link_base = url, key, link_base

    def may_repeat(self, _kind: Kind) -> bool:
        """The other side knows a repeat by its key, and takes it once."""
        return True

    async def prepare(self, outgoing: Outgoing) -> HandOver:
        """A body to post."""
        return partial(self._post, outgoing.delivery, self._body(outgoing))

    async def _post(self, delivery: str, body: bytes) -> None:
        """Post it, and judge the answer by its status alone."""
        at = int(self._clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": delivery,
            "User-Agent": "quce",
            "X-Quce-Signature": f"t={at},v1={signature(self._key, at, body)}",
        }
        try:
            answer = await self._outside.post(self._url.get_secret_value(), body, headers)
        except AddressRefused as refusal:
            raise ChannelRefused(f"推送地址不能使用：{refusal}") from refusal
        except NoAnswer as silence:
            raise ChannelBusy(f"推送没有送到：{silence}稍后自动重试。") from silence
        _judge(answer.status)

    def _body(self, outgoing: Outgoing) -> bytes:
        title, _ = render(outgoing.kind, ChannelName.IN_APP, outgoing.locale, outgoing.context)
        return orjson.dumps(
            {
                "delivery": outgoing.delivery,
                "kind": outgoing.kind.value,
                "account": outgoing.account,
                "title": title,
                "link": self._link_base + outgoing.link,
                "at": outgoing.at,
            }
        )


def signature(key: SecretStr, at: int, body: bytes) -> str:
    """What the other side computes to know that we wrote this, and when."""
    return hmac.new(key.get_secret_value().encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def webhook_for(chosen: Settings, clock: Clock) -> Webhook | None:
    """The office's webhook, where it has one.

    Raises:
        SettingsRefused: a file cannot be read, or a network or port is none.
    """
    if chosen.webhook_url_file is None or chosen.webhook_secret_file is None:
        return None
    url, key = secret_in(chosen.webhook_url_file), secret_in(chosen.webhook_secret_file)
    return Webhook(Outside(_reach(chosen)), clock, url, key, chosen.link_base)


def _reach(chosen: Settings) -> Reach:
    try:
        return Reach.of(chosen.outgoing_networks, chosen.outgoing_ports)
    except ValueError as error:
        message = "QUCE_OUTGOING_NETWORKS 应是逗号隔开的网段（如 10.8.0.0/24），QUCE_OUTGOING_PORTS 应是逗号隔开的端口"
        raise SettingsRefused(message) from error


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise ChannelRefused(f"推送地址要求跳转（代码{status}），请管理员直接填写最终地址。")
    if status >= 500 or status in _AGAIN:
        raise ChannelBusy(f"对方系统暂时不收（代码{status}），稍后自动重试。")
    raise ChannelRefused(f"对方系统拒收（代码{status}），请管理员核对地址和签名密钥。")

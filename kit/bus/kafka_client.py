"""Builds clients of kafka-python that leave no socket open where they cannot be built, or cannot connect."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket


class Direct(KafkaNetSocket):  # type: ignore[misc]  # the library ships no types
    """Connects as the library does, and closes what could not connect."""

    SCHEMES = ("direct",)

    async def sock_connect(self, net: Any, sock: Any, *where: Any, **until: Any) -> Any:
        """The socket, connected."""
        try:
            return await super().sock_connect(net, sock, *where, **until)
        except BaseException:
            sock.close()
            raise


DEFAULTS = {"bootstrap_timeout_ms": 3_000, "reconnect_backoff_max_ms": 1_000, "proxy_url": "direct://"}
"""The library itself would look for brokers for thirty seconds, and wait as long before it connects again."""


def built(kind: Callable[..., Any], **settings: Any) -> Any:
    """A client of this kind.

    Raises:
        Exception: what it met.
    """
    with ExitStack() as unfinished:
        client = kind(
            kafka_client=lambda **config: unfinished.enter_context(closing(KafkaNetClient(**config))),
            **{**DEFAULTS, **settings},
        )
        unfinished.pop_all()
        return client

"""Builds clients of kafka-python that leave no socket open where they cannot be built, or cannot connect.

What all clients of a process share is made here, before any of their threads begins: the class of each answer in each
version. The library makes one when it first reads one, unguarded, and holds on weakly to the last: of two that threads
make at once it may lose the one it reads by. From the next garbage collection on, no client of the process would read
an answer of that kind any more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, closing
from typing import Any

from kafka.errors import KafkaError, SaslAuthenticationFailedError
from kafka.net.compat import KafkaNetClient
from kafka.net.inet import KafkaNetSocket
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector
from kafka.protocol.api_header import ResponseClassRegistry

ANSWERS = [answer[None] for answer in ResponseClassRegistry._response_class_registry.values()]
VERSIONS = [answer[version] for answer in ANSWERS for version in range(answer.max_version + 1)]
for answer in ANSWERS:
    answer._struct._data_class = answer  # a decoder is made of it, and cannot be where another thread weakens it again


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


class Connections(KafkaConnectionManager):  # type: ignore[misc]  # the library ships no types
    """Connects as the library does, and remembers why a broker let nobody in: the library tells its log alone."""

    refusal: Exception | None = None

    def get_connection(self, *which: Any, **how: Any) -> Any:
        """A connection to a broker."""
        connection = super().get_connection(*which, **how)
        connection.init_future.add_errback(self._remember)
        return connection

    def _remember(self, error: Exception) -> None:
        if not isinstance(self.refusal, SaslAuthenticationFailedError):
            self.refusal = error


NO_LOG_IN = "不认这个账号：请核对 QUCE_BUS_URL_FILE 所指文件里的账号和密码"

DEFAULTS = {"bootstrap_timeout_ms": 3_000, "reconnect_backoff_max_ms": 1_000, "proxy_url": "direct://"}
"""The library itself would look for brokers for thirty seconds, and wait as long before it connects again."""


def built(kind: Callable[..., Any], **settings: Any) -> Any:
    """A client of this kind.

    Raises:
        Exception: what it met; what the broker said at last where it let nobody in.
    """
    made: list[Connections] = []
    with ExitStack() as unfinished:

        def connecting(**config: Any) -> KafkaNetClient:
            network = NetworkSelector(**config)
            made.append(Connections(network, **config))
            return unfinished.enter_context(closing(KafkaNetClient(network, made[-1], **config)))

        try:
            client = kind(kafka_client=connecting, **{**DEFAULTS, **settings})
        except KafkaError as error:
            raise next((each.refusal for each in made if each.refusal), error) from error
        unfinished.pop_all()
        return client

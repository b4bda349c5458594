"""Kafka brokers that answer with the errors they are told to: librdkafka's mock cluster, in this process.

The wheel ``confluent-kafka`` holds it in a shared object; nothing else of that client is used.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import c_char_p, c_int, c_int16, c_int32, c_size_t, c_void_p
from functools import cache
from importlib.metadata import files
from typing import Any

UNDERSTOOD: dict[str, Any] = {"api_version": (2, 3)}
"""What clients must be told: the mock's answer about newer versions is not as the protocol has it."""
PRODUCE = 0
"""The request's key in Kafka's protocol."""
ALL = -1
PRODUCER = 0
REPLICAS = 1
SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "rd_kafka_conf_new": (c_void_p, []),
    "rd_kafka_conf_set": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_size_t]),
    "rd_kafka_new": (c_void_p, [c_int, c_void_p, c_char_p, c_size_t]),
    "rd_kafka_destroy": (None, [c_void_p]),
    "rd_kafka_mock_cluster_new": (c_void_p, [c_void_p, c_int]),
    "rd_kafka_mock_cluster_destroy": (None, [c_void_p]),
    "rd_kafka_mock_cluster_bootstraps": (c_char_p, [c_void_p]),
    "rd_kafka_mock_topic_create": (c_int, [c_void_p, c_char_p, c_int, c_int]),
    "rd_kafka_mock_topic_set_error": (None, [c_void_p, c_char_p, c_int]),
    "rd_kafka_mock_push_request_errors_array": (None, [c_void_p, c_int16, c_size_t, ctypes.POINTER(c_int)]),
    "rd_kafka_mock_partition_push_request_errors": (c_int, [c_void_p, c_char_p, c_int32, c_int16, c_size_t]),
    "rd_kafka_mock_clear_request_errors": (None, [c_void_p, c_int16]),
    "rd_kafka_mock_broker_set_down": (c_int, [c_void_p, c_int32]),
    "rd_kafka_mock_broker_set_up": (c_int, [c_void_p, c_int32]),
    "rd_kafka_mock_broker_set_rtt": (c_int, [c_void_p, c_int32, c_int]),
}


class MockBrokers:
    """A cluster of brokers whose answers are ours."""

    def __init__(self, library: ctypes.CDLL, cluster: int) -> None:
        self._library, self._cluster = library, cluster

    @property
    def servers(self) -> list[str]:
        """Where they listen."""
        return str(self._do("cluster_bootstraps").decode()).split(",")

    def make_topic(self, name: str, partitions: int) -> None:
        """Topics are never made by asking for them, as in production."""
        self._do("topic_create", name.encode(), partitions, REPLICAS)

    def hide_topic(self, name: str, code: int) -> None:
        """Answer questions about a topic with this error."""
        self._do("topic_set_error", name.encode(), code)

    def refuse(self, codes: Sequence[int]) -> None:
        """Answer the next produce requests with these errors, one each; 0 lets one through."""
        self._do("push_request_errors_array", PRODUCE, len(codes), (c_int * len(codes))(*codes))

    def refuse_partition(self, topic: str, partition: int, codes: Sequence[int]) -> None:
        """The same for what is produced to one partition."""
        self._do("partition_push_request_errors", topic.encode(), partition, PRODUCE, len(codes), *map(c_int, codes))

    def forget_refusals(self) -> None:
        """Let everything through again."""
        self._do("clear_request_errors", PRODUCE)

    def go_down(self) -> None:
        """End every connection and accept none."""
        self._do("broker_set_down", ALL)

    def come_up(self) -> None:
        """Accept connections again, with what was stored before."""
        self._do("broker_set_up", ALL)

    def answer_after(self, milliseconds: int) -> None:
        """Delay every answer."""
        self._do("broker_set_rtt", ALL, milliseconds)

    def _do(self, name: str, *arguments: Any) -> Any:
        return getattr(self._library, f"rd_kafka_mock_{name}")(self._cluster, *arguments)


@contextmanager
def mock_brokers(count: int = 1) -> Iterator[MockBrokers]:
    """Brokers that run until the end of the block."""
    library, reason = _library(), ctypes.create_string_buffer(512)
    settings = library.rd_kafka_conf_new()
    library.rd_kafka_conf_set(settings, b"log_level", b"0", reason, len(reason))
    client = library.rd_kafka_new(PRODUCER, settings, reason, len(reason))
    assert client, reason.value.decode()
    cluster = library.rd_kafka_mock_cluster_new(client, count)
    try:
        yield MockBrokers(library, cluster)
    finally:
        library.rd_kafka_mock_cluster_destroy(cluster)
        library.rd_kafka_destroy(client)


@cache
def _library() -> ctypes.CDLL:
    """The shared object of the wheel, its functions declared."""
    found = next(each for each in files("confluent-kafka") or [] if each.name.startswith("librdkafka"))
    library = ctypes.CDLL(str(found.locate()))
    for name, (answer, arguments) in SIGNATURES.items():
        function = getattr(library, name)
        function.restype, function.argtypes = answer, arguments
    return library

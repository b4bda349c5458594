"""The producing thread of the Kafka bus: what a broker did not acknowledge is sent again, in order, by a new client.

A producer of kafka-python that met an error outside the retriable ones is of no more use: it fails whatever
follows, never answers, or sends what follows first. It is thrown away, another is built, and all from the first
unacknowledged message on is sent again. Readers drop what comes twice.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kafka import KafkaProducer, errors

from kit.bus.kafka_client import NO_LOG_IN, built
from kit.bus.port import BusAway, Message, MessagesRefused
from kit.telemetry import BUS_REBUILDS, PUBLISH_ERRORS

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds for which one batch is tried; what lasts until somebody acts is tried :data:`TWICE`."""
SILENCE = 5.0
"""Seconds without an acknowledgement after which a producer is given up."""
PAUSE, LONGEST_PAUSE, TWICE = 0.05, 1.0, 2
SETTINGS: dict[str, Any] = {
    "enable_idempotence": True,  # with it come acks=all and five requests in flight
    "request_timeout_ms": 10_000,
    "max_block_ms": 3_000,
    "linger_ms": 5,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class TopicUnknown(errors.KafkaError):  # type: ignore[misc]  # the library ships no types
    """The brokers answer, and tell no partitions of the topic."""


UNFIT = tuple(map(errors.for_code, (2, 10, 18, 32, 43, 44, 87)))
"""Corrupt, too large, a batch too large, time out of range, format not known, against a rule, invalid."""
OF_ONE_MESSAGE = (*UNFIT, ValueError)
"""What other messages need not meet; ValueError is what the library says of a partition that there is not."""
NO_TOPIC = (TopicUnknown, errors.InvalidTopicError, errors.AuthorizationError)
LASTING = (*NO_TOPIC, *map(errors.for_code, (33, 34, 54, 58)))
"""What every message meets until somebody changes a setting; the numbers are a log-in that is refused."""
ADVICE: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (UNFIT, "不收一条 {size} 字节的消息：请核对主题 {topic} 的 max.message.bytes 等设置（deploy/topics.yaml）和时钟"),
    ((errors.SaslAuthenticationFailedError,), NO_LOG_IN),
    ((ValueError,), "的主题 {topic} 没有 QUCE_PARTITIONS 那么多分区：请核对这个设置，并执行 quce topics apply"),
    (NO_TOPIC, "没有主题 {topic}，或者不让写：请执行 quce topics apply，核对 QUCE_BUS_URL 和它的写权限"),
    ((Exception,), "暂时没有确认，稍后自动重发；一直这样，请核对 QUCE_BUS_URL"),
)


class Producer(KafkaProducer):  # type: ignore[misc]  # the library ships no types
    """A producer that sends nothing behind a failure, and leaves the library's logger alone when it is collected."""

    failure: Exception | None = None

    def __del__(self) -> None:
        """Nothing: who gives it up has ended it."""

    def give_up(self) -> None:
        """End its thread now, whatever is under way; ``close`` would wait for what never comes."""
        self._unregister_cleanup()
        self._sender.force_close()
        self._closed = True

    def send_message(self, message: Message) -> Any:
        """The future of its acknowledgement.

        Raises:
            TopicUnknown: the brokers tell no partitions of its topic.
        """
        headers = [(name, value.encode()) for name, value in message.headers.items()]
        try:
            sent = self.send(message.topic, message.value, message.key.encode(), headers, message.partition)
        except errors.KafkaTimeoutError as error:
            raise TopicUnknown(message.topic) from error
        return sent.add_errback(self._stop)

    def _stop(self, error: Exception) -> None:
        """In the sending thread, before it takes the next batch of a partition whose last one failed."""
        self.failure = self.failure or error
        self._sender._force_close, self._sender._running = True, False


class ProducingThread:
    """Sends batches one after another; the client is built and used in this thread alone."""

    def __init__(self, brokers: Mapping[str, Any], **settings: Any) -> None:
        self._settings = {**brokers, **SETTINGS, **settings}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kafka-producer")
        self._closing = threading.Event()
        self._producer: Producer | None = None

    async def send(self, messages: Sequence[Message]) -> None:
        """Send in order; returns once the broker has acknowledged all.

        Raises:
            MessagesRefused: it refuses some, and has acknowledged the others.
            BusAway: it did not answer in time, or refuses all.
        """
        await asyncio.get_running_loop().run_in_executor(self._thread, self._send_all, dict(enumerate(messages)))

    async def close(self) -> None:
        """Try the batch under way once more at most, then let the client go."""
        self._closing.set()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._drop)
        self._thread.shutdown()

    def _send_all(self, left: dict[int, Message]) -> None:
        deadline, pause, lasting = time.monotonic() + PATIENCE, PAUSE, 0
        places, refused, alone = set(left), dict[int, str](), False
        while left:
            error = self._send_next(left, 1 if alone else len(left))
            if error is None:
                continue
            suspect = next(iter(left.values()))
            words = self._rebuild_after(error, suspect)
            if isinstance(error, OF_ONE_MESSAGE):
                if alone:
                    refused |= {place: words for place, each in left.items() if each.key == suspect.key}
                    left = {place: each for place, each in left.items() if place not in refused}
                alone = True
                continue
            lasting += isinstance(error, LASTING)
            if lasting == TWICE or time.monotonic() + pause > deadline or self._closing.wait(pause):
                raise BusAway(words, places - left.keys() - refused.keys())
            pause = min(pause * 2, LONGEST_PAUSE)
        if refused:
            raise MessagesRefused("\n".join(sorted(set(refused.values()))), places - refused.keys())

    def _send_next(self, left: dict[int, Message], count: int) -> Exception | None:
        """Try the first of them once, and take off what was acknowledged."""
        try:
            self._producer = self._producer or built(Producer, **self._settings)
            for place, sent in [(n, self._producer.send_message(each)) for n, each in list(left.items())[:count]]:
                sent.get(timeout=SILENCE)
                del left[place]
        except Exception as error:
            return (self._producer and self._producer.failure) or error
        return None

    def _rebuild_after(self, error: Exception, message: Message) -> str:
        """Throw the client away; what is to be said of the error."""
        advice = next(text for kinds, text in ADVICE if isinstance(error, kinds))
        words = f"Kafka {advice.format(topic=message.topic, size=len(message.value))}（{type(error).__name__}）。"
        log.warning("building another producer: %s", words)
        PUBLISH_ERRORS.labels(type(error).__name__).inc()
        BUS_REBUILDS.labels("producer").inc()
        self._drop()
        return words

    def _drop(self) -> None:
        if self._producer is not None:
            self._producer.give_up()
            self._producer = None

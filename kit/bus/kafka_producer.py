"""The producing thread of the Kafka bus: what a broker did not acknowledge is sent again, in order, by a new client.

A producer of kafka-python that met an error outside the retriable ones is of no more use: it fails whatever
follows, or never answers. It is thrown away, another is built, and all from the first unacknowledged message on
is sent again. Readers drop what comes twice.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaProducer

from kit.bus.port import Message
from kit.errors import Unavailable
from kit.telemetry import BUS_REBUILDS, PUBLISH_ERRORS

log = logging.getLogger(__name__)

PATIENCE = 30.0
"""Seconds for which one batch is tried."""
SILENCE = 5.0
"""Seconds without an acknowledgement after which a producer is given up."""
PAUSE, LONGEST_PAUSE = 0.05, 1.0
SETTINGS: dict[str, Any] = {
    "acks": "all",
    "enable_idempotence": True,
    "max_in_flight_requests_per_connection": 5,
    "delivery_timeout_ms": 30_000,
    "request_timeout_ms": 10_000,
    "max_block_ms": 3_000,
    "reconnect_backoff_max_ms": 1_000,
    "linger_ms": 5,
    "allow_auto_create_topics": False,
    "metrics_enabled": False,
}


class BusAway(Unavailable):
    """The broker did not acknowledge in time; the messages are sent again later."""

    slug, title = "bus-away", "消息服务暂时连不上"


class Producer(KafkaProducer):  # type: ignore[misc]  # the library ships no types
    """A producer that leaves the library's logger alone when it is collected."""

    def __del__(self) -> None:
        """Nothing: who gives it up has ended it."""

    def give_up(self) -> None:
        """End its thread now, whatever is under way; ``close`` would wait for what never comes."""
        self._unregister_cleanup()
        self._sender.initiate_close()
        self._sender.force_close()
        self._closed = True


@dataclass(slots=True)
class _Job:
    messages: list[Message]
    done: asyncio.Future[None]
    loop: asyncio.AbstractEventLoop

    def end(self, error: Exception | None) -> None:
        """Tell the loop, unless it has gone."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(_settle, self.done, error)


class ProducingThread:
    """Sends batches one after another; the client is built and used in this thread alone."""

    def __init__(self, servers: Sequence[str], **settings: Any) -> None:
        self._settings = {"bootstrap_servers": list(servers), **SETTINGS, **settings}
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._producer: Producer | None = None
        self._thread = threading.Thread(target=self._work, name="kafka-producer", daemon=True)
        self._thread.start()

    async def send(self, messages: Sequence[Message]) -> None:
        """Send in order; returns once the broker has acknowledged all.

        Raises:
            BusAway: it did not in time.
        """
        loop = asyncio.get_running_loop()
        job = _Job(list(messages), loop.create_future(), loop)
        self._jobs.put(job)
        await job.done

    async def close(self) -> None:
        """Finish the batch under way, then let the client go."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, PATIENCE)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                self._send_all(job.messages)
            except Exception as error:
                job.end(error)
            else:
                job.end(None)
        self._drop()

    def _send_all(self, messages: list[Message]) -> None:
        deadline, pause = time.monotonic() + PATIENCE, PAUSE
        while messages:
            try:
                messages = messages[self._acknowledged(messages) :]
                continue
            except Exception as error:
                self._rebuild_after(error)
            if time.monotonic() + pause > deadline:
                raise BusAway("消息服务暂时没有确认，稍后自动重发。")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _acknowledged(self, messages: Sequence[Message]) -> int:
        """How many from the first on are safe after one try, with a client that is still good where it is all.

        Raises:
            Exception: not even the first.
        """
        if self._producer is None:
            self._producer = Producer(**self._settings)
        sent = [_send(self._producer, message) for message in messages]
        for number, each in enumerate(sent):
            try:
                each.get(timeout=SILENCE)
            except Exception as error:
                if number == 0:
                    raise
                self._rebuild_after(error)
                return number
        return len(sent)

    def _rebuild_after(self, error: Exception) -> None:
        log.warning("the broker did not acknowledge: %s; building another client", type(error).__name__)
        PUBLISH_ERRORS.labels(type(error).__name__).inc()
        BUS_REBUILDS.labels("producer").inc()
        self._drop()

    def _drop(self) -> None:
        if self._producer is not None:
            self._producer.give_up()
            self._producer = None


def _send(producer: Producer, message: Message) -> Any:
    headers = [(name, value.encode()) for name, value in message.headers.items()]
    return producer.send(message.topic, message.value, message.key.encode(), headers, message.partition)


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.cancelled():
        return
    if error is None:
        done.set_result(None)
    else:
        done.set_exception(error)

"""Whatever brokers answer to what is produced, and whenever they go: nothing is lost, and each key keeps its order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from kafka.errors import kafka_errors

from kit.bus import kafka_producer
from tests.conftest import Effort
from tests.kit.mock_broker import MockBrokers, mock_brokers
from tests.kit.produced import (
    PARTITIONS,
    TOPIC,
    judge,
    message,
    messages,
    nothing_left_behind,
    producing,
    relay,
    watched,
)

ALREADY_THERE = 46
"""DUPLICATE_SEQUENCE_NUMBER says that the batch was stored: true of a broker, not of a mock that is told to say so."""
HUNG_UP, NEWER_THAN_US = -195, 999
"""librdkafka's word for ending the connection, and an error that the client does not know."""
ANSWERS = (-1, 2, 3, 5, 6, 7, 8, 9, 10, 13, 17, 18, 19, 20, 21, 29, 31, 32, 35, 42, 43, 44, 45, 47, 48, 49, 51, 53, 55)
MORE_ANSWERS = (56, 58, 59, 72, 74, 75, 76, 87, 89, 90, 100, 103, 120)
"""What brokers of any version may answer to a produce request, of one that is part of a transaction too."""
ALL_CODES = sorted({code for code in kafka_errors if code} - {ALREADY_THERE})
BATCH = 50
REBUILT_WITHIN = 5.0
SLOW_MS = 300


@pytest.fixture
def brokers() -> Iterator[MockBrokers]:
    """Three of them, with one topic."""
    with mock_brokers(3) as running:
        running.make_topic(TOPIC, PARTITIONS)
        yield running


async def test_nothing_is_lost_whatever_brokers_answer(
    effort: Effort, seed: int, monkeypatch: pytest.MonkeyPatch, record_figure: Callable[[str, Any], None]
) -> None:
    codes = [*ANSWERS, *MORE_ANSWERS] if effort == "ci" else ALL_CODES
    count, rounds = (2_000, 1) if effort == "ci" else (20_000, 3)
    rebuilds, injected, resent, duplicates = [0.0], 0, 0, 0
    for number in range(rounds):
        rng = random.Random(f"{seed}:{number}")  # noqa: S311 - faults, to be repeated
        with mock_brokers(3) as brokers, watched(monkeypatch) as watch:
            brokers.make_topic(TOPIC, PARTITIONS)
            sent = [each for first in range(0, count, BATCH) for each in messages(rng, first, BATCH)]
            errors = [*codes, HUNG_UP, NEWER_THAN_US]
            with nothing_left_behind():
                resent += await _produce(brokers, rng, sent, errors)
            judged = judge(brokers.servers, sent)
        assert (judged.missing, judged.keys_out_of_order) == (0, []), f"seed {seed}, round {number}"
        rebuilds += watch.rebuilds()
        injected, duplicates = injected + len(errors), duplicates + judged.duplicates
    record_figure("produce.events", rounds * count)
    record_figure("produce.injected_errors", injected)
    record_figure("produce.rebuilds", len(rebuilds) - 1)
    record_figure("produce.rebuild_s_max", round(max(rebuilds), 2))
    record_figure("produce.duplicates_percent", round(100 * duplicates / (rounds * count), 1))
    record_figure("produce.tried_by_the_relay_again", resent)
    assert max(rebuilds) <= REBUILT_WITHIN


async def _produce(brokers: MockBrokers, rng: random.Random, sent: list[Any], errors: list[int]) -> int:
    """Publish all of it in batches while brokers err, are slow and go down; gives how often the relay had to repeat."""
    thread, again = producing(brokers), 0
    batches = [sent[first : first + BATCH] for first in range(0, len(sent), BATCH)]
    faults: dict[int, list[int]] = {}
    for code in rng.sample(errors, len(errors)):
        faults.setdefault(rng.randrange(len(batches)), []).append(code)
    outages = rng.sample(range(len(batches)), 2)
    slow = rng.sample(sorted(set(range(len(batches))) - faults.keys()), 2)
    for number, batch in enumerate(batches):
        _inject(brokers, rng, batch, faults.get(number, []))
        brokers.answer_after(SLOW_MS if number in slow else 0)
        if number in outages:
            brokers.go_down()
            asyncio.get_running_loop().call_later(rng.uniform(0.2, 1.0), brokers.come_up)
        again += await relay(thread, batch)
    await thread.close()
    return again


def _inject(brokers: MockBrokers, rng: random.Random, batch: list[Any], codes: list[int]) -> None:
    """Refuse a whole request, or what goes to one partition of those that this batch has."""
    for code in codes:
        if rng.random() < 0.5 or code == HUNG_UP:
            brokers.refuse([code])
        else:
            brokers.refuse_partition(TOPIC, rng.choice(batch).partition, [code])


async def test_what_was_stored_already_is_acknowledged(brokers: MockBrokers) -> None:
    thread, sent = producing(brokers), [message(1, "lead-1")]
    await thread.send(sent)
    brokers.refuse([ALREADY_THERE])
    await thread.send(sent)
    await thread.close()
    assert judge(brokers.servers, sent).duplicates == 0


async def test_silence_ends_a_client(brokers: MockBrokers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_producer, "SILENCE", 0.5)
    sent = [message(number, f"lead-{number % 3}") for number in range(BATCH)]
    with nothing_left_behind(), watched(monkeypatch) as watch:
        thread = producing(brokers)
        await thread.send(sent[:1])
        brokers.answer_after(1_500)
        asyncio.get_running_loop().call_later(1.0, brokers.answer_after, 0)
        await thread.send(sent)
        await thread.close()
    assert watch.rebuilds()
    assert judge(brokers.servers, sent).missing == 0

"""A member of a group that holds itself for joined and is not: it joins again, without a new client."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from kafka.structs import MemberState

from deploy.kafka_topics import make_topics
from kit.bus.kafka import KafkaBus
from kit.bus.kafka_client import built
from kit.bus.port import Message
from operating.opening import brokers_of
from tests.brokers import kafka_url

__all__ = ["kafka_url"]

pytestmark = pytest.mark.cluster


async def test_a_join_that_nobody_took_up_is_made_again(kafka_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clients: list[Any] = []

    def remembered(*kind: Any, **settings: Any) -> Any:
        clients.append(built(*kind, **settings))
        return clients[-1]

    monkeypatch.setattr("kit.bus.kafka_consumer.built", remembered)
    servers, topic = brokers_of(kafka_url), f"t-{uuid.uuid4().hex}"
    make_topics(servers, {topic: {"num_partitions": 1, "replication_factor": 1}})
    bus = KafkaBus(servers, 1)
    await bus.publish([Message(topic, "k", b"1")])
    subscription = await bus.subscribe(f"{topic}-g", [topic])
    assert len(await subscription.poll(1, 20.0)) == 1
    coordinator = clients[0]._coordinator
    coordinator._disable_heartbeat()
    coordinator.state, coordinator.rejoin_needed = MemberState.REBALANCING, False
    async with asyncio.timeout(8):
        while coordinator.state is not MemberState.STABLE:  # noqa: ASYNC110 - the client tells nobody
            await asyncio.sleep(0.05)
    assert len(clients) == 1
    await subscription.close()
    await bus.close()

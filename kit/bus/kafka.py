"""The bus of a cluster: Apache Kafka, where groups have as many members as there are replicas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kit.bus.kafka_consumer import KafkaSubscription
from kit.bus.kafka_positions import PositionsThread
from kit.bus.kafka_producer import ProducingThread
from kit.bus.port import Message, Position


class KafkaBus:
    """Topics of one installation, which have been given ``partitions`` each.

    ``brokers`` is what every client is built with to reach them, as kafka-python calls it.
    """

    system = "kafka"

    def __init__(self, brokers: Mapping[str, Any], partitions: int, **settings: Any) -> None:
        self._brokers, self._partitions, self._settings = brokers, partitions, settings
        self._producing = ProducingThread(brokers)
        self._positions = PositionsThread(brokers)

    async def publish(self, messages: Sequence[Message]) -> None:
        """Append in order, each acknowledged by all replicas in sync.

        Raises:
            MessagesRefused: the broker refuses some, and has the others.
            BusAway: it did not acknowledge in time, or refuses all.
        """
        await self._producing.send(messages)

    async def subscribe(self, group: str, topics: Sequence[str]) -> KafkaSubscription:
        """Join ``group`` as one more member."""
        return KafkaSubscription(self._brokers, group, topics, **self._settings)

    async def positions(self, group: str, topics: Sequence[str], ages: bool = True) -> list[Position]:
        """Committed and last offsets of every partition that holds anything."""
        return await self._positions.read(group, topics, ages)

    def partitions(self, topic: str) -> int:  # noqa: ARG002 - all topics have as many here
        """All topics have as many."""
        return self._partitions

    async def close(self) -> None:
        """Finish what is under way and let go."""
        await self._producing.close()
        await self._positions.close()

"""What a cluster's servers hold, read past its services: documents of the database, the log of the brokers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from pymongo import MongoClient

from contracts.catalogue import topic_of
from deploy import topics
from kit.bus.kafka import KafkaBus
from kit.settings import Settings
from kit.store.mongo_document import record_of
from kit.store.mongo_outbox import WAITING
from operating.opening import brokers_of, database_of
from operating.parking import BLOCKING, PARKED
from services.notify.repository.collections import DELIVERIES
from services.notify.settings import DELIVERIES_GROUP, PROJECTIONS_GROUP
from tests.flows.crash.evidence import SERVICES, UNDER_WAY, Document, Evidence, Published

HEARD = {
    "leads": ("incentives", "gateway"),
    "incentives": ("leads",),
    PROJECTIONS_GROUP: ("leads", "incentives", "gateway"),
    DELIVERIES_GROUP: SERVICES,
    "audit": SERVICES,
}
"""What each group reads."""


class ClusterEvidence(Evidence):
    """An installation on servers, looked at from outside."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings.data)
        self._settings = settings

    def documents(self, service: str, collection: str) -> dict[str, Document]:
        """All documents of a collection, by id."""
        with self._database(service) as database:
            found = [record_of({"readers": [], "requests": [], **each}) for each in database[collection].find()]
        return {each.id: Document(each.id, each.revision, json.loads(json.dumps(each.body))) for each in found}

    def published(self) -> list[Published]:
        """The whole log, in the order of each partition."""
        return [Published(topic, place, json.loads(value)) for topic, place, value in self.messages()]

    def messages(self) -> list[tuple[str, tuple[int, int], bytes]]:
        """Every message as bytes: topic, partition with offset, value."""
        brokers = brokers_of(self._settings.bus_url)
        with closing(KafkaConsumer(**brokers, enable_auto_commit=False)) as consumer:
            names = {name: consumer.partitions_for_topic(name) or () for name in topics.names()}
            places = [TopicPartition(name, number) for name, numbers in names.items() for number in numbers]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            ends = {place: end for place, end in consumer.end_offsets(places).items() if end}
            found = []
            while ends:
                for place, records in consumer.poll(timeout_ms=1_000).items():
                    found += [(each.topic, (each.partition, each.offset), each.value) for each in records]
                    if records[-1].offset + 1 >= ends.get(place, 0):
                        ends.pop(place, None)
            return sorted(found)

    def backlog(self) -> dict[str, int]:
        """What is not yet published, not yet heard, not yet sent; empty once everything has come to rest."""
        counts = {"unpublished": self.unpublished()}
        counts |= asyncio.run(self._unheard())
        deliveries = self.documents("notify", DELIVERIES.name).values()
        counts["deliveries"] = sum(each.body["state"] in UNDER_WAY for each in deliveries)
        counts["parked"] = sum(self.parked().values())
        return {name: count for name, count in counts.items() if count}

    def parked(self) -> dict[str, int]:
        """Events that wait because they could not be handled, by service."""
        return {
            name: sum(each.body["state"] in BLOCKING.values for each in self.documents(name, PARKED.name).values())
            for name in SERVICES
        }

    def unpublished(self, since_before: str = "9999") -> int:
        """Documents in every collection there is whose events have waited since before then to be published."""
        return sum(self._waiting(name, since_before) for name in SERVICES)

    def _waiting(self, service: str, since_before: str) -> int:
        """Found as the relay finds them, by an index: to read every document would hold up what is measured."""
        with self._database(service) as database:
            names = database.list_collection_names()
            waiting = [each for name in names for each in database[name].find(WAITING, {"waiting_since": 1})]
        return sum(each["waiting_since"] < since_before for each in waiting)

    async def _unheard(self) -> dict[str, int]:
        """By group and partition: where one stands still, its reader is what to look at."""
        bus = KafkaBus(brokers_of(self._settings.bus_url), self._settings.partitions)
        try:
            return {
                f"unheard by {group} of {each.topic}/{each.partition}": each.lag
                for group, heard in HEARD.items()
                for each in await bus.positions(group, [topic_of(service) for service in heard])
            }
        finally:
            await bus.close()

    @contextmanager
    def _database(self, service: str) -> Iterator[Any]:
        with MongoClient[Any](self._settings.store_url) as client:
            yield client[database_of(self._settings.store_url, service)]

"""Events a second from their saves through outbox and relay to the broker, against a bare script that does the same.

Both write new documents of leads, each with its ``lead.registered`` embedded, into an empty database with the
indexes of the leads service, send each event to the partition of its lead, and take it out of the document again.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import uvloop
from motor.motor_asyncio import AsyncIOMotorClient

from bench.bare_cluster import BareCluster, Pair
from bench.figures import ROUNDS, Figure
from bench.suite import ROOT
from deploy.kafka_topics import make_topics
from deploy.serving import tune
from kit.bus.kafka import KafkaBus
from kit.bus.port import Message, partition_of
from kit.clock import SystemClock
from kit.events import Event
from kit.leases import StoreLeases
from kit.store.mongo import MongoStore
from kit.store.mongo_document import fields_of, waiting_of
from kit.store.port import Record, Write
from operating.opening import brokers_of
from operating.outbox import CHECKSUM, Relay, checksum
from services.leads.repository import COLLECTIONS, LEADS

EXAMPLE = ROOT / "contracts" / "examples" / "quce.lead.registered.v1.json"
TOPIC, PARTITIONS = f"bench.relay.{uuid.uuid4().hex[:12]}", 8
AT_ONCE = 100
"""Writes handed to the store together, as by many requests at once."""
BLOCKS = 5
LOOK = 0.01
PATIENCE = 300.0
WAITING = {"waiting_since": {"$exists": True}}


def relaying(bus: str, store: str, events: int) -> Figure:
    """``cluster.relay.ratio_to_bare_clients``, of so many events a round."""
    return uvloop.run(_relaying(bus, store, events))


async def _relaying(bus: str, store: str, events: int) -> Figure:
    tune()
    brokers = brokers_of(bus)
    await asyncio.to_thread(make_topics, brokers, {TOPIC: {"num_partitions": PARTITIONS, "replication_factor": 1}})
    bare = BareCluster(store, brokers)
    ratios, taken = [], []
    try:
        for number in range(-1, ROUNDS):
            ours, theirs = await _round(bare, brokers, store, events // BLOCKS)
            print(f"  round {number}: {1 / ours:.0f} events/s, bare {1 / theirs:.0f} events/s", flush=True)
            if number >= 0:  # the first round warms the servers up
                ratios.append(theirs / ours)
                taken.append(ours)
    finally:
        await bare.close()
    return Figure.at_least("cluster.relay.ratio_to_bare_clients", "ratio", 0.6, ratios, taken)


async def _round(bare: BareCluster, brokers: Mapping[str, Any], store: str, block: int) -> tuple[float, float]:
    """The seconds an event takes, ours and theirs, in short alternating blocks: each in a database of its own."""
    ours, theirs = (f"bench_{whose}_{uuid.uuid4().hex[:12]}" for whose in ("ours", "bare"))
    prepared = MongoStore(store, theirs)
    await prepared.ensure(*COLLECTIONS)
    await prepared.close()
    opened, bus = MongoStore(store, ours), KafkaBus(brokers, PARTITIONS)
    leases = StoreLeases(opened, SystemClock())
    await opened.ensure(*COLLECTIONS)
    await leases.ensure()
    relay = Relay(opened, bus, leases, service="bench", topic=TOPIC, holder="bench")
    relay.start()
    spent = [0.0, 0.0]
    try:
        for _ in range(BLOCKS):
            writes = [Write(LEADS.name, record, (event,)) for record, event in _leads(block)]
            spent[0] += await _timed(_ours(opened, store, ours, writes))
            work = [_bare(record, event) for record, event in _leads(block)]
            spent[1] += await _timed(bare.run(theirs, LEADS.name, work))
    finally:
        await relay.stop()
        await bus.close()
        await opened.close()
    return spent[0] / BLOCKS / block, spent[1] / BLOCKS / block


async def _timed(work: Coroutine[Any, Any, None]) -> float:
    started = time.perf_counter()
    async with asyncio.timeout(PATIENCE):
        await work
    return time.perf_counter() - started


async def _ours(opened: MongoStore, store: str, database: str, writes: Sequence[Write]) -> None:
    """Save; return once nothing waits."""
    for start in range(0, len(writes), AT_ONCE):
        await opened.save_many(writes[start : start + AT_ONCE])
    client: Any = AsyncIOMotorClient(store)
    try:
        while await client[database][LEADS.name].find_one(WAITING, {"_id": 1}):  # noqa: ASYNC110 - a database tells nobody
            await asyncio.sleep(LOOK)
    finally:
        client.close()


def _leads(count: int) -> list[tuple[Record, Event]]:
    example = orjson.loads(Path(EXAMPLE).read_bytes())
    leads = []
    for number in range(count):
        id = str(uuid.uuid4())
        body = example["data"] | {"lead_id": id, "title": f"智能车载终端项目{number}"}
        names = {"id": f"{id}:1:0", "subject": id, "partitionkey": id, "data": body}
        event = Event.model_validate(example | names)
        leads.append((Record(id, body, frozenset(body["readers"])), event))
    return leads


def _bare(record: Record, event: Event) -> Pair:
    document = {"_id": record.id, **fields_of(LEADS, record), **waiting_of([event])}
    value = event.encode()
    partition = partition_of(event.partitionkey, PARTITIONS)
    return document, Message(TOPIC, event.partitionkey, value, partition, {CHECKSUM: checksum(value)})

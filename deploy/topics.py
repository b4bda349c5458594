"""``quce topics apply``: makes the topics that ``topics.yaml`` names on the brokers, and tells which differ from it."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic import TypeAdapter
from yaml import safe_load

from deploy.commands import CommandFailed, Result
from kit.settings import Settings
from operating.opening import brokers_of, cluster_adapter

FILE = Path(__file__).with_name("topics.yaml")
SAFE_COPIES = 3
"""From as many copies on, a message counts once two brokers have it."""

_NAMES, _SETTINGS = TypeAdapter(list[str]), TypeAdapter(dict[str, str])


async def apply(settings: Settings) -> Result:
    """Make what is missing.

    Raises:
        CommandFailed: the bus is none that has topics to make.
    """
    if not settings.bus_url.startswith("kafka:"):
        raise CommandFailed("只有 Kafka 需要建主题：请先把 QUCE_BUS_URL 设为 kafka://主机:端口。")
    kafka = cluster_adapter("kit.bus.kafka_topics")
    options = {
        "num_partitions": settings.partitions,
        "replication_factor": settings.kafka_replication,
        "configs": _settings_of(settings),
    }
    wanted = dict.fromkeys(names(), options)
    there = await asyncio.to_thread(kafka.make_topics, brokers_of(settings.bus_url), wanted)
    lines = [_said(name, there.get(name), settings.partitions) for name in names()]
    ok = all(width == settings.partitions for width in there.values())
    return Result("\n".join(lines), {"made": sorted(set(names()) - there.keys()), "there": there}, ok)


def names() -> list[str]:
    """Every topic, with its dead letters."""
    content = safe_load(FILE.read_text("utf-8"))
    topics = _NAMES.validate_python(content["topics"])
    return [name + ending for name in topics for ending in ("", content["dead_letters"])]


def _settings_of(settings: Settings) -> dict[str, str]:
    given = _SETTINGS.validate_python(safe_load(FILE.read_text("utf-8"))["settings"])
    return given | ({"min.insync.replicas": "2"} if settings.kafka_replication >= SAFE_COPIES else {})


def _said(name: str, width: int | None, wanted: int) -> str:
    if width is None:
        return f"{name}  已建立，{wanted} 个分区"
    if width == wanted:
        return f"{name}  已经有了"
    return f"{name}  已有 {width} 个分区，与 QUCE_PARTITIONS={wanted} 不同：同一条线索的事件会换分区，请保持原来的数目"

"""``quce topics apply``: makes the topics that ``topics.yaml`` names on the brokers, and tells which differ from it."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from pydantic import TypeAdapter
from yaml import safe_load

from deploy.result import CommandFailed, Result
from kit.errors import LogInRefused, Unavailable
from kit.settings import Settings
from operating.opening import brokers_of, cluster_adapter

log = logging.getLogger(__name__)

FILE = Path(__file__).with_name("topics.yaml")
SAFE_COPIES = 3
"""From as many copies on, a message counts once two brokers have it."""

_NAMES, _SETTINGS = TypeAdapter(list[str]), TypeAdapter(dict[str, str])


async def apply(settings: Settings) -> Result:
    """Make what is missing.

    Raises:
        CommandFailed: the bus is none that has topics to make.
    """
    if not settings.bus_url.startswith("kafka"):
        raise CommandFailed("只有 Kafka 需要建主题：请先把 QUCE_BUS_URL 设为 kafka://主机:端口。")
    kafka = cluster_adapter("deploy.kafka_topics")
    options = {
        "num_partitions": settings.partitions,
        "replication_factor": settings.kafka_replication,
        "configs": _settings_of(settings),
    }
    there = await _there(settings)
    missing = {name: options for name in names() if name not in there}
    await asyncio.to_thread(kafka.make_topics, brokers_of(settings.bus_url), missing)
    lines = [_said(name, there.get(name), settings.partitions) for name in names()]
    ok = all(width == settings.partitions for width in there.values())
    return Result("\n".join(lines), {"made": sorted(set(names()) - there.keys()), "there": there}, ok)


async def check(settings: Settings) -> None:
    """See that the brokers have what a service needs; brokers that are away are waited for by whoever needs them.

    Raises:
        CommandFailed: a topic is missing, or has another number of partitions.
        kit.errors.LogInRefused: the account is not known there.
    """
    try:
        there = await _there(settings)
    except LogInRefused:
        raise
    except Unavailable as away:
        log.warning("the brokers do not answer, so the topics were not looked at: %s", away)
        return
    if missing := [name for name in names() if name not in there]:
        raise CommandFailed(f"Kafka 缺少主题 {'、'.join(missing)}：请先执行 quce topics apply（QUCE_BUS_URL）。")
    if wrong := [
        _said(name, width, settings.partitions) for name, width in there.items() if width != settings.partitions
    ]:
        raise CommandFailed("\n".join(wrong))


async def _there(settings: Settings) -> dict[str, int]:
    kafka = cluster_adapter("deploy.kafka_topics")
    found: dict[str, int] = await asyncio.to_thread(kafka.widths, brokers_of(settings.bus_url), names())
    return found


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

"""The work behind ``quce migrate``."""

from __future__ import annotations

import gc
from collections import defaultdict
from typing import Any

from deploy.lock import hold
from deploy.migration.cluster import Cluster
from deploy.migration.draining import publish_what_waits
from deploy.migration.embedded import Embedded
from deploy.migration.ends import End
from deploy.migration.errors import MoveRefused
from deploy.migration.journal import FILE, EndName, Journal, servers_of
from deploy.migration.moving import Move
from deploy.migration.progress import Progress, say
from deploy.result import Result
from kit.errors import Unavailable
from kit.secrets import read_secret
from kit.settings import Settings

COLLECT_AFTER = (100_000, 20, 50)
"""Pages of documents are many objects without cycles; looking for some would take longer than the move itself."""
SERVERS = "请核对 QUCE_STORE_URL、QUCE_BUS_URL、QUCE_BLOB_URL，以及这些服务器是否在运行。"
GO_ON = "已经核对过的部分都记下了；排除原因后再执行一次同样的命令，会从这里接着做。"


async def migrate(settings: Settings, source: EndName, target: EndName) -> Result:
    """Move everything from one end to the other, compare, and put the source out of use.

    Raises:
        MoveRefused: one end is not as it must be, or something broke off.
        DataFolderBusy: a service runs on the data folder.
    """
    if source == target:
        raise MoveRefused("--from 和 --to 要一个是 embedded（单机），一个是 cluster（集群）。")
    gc.set_threshold(*COLLECT_AFTER)
    with hold(settings.data, None):
        key = settings.data / "keys" / "installation.key"
        if not key.exists():
            raise MoveRefused(
                f"没有找到密钥 {key}：两端共用 {settings.data} 里的 keys/，没有它读不出数据。请核对 QUCE_DATA。"
            )
        journal = _begun(settings, source, target)
        cluster = Cluster(settings)
        embedded = Embedded(settings, arriving=source == "cluster")
        ends: tuple[End, End] = (embedded, cluster) if source == "embedded" else (cluster, embedded)
        try:
            return await _move(settings, *ends, journal, read_secret(key))
        except Unavailable as error:
            going_on = GO_ON if (settings.data / FILE).exists() else ""
            raise MoveRefused(f"{error.title}（{type(error.__cause__).__name__}）。{SERVERS}{going_on}") from error


def _begun(settings: Settings, source: EndName, target: EndName) -> Journal | None:
    """The move to go on with.

    Raises:
        MoveRefused: another one has begun.
    """
    journal = Journal.begun(settings.data)
    if journal is None:
        return None
    if (journal.source, journal.target, journal.servers) != (source, target, servers_of(settings)):
        raise MoveRefused(
            f"{journal.started_at[:19]}Z 开始的迁移（从 {journal.source} 到 {journal.target}）还没有做完。"
            "请用当时的地址（QUCE_STORE_URL、QUCE_BUS_URL、QUCE_BLOB_URL、QUCE_PARTITIONS）和同样的参数接着做；"
            f"要放弃它，先清空它的目标，再删除 {settings.data / FILE}。"
        )
    return journal


async def _move(settings: Settings, source: End, target: End, begun: Journal | None, secret: bytes) -> Result:
    journal = begun or Journal(source=source.name, target=target.name, servers=servers_of(settings))
    move = Move(source, target, journal, settings.data, secret, Progress(), resumed=begun is not None)
    published = 0
    if not journal.whole:
        await source.check_source()
        await target.check_target(begun)
        say("接着上次中断的迁移。" if begun else f"从 {source.name} 迁到 {target.name}。")
        published = await publish_what_waits(source.settings)
        await move.prepare()
        await move.copy()
    rest = await source.settle_source(journal)
    await target.settle_target(journal)
    journal.forget(settings.data)
    document = _document(move, published)
    return Result("\n".join([*_lines(move, document), rest]), document)


def _lines(move: Move, document: dict[str, Any]) -> list[str]:
    counts, seconds, left = document["counts"], move.seconds, sum(move.journal.unread.values())
    unread = f"源端还有 {left:,} 条事件没有处理，启动后接着处理" if left else "没有待处理的事件"
    copying, comparing = (_sum(seconds, what) for what in ("copying", "comparing"))
    return [
        f"已从 {move.source.name} 迁到 {move.target.name}：记录 {counts['records']:,} 条，文件 {counts['files']:,} 个，"
        f"事件 {counts['events']:,} 条；两端逐项计数、校验值一致。",
        f"消费位置 {len(move.journal.positions)} 组，与源相同；{unread}。",
        f"用时 {sum(seconds.values()):.0f} 秒（复制 {copying:.0f}，核对 {comparing:.0f}）。",
    ]


def _document(move: Move, published: int) -> dict[str, Any]:
    """Every figure, by kind and part."""
    figures: dict[str, dict[str, Any]] = defaultdict(dict)
    for part, figure in move.journal.verified.items():
        kind, _, name = part.partition("/")
        figures[kind][name] = figure.model_dump()
    counts = {kind: sum(each["count"] for each in figures[kind].values()) for kind in ("records", "files", "events")}
    return {
        "from": move.source.name,
        "to": move.target.name,
        "counts": counts,
        **figures,
        "positions": move.journal.positions,
        "unread": move.journal.unread,
        "published_before": published,
        "seconds": {name: round(taken, 3) for name, taken in move.seconds.items()},
    }


def _sum(seconds: dict[str, float], what: str) -> float:
    return sum(taken for name, taken in seconds.items() if name.endswith(what))

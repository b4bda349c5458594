"""The servers of a cluster as an end of a move: found at rest by leases and groups, marked while they are filled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from deploy import topics
from deploy.migration.collections import COLLECTIONS
from deploy.migration.documents import Documents
from deploy.migration.errors import GONE, MoveRefused
from deploy.migration.files import Files
from deploy.migration.journal import EndName, Journal
from deploy.migration.log import Log
from kit.clock import SHANGHAI, from_text
from kit.leases import LEASES
from kit.settings import Settings
from operating.opening import brokers_of, cluster_adapter, database_of, open_clock

T = TypeVar("T")
SCHEMES = {"store_url": "mongodb", "bus_url": "kafka", "blob_url": "mongodb"}
MARKED = "gateway"
"""The service whose database says which move fills the cluster."""
EMPTY_IT = "请换用空的数据库（地址末尾的名字不同即可）和没有消息的主题，做法见 docs/operations.md「从单机迁到集群」。"


class Cluster:
    """The databases, topics and files that QUCE_STORE_URL, QUCE_BUS_URL and QUCE_BLOB_URL name.

    Raises:
        MoveRefused: they name none.
    """

    name: EndName = "cluster"

    def __init__(self, settings: Settings) -> None:
        if wrong := [name for name, scheme in SCHEMES.items() if not getattr(settings, name).startswith(scheme)]:
            named = "、".join(f"QUCE_{name.upper()}" for name in wrong)
            raise MoveRefused(f"请先设置集群的地址：{named}（mongodb://… 或 kafka://…）。")
        self.settings = settings

    def documents(self, service: str) -> Documents:
        """One database a service."""
        documents: Documents = _mongo().MongoDocuments(*self._where(service))
        return documents

    def files(self, service: str, secret: bytes) -> Files:
        """Beside the documents, or on a server of their own."""
        files: Files = _mongo().MongoFiles(*self._where(service, files=True), secret)
        return files

    def log(self) -> Log:
        """The topics."""
        log: Log = self._topics()
        return log

    async def check_source(self) -> None:
        """All topics are there, as wide as the setting says; nobody runs."""
        self._refuse_width(await self._ask(lambda log: log.widths()))
        await self._refuse_running()

    async def check_target(self, journal: Journal | None) -> None:
        """Topics that keep everything, no documents, no events; or those of the move that is gone on with."""
        mark = await self._mark()
        await topics.apply(self.settings)
        self._refuse_width(await self._ask(lambda log: log.widths()))
        if unlike := await self._ask(lambda log: log.unlike()):
            raise MoveRefused(
                f"主题的设置保存不住全部事件：{'；'.join(unlike)}。请改好再迁移（kafka-configs.sh --alter）。"
            )
        filled = await self._filled()
        if filled and (journal is None or journal.id != mark):
            raise MoveRefused(f"目标不是空的，也不是这次迁移写的：{'、'.join(filled)}。{EMPTY_IT}")
        if journal is not None and journal.verified and journal.id != mark:
            raise MoveRefused(GONE)
        await self._refuse_members()

    async def begin(self, journal: Journal) -> None:
        """Mark the database that says whose the cluster is."""
        async with self._database(MARKED) as database:
            await database.mark(journal.id)

    async def settle_source(self, journal: Journal) -> str:  # noqa: ARG002 - it stays as it is
        """It stays as it is, and must not be started again."""
        await self._refuse_running()
        return "集群里的数据没有改动：请不要再启动集群的进程，确认无误后删除它的数据库和主题。"

    async def settle_target(self, journal: Journal) -> None:  # noqa: ARG002 - it is the only mark
        """Take the mark away."""
        await self._refuse_members()
        async with self._database(MARKED) as database:
            await database.unmark()

    def _refuse_width(self, widths: dict[str, int]) -> None:
        wanted = self.settings.partitions
        if missing := [name for name in topics.names() if name not in widths]:
            raise MoveRefused(f"Kafka 上没有主题 {'、'.join(missing)}。请核对 QUCE_BUS_URL。")
        if other := [f"{name}（{width}）" for name, width in sorted(widths.items()) if width != wanted]:
            raise MoveRefused(
                f"主题的分区数与 QUCE_PARTITIONS={wanted} 不同：{'、'.join(other)}。两端的分区要一一对应："
                "请把 QUCE_PARTITIONS 设成这套数据原来的分区数；目标的主题没有消息时，可以删除后由本命令重建。"
            )

    async def _refuse_running(self) -> None:
        if held := await self._held():
            raise MoveRefused(
                f"集群还在运行：{'、'.join(held)}。请停止全部进程再迁移；刚被强行结束的，等租约到期再试。"
            )
        await self._refuse_members()

    async def _refuse_members(self) -> None:
        if busy := await self._ask(lambda log: log.busy()):
            raise MoveRefused(
                f"集群还在运行：消费组 {'、'.join(busy)} 有成员在线。请停止全部进程再迁移；"
                "刚被强行结束的，等十几秒（会话到期）再试。"
            )

    async def _held(self) -> list[str]:
        """The leases that have not lapsed: a service that runs always has its relay's."""
        now, found = open_clock(self.settings).now(), []
        for service in COLLECTIONS:
            async with self._database(service) as database:
                leases = [lease async for page in database.pages(LEASES) for lease in page]
            for lease in leases:
                until = from_text(lease.body["until"])
                if until > now:
                    held_by = f"{lease.body['holder']}，到 {until.astimezone(SHANGHAI):%H:%M:%S}"
                    found.append(f"租约 {lease.id}（{held_by}）")
        return found

    async def _mark(self) -> str | None:
        async with self._database(MARKED) as database:
            mark: str | None = await database.marked()
            return mark

    async def _filled(self) -> list[str]:
        """What holds anything already."""
        found = []
        for service in COLLECTIONS:
            for files in (False, True):
                async with self._database(service, files=files) as database:
                    if await database.filled():
                        found.append(f"数据库 {self._where(service, files=files)[1]}")
        spans = await self._ask(lambda log: log.spans())
        groups = await self._ask(lambda log: log.positions())
        events = [f"主题 {name}" for name in sorted({topic for topic, _ in spans})]
        return [*dict.fromkeys(found), *events, *(f"消费组 {name} 的位置" for name in sorted(groups))]

    async def _ask(self, question: Callable[[Any], T]) -> T:
        def ask() -> T:
            log = self._topics()
            try:
                return question(log)
            finally:
                log.close()

        return await asyncio.to_thread(ask)

    def _where(self, service: str, *, files: bool = False) -> tuple[str, str]:
        """The address and name of the database where a service has its documents, or its files."""
        url = self.settings.blob_url if files else self.settings.store_url
        return url, database_of(url, service)

    @asynccontextmanager
    async def _database(self, service: str, *, files: bool = False) -> AsyncIterator[Any]:
        database = _mongo().MongoDocuments(*self._where(service, files=files))
        try:
            yield database
        finally:
            await database.close()

    def _topics(self) -> Any:
        kafka = cluster_adapter("deploy.migration.kafka_log")
        return kafka.KafkaLog(brokers_of(self.settings.bus_url), topics.names())


def _mongo() -> Any:
    return cluster_adapter("deploy.migration.mongo_documents")

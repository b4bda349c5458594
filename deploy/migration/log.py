"""Copies the log of events: each partition in order, at the same offsets, with the groups' positions in it.

An event keeps its partition and offset, so positions are the same numbers at both ends and nothing needs mapping.
What was appended before an interruption is not appended again: the end of the target's partition says where to go on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

import orjson

from deploy.migration.errors import MoveRefused
from deploy.migration.journal import Figure
from kit.bus.port import Delivery, TopicPartition
from kit.clock import from_text
from kit.failpoints import failpoint

BATCH = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Positions = dict[str, dict[TopicPartition, int]]
"""The next offset to read, by group and partition."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a partition holds: its first offset, and the one after its last."""

    start: int
    end: int


class Log(Protocol):
    """The log at one end; used in one thread."""

    def spans(self) -> dict[TopicPartition, Span]:
        """Every partition that holds anything, or has held."""
        ...

    def read(self, place: TopicPartition, start: int, end: int) -> Iterator[Sequence[Delivery]]:
        """What stands from ``start`` to before ``end``, in order, some at a time."""
        ...

    def append(self, batch: Sequence[Delivery]) -> None:
        """Keep events of one partition durably, each at its offset.

        Raises:
            MoveRefused: somebody else appends, too.
        """
        ...

    def positions(self) -> Positions:
        """Where groups go on, as far as they have said."""
        ...

    def set_positions(self, group: str, offsets: Mapping[TopicPartition, int]) -> None:
        """Have a group go on there."""
        ...

    def close(self) -> None:
        """Let it go."""
        ...


def copy_partition(
    source: Log, target: Log, place: TopicPartition, begun: int, end: int, done: Callable[[int], None]
) -> None:
    """Append what the target lacks, where it ends at ``begun`` and is to end at ``end``.

    Raises:
        MoveRefused: the target holds more than the source, or the source has gaps.
    """
    if begun > end:
        raise MoveRefused(f"目标的 {_named(place)} 有 {begun} 条，比源多（{end} 条）：有别的程序在写。{START_AFRESH}")
    done(begun)
    for batch in in_order(source, place, begun, end):
        target.append(batch)
        failpoint("migrate.appended")
        done(len(batch))


def figure_of(log: Log, place: TopicPartition, end: int) -> Figure:
    """How many events a partition holds, and the checksum of them in their order.

    Raises:
        MoveRefused: some of them are missing.
    """
    digest = sha256()
    for batch in in_order(log, place, 0, end):
        for each in batch:
            head = [each.offset, each.key, sorted(each.headers.items()), milliseconds(each.time), len(each.value)]
            digest.update(orjson.dumps(head) + each.value)
    return Figure(count=end, checksum=digest.hexdigest())


def in_order(log: Log, place: TopicPartition, start: int, end: int) -> Iterator[Sequence[Delivery]]:
    """What stands there, each offset once.

    Raises:
        MoveRefused: offsets are missing.
    """
    expected = start
    for batch in log.read(place, start, end):
        for each in batch:
            if each.offset != expected:
                raise MoveRefused(_gap(place, expected))
            expected += 1
        yield batch
    if expected != end:
        raise MoveRefused(_gap(place, expected))


def unread(positions: Positions, spans: Mapping[TopicPartition, Span]) -> dict[str, int]:
    """By group, how many events of its topics it has not yet committed."""
    left = {}
    for group, offsets in positions.items():
        topics = {topic for topic, _ in offsets}
        left[group] = sum(span.end - offsets.get(at, 0) for at, span in spans.items() if at[0] in topics)
    return left


def milliseconds(time: str) -> int:
    """An instant as brokers keep it."""
    return (from_text(time) - _EPOCH) // timedelta(milliseconds=1)


def instant(milliseconds: int) -> datetime:
    """The instant behind it."""
    return _EPOCH + timedelta(milliseconds=milliseconds)


START_AFRESH = "请停止它，清空目标，删除数据目录里的 migration.json，再从头迁移。"


def _named(place: TopicPartition) -> str:
    return f"主题 {place[0]} 分区 {place[1]}"


def _gap(place: TopicPartition, offset: int) -> str:
    return (
        f"{_named(place)} 缺第 {offset} 条事件：这个主题压缩过，或按保留期删过（retention.ms 应为 -1，"
        "cleanup.policy 应为 delete）。事件不全，不能原样迁移；请从备份恢复完整的日志。"
    )

"""What can be read of a batch that a broker's disk, or another language's client, left in no order.

kafka-python stops before such a batch for ever. Here each message that can be told apart is handed on, marked where
the batch's checksum does not hold, and a marked empty one in the place of each that cannot.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from kafka.consumer.fetcher import ConsumerRecord, Fetcher
from kafka.record.util import decode_varint

LOST: Any = SimpleNamespace(timestamp=0, key=b"", value=b"", headers=[], size_in_bytes=1)


class Salvaged(Fetcher.PartitionRecords):  # type: ignore[misc]  # the library ships no types
    """The records of one answer, of one partition; ``checksum`` says whether one is as it was sent."""

    next_fetch_offset: int
    bytes_read: int

    def _unpack_records(self, tp: Any, records: Any, *_: Any) -> Iterator[Any]:
        for batch in records:
            intact, self.leader_epoch = batch.validate_crc(), batch.leader_epoch
            least = 0 if records.has_next() else self.next_fetch_offset + 1  # so that the reader gets on
            for offset, record in _read(batch, intact, least):
                self.next_fetch_offset, self.bytes_read = offset + 1, self.bytes_read + record.size_in_bytes
                sound = intact and record is not LOST
                said = (record.timestamp if sound else 0, 0, record.key, record.value, record.headers, sound)
                yield ConsumerRecord(*tp, self.leader_epoch, offset, *said, 0, 0, 0)
            if intact:
                self.next_fetch_offset = batch.next_offset
        self.drain()


def _read(batch: Any, intact: bool, least: int) -> Iterator[tuple[int, Any]]:
    """The offsets of a batch, each with what stands there; a record says how long it is, so one may be passed by.

    Of a damaged batch neither count is sure: its bytes are read to their end.
    """
    offset, ends = batch.base_offset, (batch.next_offset, batch.base_offset + batch.records_count)
    batch._num_records = max(ends) - offset
    with suppress(Exception):  # what is squeezed and damaged cannot be opened
        iter(batch)
        while offset < max(ends) and batch._pos < len(batch._buffer) and not (intact and batch.is_control_batch):
            start, record = batch._pos, LOST
            with suppress(Exception):
                record = next(batch)
            if record is LOST or not (intact or record.offset == offset):
                length, begin = decode_varint(batch._buffer, start)
                batch._pos, record = begin + max(length, 0), LOST
            offset = offset if record is LOST else record.offset
            yield offset, record
            offset += 1
    yield from () if intact else ((lost, LOST) for lost in range(offset, max(min(ends), least)))

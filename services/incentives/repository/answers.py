"""Answers as they were given: what was said is kept once, compressed, under a key of its content.

A record of a decision holds that key, to whom it was given and what it takes to give it again. One of an earlier
release holds the answer itself.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from contracts.vocabulary.facts import FactValue
from kit.ports import Ports
from kit.store.port import Record
from operating.ids import content_digest
from services.incentives.matching import Rendering
from services.incentives.repository.collections import body_of

LEVEL: Final = 6
"""Half the size of the fastest level, for a millisecond and a half of a worker thread."""
_OF_PLACE: Final = ("zone", "certain_fen", "possible_fen")


@dataclass(frozen=True, slots=True)
class Given:
    """An answer with all that it takes to give it again; ``versions`` are those that it was made with."""

    answer: Mapping[str, Any]
    facts: Mapping[str, FactValue]
    how: Rendering
    versions: Mapping[str, str]
    lead: str | None = None
    content: bytes = field(init=False)
    """The answer less the id that it is given under."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "content", orjson.dumps(self.answer))

    @property
    def asked(self) -> dict[str, Any]:
        """What was asked, as it is stored."""
        facts = {name: value.model_dump(mode="json") for name, value in self.facts.items()}
        zones = None if self.how.zones is None else list(self.how.zones)
        how = {"order": self.how.order, "nearest": self.how.nearest, "public": self.how.public}
        return {"facts": facts, "zones": zones, **how}

    @property
    def best(self) -> dict[str, Any] | None:
        """The zone that is sure to give most, or else could, with both sums; None where none gives anything."""
        zones = [zone for zone in self.answer["zones"] if zone["certain_fen"] or zone["possible_fen"] != 0]
        best = max(zones, key=_worth, default=None)
        return None if best is None else {name: best[name] for name in _OF_PLACE}

    def digests(self) -> tuple[str, str]:
        """Of what was asked and of what was answered."""
        asked = orjson.dumps(self.asked, option=orjson.OPT_SORT_KEYS)
        return content_digest(asked), content_digest(self.content)

    def under(self, id: str | None) -> bytes:
        """The answer as it is given: the id, or null, before everything else."""
        return b'{"decision":' + orjson.dumps(id) + b"," + self.content[1:]


async def keep(ports: Ports, content: bytes) -> str:
    """Store what was said and give its key; the same again costs nothing."""
    return await ports.blobs.put(await asyncio.to_thread(zlib.compress, content, LEVEL))


async def said(ports: Ports, record: Record) -> dict[str, Any]:
    """The answer of a decision, exactly as it was given.

    Raises:
        kit.errors.NotFound: its content is gone.
    """
    body = body_of(record)
    if "answer" in body:
        answer: dict[str, Any] = body["answer"]
        return answer
    packed = await ports.blobs.open(body["blob"])
    return {"decision": record.id, **await asyncio.to_thread(_unpacked, packed)}


def _unpacked(packed: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(zlib.decompress(packed))
    return answer


def _worth(zone: Mapping[str, Any]) -> tuple[int, float]:
    possible = zone["possible_fen"]
    return zone["certain_fen"], float("inf") if possible is None else possible

"""How far a move has got, in the data folder: what is verified is not copied again after an interruption."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from kit.clock import to_text
from kit.settings import Settings
from operating.ids import content_digest, random_id

EndName = Literal["embedded", "cluster"]
FILE = "migration.json"


class Figure(BaseModel):
    """What was counted and computed of a part, the same at both ends."""

    model_config = ConfigDict(frozen=True)

    count: int
    checksum: str


class Journal(BaseModel):
    """One move.

    ``servers`` tells whether the addresses are still the same, and no password; ``stamp`` whether the source is.
    ``verified`` holds the parts that were found the same at both ends, by name.
    """

    model_config = ConfigDict(extra="forbid")

    id: str = Field(default_factory=random_id)
    source: EndName
    target: EndName
    servers: str
    started_at: str = Field(default_factory=lambda: to_text(datetime.now(UTC)))
    stamp: str = ""
    verified: dict[str, Figure] = Field(default_factory=dict)
    positions: dict[str, dict[str, int]] = Field(default_factory=dict)
    unread: dict[str, int] = Field(default_factory=dict)
    whole: bool = False

    @classmethod
    def begun(cls, folder: Path) -> Self | None:
        """The move that this folder is in the middle of; None where there is none."""
        path = folder / FILE
        return cls.model_validate_json(path.read_bytes()) if path.exists() else None

    def keep(self, folder: Path) -> None:
        """Write it, durably, in one step."""
        draft = folder / f"{FILE}.part"
        with draft.open("w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=1))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(folder / FILE)

    def forget(self, folder: Path) -> None:
        """The move is over."""
        (folder / FILE).unlink(missing_ok=True)


def servers_of(settings: Settings) -> str:
    """A digest of where the cluster is, whoever logs in."""
    addresses = map(urlsplit, (settings.store_url, settings.bus_url, settings.blob_url))
    where = [each._replace(netloc=each.netloc.rpartition("@")[2]).geturl() for each in addresses]
    return content_digest("\n".join([*where, str(settings.partitions)]).encode())[:16]

"""Settings every process shares, from the environment (``QUCE_…``); addresses by URL, adapters by their scheme."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What an operator may set; each default serves an office on one machine."""

    model_config = SettingsConfigDict(env_prefix="QUCE_", extra="ignore")

    data: Path = Field(Path("var"), description="Folder of all data.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    catalogue: Literal["demo", "office"] = Field(
        "demo", description="Whether illustrative content is loaded and counts."
    )
    public_url: str = Field("", description="Address in links of mails; the local address where empty.")
    store_url: str = Field(
        "sqlite:", description="Where documents live: sqlite: is one file a service in the data folder."
    )
    bus_url: str = Field("sqlite:", description="Where events travel: sqlite: is one file in the data folder.")
    blob_url: str = Field("folder:", description="Where files live: folder: is a folder in the data folder.")
    smtp_url: str | None = Field(
        None, description="smtp://user:password@host:port; .eml files under mail/ where unset."
    )
    mail_from: str = Field("quce@localhost", description="Sender of mails.")
    backups: Path | None = Field(None, description="Folder of backups; backups/ in the data folder where unset.")
    backup_at: time | None = Field(None, description="When to back up every night, in Shanghai; never where unset.")
    backup_keep: int = Field(7, ge=1, le=3660, description="How many nightly backups are kept.")
    partitions: int = Field(8, ge=1, le=64, description="Partitions of a topic.")
    replica: str = Field("embedded", description="Name of this replica, as leases know it.")
    now: datetime | None = Field(None, description="Start the clock at this instant, for rehearsals.")
    rate_limit_factor: float = Field(1.0, gt=0, description="Multiplies every rate limit.")
    bench: bool = Field(False, description="Add the empty routes that benchmarks compare with.")
    log_level: str = Field("WARNING", description="Level of the JSON log.")

    @property
    def backup_folder(self) -> Path:
        """Where backups are put; never part of one."""
        return (self.backups or self.data / "backups").absolute()

    @property
    def link_base(self) -> str:
        """The address that links in mails begin with."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

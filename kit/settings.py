"""Settings every process shares, from the environment (``QUCE_…``); addresses by URL, adapters by their scheme."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

AUDIT_ANCHOR = "anchor/audit-heads.jsonl"
"""Where in a data folder the audit log is anchored, and where a backup keeps the anchor."""
ADDRESSES = ("store_url", "bus_url", "blob_url", "smtp_url")
"""Where other servers are: with a password, from a file alone."""


class Settings(BaseSettings):
    """What an operator may set; each default serves an office on one machine."""

    model_config = SettingsConfigDict(env_prefix="QUCE_", extra="ignore", hide_input_in_errors=True)

    data: Path = Field(Path("var"), description="Folder of all data.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    catalogue: Literal["demo", "office"] = Field("demo", description="Whether illustrative content is loaded.")
    public_url: str = Field("", description="Address in links of mails; the local address where empty.")
    store_url: str = Field("sqlite:", repr=False, exclude=True, description="Documents: sqlite: or mongodb://…")
    store_url_file: Path | None = Field(None, description="File that holds mongodb://user:password@host…")
    bus_url: str = Field("sqlite:", repr=False, exclude=True, description="Events: sqlite:, kafka://… or kafka+ssl://…")
    bus_url_file: Path | None = Field(None, description="File that holds kafka+ssl://user:password@host:port,…")
    blob_url: str = Field("folder:", repr=False, exclude=True, description="Files: folder: or mongodb://…")
    blob_url_file: Path | None = Field(None, description="File that holds mongodb://user:password@host…")
    smtp_url: SecretStr | None = Field(None, description="smtp://host:port; .eml files under mail/ where unset.")
    smtp_url_file: Path | None = Field(None, description="File that holds smtp://user:password@host:port.")
    mail_from: str = Field("quce@localhost", description="Sender of mails.")
    backups: Path | None = Field(None, description="Folder of backups; backups/ in the data folder where unset.")
    backup_at: time | None = Field(None, description="When to back up every night, in Shanghai; never where unset.")
    backup_keep: int = Field(7, ge=1, le=3660, description="How many nightly backups are kept.")
    webhook_url_file: Path | None = Field(None, description="File with the address that news is posted to.")
    webhook_secret_file: Path | None = Field(None, description="File with the key that signs what is posted.")
    outgoing_networks: str = Field("", description="Own networks that requests may reach, commas between.")
    outgoing_ports: str = Field("", description="Ports beside 80 and 443 that requests may reach.")
    audit_anchor: Path | None = Field(None, description=f"Anchor of the audit log; in the data folder {AUDIT_ANCHOR}.")
    audit_months: int = Field(36, le=1200, description="Months for which the audit log is kept, at least 6.")
    partitions: int = Field(8, ge=1, le=64, description="Partitions of a topic.")
    kafka_session_seconds: int = Field(10, ge=1, le=300, description="After so long a silent consumer is given up.")
    kafka_replication: int = Field(1, ge=1, le=7, description="Copies of a topic that `quce topics apply` asks for.")
    gateway_url: str = Field("", description="Where commands find the gateway of a cluster.")
    replica: str = Field("embedded", description="Name of this replica, as leases know it.")
    now: datetime | None = Field(None, description="Start the clock at this instant, for rehearsals.")
    rate_limit_factor: float = Field(1.0, gt=0, description="Multiplies every rate limit.")
    bench: bool = Field(False, description="Add the empty routes that benchmarks compare with.")
    otlp_endpoint: str = Field("", description="Collector of spans, http://host:4318; none are made where unset.")
    trace_ratio: float = Field(1.0, ge=0, le=1, description="Share of requests whose spans are sent.")
    log_level: str = Field("WARNING", description="Level of the JSON log.")

    @property
    def audit_anchor_file(self) -> Path:
        """Where the audit log is anchored; best on storage of its own."""
        return (self.audit_anchor or self.data / AUDIT_ANCHOR).absolute()

    @field_validator("audit_months")
    @classmethod
    def _long_enough(cls, given: int) -> int:
        if given < 6:
            raise ValueError("网络日志至少留存 6 个月（网络安全法），请改为 6 或更大")
        return given

    @property
    def backup_folder(self) -> Path:
        """Where backups are put; never part of one."""
        return (self.backups or self.data / "backups").absolute()

    @property
    def link_base(self) -> str:
        """The address that links in mails begin with."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @field_validator(*ADDRESSES)
    @classmethod
    def _without_password(cls, given: str | SecretStr | None, info: ValidationInfo) -> str | SecretStr | None:
        text = given.get_secret_value() if isinstance(given, SecretStr) else given or ""
        if urlsplit(text).password is not None:
            file = f"QUCE_{info.field_name}_FILE".upper()
            raise ValueError(f"环境变量里不能写密码：请把完整地址写入只有本程序可读的文件，用 {file} 指向它")
        return given

    @model_validator(mode="after")
    def _from_files(self) -> Self:
        for name in ADDRESSES:
            if (file := getattr(self, f"{name}_file")) is None:
                continue
            if name in self.model_fields_set:
                raise ValueError(f"QUCE_{name} 和 QUCE_{name}_FILE 只能设一个".upper())
            secret = secret_in(file)
            setattr(self, name, secret if name == "smtp_url" else secret.get_secret_value())
        if self.webhook_url_file is not None and self.webhook_secret_file is None:
            raise ValueError("设置了 QUCE_WEBHOOK_URL_FILE，还要用 QUCE_WEBHOOK_SECRET_FILE 指向签名密钥文件")
        return self


class SettingsRefused(ValueError):
    """The environment holds something else than settings; the text says what to do, and never a value."""


def secret_in(path: Path) -> SecretStr:
    """The text of a file that holds a secret, without the line's end.

    Raises:
        SettingsRefused: it cannot be read, or is empty.
    """
    try:
        text = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsRefused(f"读不到密钥文件 {path}，请核对路径和权限") from error
    if not text:
        raise SettingsRefused(f"密钥文件 {path} 是空的，请把密钥写进去")
    return SecretStr(text)

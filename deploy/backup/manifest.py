"""What a backup says of itself, so that it can be checked before anything is written."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

MANIFEST, SEAL = "manifest.json", "manifest.sha256"
NOTE = (
    "恢复后，备份之后删除的联系人、停用的账号、撤销的令牌会回到备份时的样子，须再做一次。"
    "没有密钥文件（keys）不能恢复：联系人无法解密。"
)


class Kept(BaseModel):
    """One file of the backup."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    sha256: str


class Manifest(BaseModel):
    """The backup as a whole.

    ``records`` counts each database's collections, ``messages`` the log's topics; ``audit`` holds the newest
    record of each audit head; ``keys`` the digests of the key files, which are kept apart; ``gone`` names files that
    were removed between the cut and their turn.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    product: str
    layout: int
    created_at: str
    note: str = NOTE
    files: dict[str, Kept]
    records: dict[str, dict[str, int]]
    messages: dict[str, int]
    audit: dict[str, str]
    keys: dict[str, str]
    gone: list[str]

    @property
    def size(self) -> int:
        """The bytes of all files."""
        return sum(kept.size for kept in self.files.values())

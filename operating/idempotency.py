"""Repeated requests: each aggregate remembers the last keys it answered, and answers a repeat as it did before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

import orjson
from fastapi import Depends, Header
from pydantic import BaseModel

from kit.errors import IdempotencyKeyMissing, IdempotencyMismatch
from kit.store.port import Record
from operating.ids import content_digest

REMEMBERED = 32


async def idempotency_key(
    key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=200, pattern=r"^[\x21-\x7e]+$")] = None,
) -> str:
    """The client's request key.

    Raises:
        IdempotencyKeyMissing: there is none.
    """
    if not key:
        raise IdempotencyKeyMissing("新建和修改都要带请求头 Idempotency-Key（任意不重复的字符串），重试时用同一个值。")
    return key


IdempotencyKey = Annotated[str, Depends(idempotency_key)]


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A client's key and the digest of what it asked for under it."""

    key: str
    digest: str

    @classmethod
    def of(cls, key: str, body: BaseModel | dict[str, Any], *parts: str) -> Self:
        """The key with the digest of ``body``; ``parts`` tell one operation from another."""
        content = body.model_dump(mode="json") if isinstance(body, BaseModel) else body
        return cls(key, content_digest(orjson.dumps([*parts, content], option=orjson.OPT_SORT_KEYS))[:32])


def replay(record: Record, request: RequestKey) -> dict[str, Any] | None:
    """The receipt this record gave for the key, None where it never did.

    Raises:
        IdempotencyMismatch: the key was used for something else.
    """
    for known in record.requests:
        if known["key"] == request.key:
            if known["digest"] != request.digest:
                raise IdempotencyMismatch(
                    "这个 Idempotency-Key 已用于另一份内容，没有重复执行。新的操作请换一个新的 Idempotency-Key。"
                )
            return dict(known["receipt"])
    return None


def remember(record: Record, request: RequestKey, receipt: dict[str, Any]) -> Record:
    """The record with the receipt among its last :data:`REMEMBERED`."""
    known = {"key": request.key, "digest": request.digest, "receipt": receipt}
    return replace(record, requests=(*record.requests, known)[-REMEMBERED:])

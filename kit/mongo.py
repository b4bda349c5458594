"""How every MongoDB client of ours is set, and what callers see of a database that does not answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import errors

from kit.errors import LogInRefused, Problem, StoreFull, TooLarge, Unavailable

log = logging.getLogger(__name__)

OPTIONS: dict[str, Any] = {
    "appname": "quce",
    "w": "majority",
    "retryWrites": True,
    "connectTimeoutMS": 2_000,
    "serverSelectionTimeoutMS": 3_000,
    "socketTimeoutMS": 10_000,
    "wTimeoutMS": 8_000,
}
REFUSED, FULL, TOO_LARGE = {13, 18}, {14031}, {10334, 17419}
"""What MongoDB answers to somebody it does not know, or who may not; for want of disk; about a document over 16 MB."""
AWAY = (errors.ConnectionFailure, errors.ExecutionTimeout, errors.WTimeoutError, errors.ConfigurationError)
"""A name that cannot be looked up is a matter of configuration to the driver."""


class StoreAway(Unavailable):
    """The database does not answer; whether a write took effect is told by asking again with the same key."""

    slug, title = "store-away", "数据库暂时连不上"


def open_client(url: str, **other: Any) -> Any:
    """A client of the database at ``url``, for the running event loop; it connects when it is first used."""
    return AsyncIOMotorClient(url, **{**OPTIONS, **other})


@contextmanager
def reaching() -> Iterator[None]:
    """Ask the database inside.

    Raises:
        StoreAway: it does not answer.
        LogInRefused: it lets nobody in by this name.
        StoreFull: its disk is full.
        TooLarge: the document would be larger than it takes.
    """
    try:
        yield
    except AWAY as error:
        log.warning("the database does not answer: %s", type(error).__name__)
        retry = {"Retry-After": "5"}
        raise StoreAway("数据库暂时连不上，本次操作没有确认。请稍后用同一次提交重试。", headers=retry) from error
    except (errors.OperationFailure, errors.DocumentTooLarge) as error:
        if (problem := _meaning(error)) is None:
            raise
        log.error("the database refuses: %s", problem.detail)
        raise problem from error


def _meaning(error: Exception) -> Problem | None:
    """What is to be said of a refusal; a bulk write's stand inside it, and the driver's own of a size has no code."""
    inside = (getattr(error, "details", None) or {}).get("writeErrors", ())
    codes = {getattr(error, "code", 10334), *(each["code"] for each in inside)}
    if codes & REFUSED:
        words = "数据库拒绝了登录，请管理员核对 QUCE_STORE_URL、QUCE_BLOB_URL 里的用户、密码和权限。"
        return LogInRefused(words, headers={"Retry-After": "60"})
    if codes & FULL:
        return StoreFull()
    if codes & TOO_LARGE:
        return TooLarge("这条记录连同等待发出的消息超过了数据库的上限，没有保存；请稍后再试，仍不行请精简内容。")
    return None

"""How every MongoDB client of ours is set, and what callers see of a database that does not answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from motor.motor_asyncio import AsyncIOMotorClient
from pymongo.errors import ConnectionFailure, ExecutionTimeout, OperationFailure, WTimeoutError

from kit.errors import Unavailable

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
REFUSED = (13, 18)
"""What MongoDB answers to somebody it does not know, or who may not."""


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
    """
    try:
        yield
    except (ConnectionFailure, ExecutionTimeout, WTimeoutError) as error:
        log.warning("the database does not answer: %s", type(error).__name__)
        retry = {"Retry-After": "5"}
        raise StoreAway("数据库暂时连不上，本次操作没有确认。请稍后用同一次提交重试。", headers=retry) from error
    except OperationFailure as error:
        if error.code not in REFUSED:
            raise
        raise StoreAway("数据库拒绝了登录，请核对 QUCE_STORE_URL 里的用户、密码和权限。") from error

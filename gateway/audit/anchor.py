"""The anchor: where every chain stood each day, in a file outside the store, for whoever rewrites a whole chain.

One line of JSON a day, each holding the digest of the line before and sealed as entries are. The store remembers
the last line, so that a file cut short is noticed too. The file is best kept where the suite can only append.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from gateway.audit.chain import BEGINNING, Body, holds, sealed
from gateway.audit.log import READERS, SCOPE
from kit.store.port import Collection, Record, Store

STATE = Collection("audit_state")
ANCHOR = "anchor"


@dataclass(slots=True)
class Anchored:
    """What the file holds: the digest of an entry and the day it was anchored, by office and number."""

    there: bool
    lines: int = 0
    digest: str = BEGINNING
    at: str = ""
    entries: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    longest: dict[str, tuple[int, str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def take(self, key: bytes, line: bytes) -> None:
        """Read on."""
        self.lines += 1
        body = _parsed(line)
        if body is None or not holds(key, body):
            self.wrong.append(f"第 {self.lines} 行被改过，或不是系统写入的")
            return
        if body["prev"] != self.digest:
            self.wrong.append(f"第 {self.lines} 行与前一行接不上，可能有行被删除")
        self.digest, self.at = body["hash"], body["at"]
        for office, (number, digest) in body["heads"].items():
            self.entries[office, number] = (digest, body["at"])
            if number > self.longest.get(office, (0, ""))[0]:
                self.longest[office] = (number, body["at"])


def read_anchor(key: bytes, path: Path) -> Anchored:
    """Everything the file says; empty where there is none."""
    anchored = Anchored(there=path.exists())
    for line in _lines(path):
        anchored.take(key, line)
    return anchored


async def check_anchor(store: Store, key: bytes, path: Path) -> Anchored:
    """The same, held against what the store remembers of the last line."""
    anchored = read_anchor(key, path)
    record = await store.get(STATE.name, SCOPE, ANCHOR)
    if record is None:
        return anchored
    if not holds(key, record.body):
        anchored.wrong.append("库里记下的最后一行被改过")
    elif not anchored.there:
        anchored.wrong.append(f"文件 {path} 不在了，应有 {record.body['lines']} 行；请放回原处")
    elif anchored.lines < record.body["lines"]:
        anchored.wrong.append(f"只有 {anchored.lines} 行，应有 {record.body['lines']} 行，末尾被删除")
    return anchored


async def write_anchor(store: Store, key: bytes, path: Path, heads: dict[str, tuple[int, str]], at: str) -> None:
    """Add today's line, then let the store remember it; a kill between leaves a line more, which is no harm."""
    before = read_anchor(key, path)
    content: Body = {"at": at, "heads": heads, "prev": before.digest}
    line = sealed(key, content)
    _append(path, orjson.dumps(line) + b"\n")
    known = await store.get(STATE.name, SCOPE, ANCHOR)
    body = sealed(key, {"lines": before.lines + 1, "digest": line["hash"]})
    await store.save(STATE.name, known.with_body(body) if known else Record(ANCHOR, body, READERS))


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def _lines(path: Path) -> Iterator[bytes]:
    if path.exists():
        with path.open("rb") as file:
            yield from file


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        body = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return body if isinstance(body, dict) else None

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
    """What the file holds: the digest of an entry and the day it was anchored, by office and number.

    ``digests`` are those of its whole lines. One that a kill cut in two holds nothing, and is passed over: what
    anybody else cuts in two is missed by the line after it, or by the store.
    """

    there: bool
    digests: list[str] = field(default_factory=list)
    at: str = ""
    entries: dict[tuple[str, int], tuple[str, str]] = field(default_factory=dict)
    longest: dict[str, tuple[int, str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """How many whole lines there are."""
        return len(self.digests)

    @property
    def digest(self) -> str:
        """The digest of the last line."""
        return self.digests[-1] if self.digests else BEGINNING

    def take(self, key: bytes, line: bytes) -> None:
        """Read on."""
        body = _parsed(line)
        if body is None:
            return
        number = self.lines + 1
        if not holds(key, body):
            self.wrong.append(f"第 {number} 行被改过，或不是系统写入的")
            self.digests.append("")
            return
        if body["prev"] != self.digest:
            self.wrong.append(f"第 {number} 行与前一行接不上，可能有行被删除")
        self.digests.append(body["hash"])
        self.at = body["at"]
        for office, (count, digest) in body["heads"].items():
            self.entries[office, count] = (digest, body["at"])
            if count > self.longest.get(office, (0, ""))[0]:
                self.longest[office] = (count, body["at"])

    def reaches(self, last: Body) -> bool:
        """Whether the line that the store remembers as the last is there, in its place."""
        lines: int = last["lines"]
        return [BEGINNING, *self.digests][lines : lines + 1] == [last["digest"]]


def read_anchor(key: bytes, path: Path) -> Anchored:
    """Everything the file says; empty where there is none.

    Raises:
        OSError: it cannot be read.
    """
    anchored = Anchored(there=path.exists())
    for line in _lines(path):
        anchored.take(key, line)
    return anchored


async def check_anchor(store: Store, key: bytes, path: Path) -> Anchored:
    """The same, held against what the store remembers of the last line; read first, since the file is written first."""
    record = await store.get(STATE.name, SCOPE, ANCHOR)
    try:
        anchored = read_anchor(key, path)
    except OSError as error:
        return Anchored(there=True, wrong=[f"文件 {path} 读不出来（{type(error).__name__}），请核对路径和权限"])
    if wrong := _missing(key, path, anchored, record):
        anchored.wrong.append(wrong)
    return anchored


async def write_anchor(store: Store, key: bytes, path: Path, heads: dict[str, tuple[int, str]], at: str) -> None:
    """Add today's line, then let the store remember it; a kill between leaves a line more, which is no harm.

    The store knows that there is to be a file before there is one: a file that it does not know was its own once.
    Where lines are missing the new one follows those that the store remembers: the gap stays until they are put
    back. A memory that was changed or removed is left as it is.

    Raises:
        OSError: it cannot be read or written.
    """
    anchored = read_anchor(key, path)
    known = await store.get(STATE.name, SCOPE, ANCHOR)
    if known is None and not anchored.there:
        nothing = sealed(key, {"lines": 0, "digest": BEGINNING})
        known = await store.save(STATE.name, Record(ANCHOR, nothing, READERS))
    ours = known if known and holds(key, known.body) else None
    lines, digest = anchored.lines, anchored.digest
    if ours and not anchored.reaches(ours.body):
        lines, digest = ours.body["lines"], ours.body["digest"]
    line = sealed(key, {"at": at, "heads": heads, "prev": digest})
    _append(path, orjson.dumps(line) + b"\n")
    if ours:
        await store.save(STATE.name, ours.with_body(sealed(key, {"lines": lines + 1, "digest": line["hash"]})))


def _missing(key: bytes, path: Path, anchored: Anchored, known: Record | None) -> str | None:
    if known is None:
        return "库里没有记下它的最后一行，可能被删除" if anchored.there else None
    if not holds(key, known.body):
        return "库里记下的最后一行被改过"
    lines = known.body["lines"]
    if lines and not anchored.there:
        return f"文件 {path} 不在了，应有 {lines} 行；请放回原处"
    if anchored.lines < lines:
        return f"只有 {anchored.lines} 行，应有 {lines} 行，有行被删除；请接回原处"
    return None if anchored.reaches(known.body) else f"第 {lines} 行不是系统最后写入的那一行"


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cut = path.exists() and not path.read_bytes().endswith(b"\n") and path.stat().st_size > 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as file:
        file.write(b"\n" + line if cut else line)
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

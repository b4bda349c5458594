"""Whether the log is what was written: every chain computed again and held against its head and the anchor."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from gateway.audit.anchor import Anchored, check_anchor
from gateway.audit.chain import BEGINNING, holds, sealing_key
from gateway.audit.log import ENTRIES, HEADS, READERS, SCOPE, entry_id
from kit.store.port import Eq, In, Record, Store

TRIES = 3
MOST_FINDINGS = 50
"""More would say nothing more, and would not fit a page."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The first thing that is wrong with a chain; ``number`` is 0 where it is no entry's."""

    office: str
    number: int
    what: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.office} 第 {self.number} 条：{self.what}" if self.number else f"{self.office}：{self.what}"


@dataclass(slots=True)
class Verdict:
    """What a verification found."""

    entries: int = 0
    offices: int = 0
    anchors: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


async def verify(store: Store, secret: bytes, anchor: Path) -> Verdict:
    """Compute everything again, one entry in memory at a time, while others append; again where a pruning began."""
    key = sealing_key(secret)
    for _ in range(TRIES):
        anchored = await check_anchor(store, key, anchor)
        verdict = Verdict(anchors=anchored.lines)
        verdict.findings += [Finding("锚定文件", 0, each) for each in anchored.wrong]
        try:
            pruned = await _chains(store, key, anchored, verdict)
        except Exception as error:  # whatever was written into the file, the operator is told
            pruned = False
            verdict.findings.append(Finding("审计库", 0, f"有记录读不出来（{type(error).__name__}），数据文件可能损坏"))
        if not pruned:
            break
    if verdict.entries and not anchored.there and not verdict.findings:
        verdict.findings.append(Finding("锚定文件", 0, f"{anchor} 不在，这些记录没有锚定过"))
    del verdict.findings[MOST_FINDINGS:]
    return verdict


async def _chains(store: Store, key: bytes, anchored: Anchored, verdict: Verdict) -> bool:
    """Whether a pruning moved a beginning meanwhile, so that what was found may be its doing."""
    heads = await _heads(store)
    chains = {office: Chain(key, office, heads.get(office), anchored) for office in {*heads, *anchored.longest}}
    async for entry in store.scan(ENTRIES.name, SCOPE):
        office = entry.id.rpartition(":")[0]
        chain = chains.setdefault(office, Chain(key, office, None, anchored))
        chain.take(entry)
        if chain.sound and not await _is_found(store, entry):
            chain.hidden(entry)
        verdict.entries += 1
    latest = await _heads(store)
    verdict.offices = len(chains)
    verdict.findings += [found for office, chain in chains.items() if (found := chain.closed(latest.get(office)))]
    return any(chain.pruned(latest.get(office)) for office, chain in chains.items())


async def _heads(store: Store) -> dict[str, Record]:
    return {head.id: head async for head in store.scan(HEADS.name, SCOPE)}


async def _is_found(store: Store, entry: Record) -> bool:
    """Whether searches find it by what it says: the columns they use lie beside the entry."""
    where = [Eq(index.field, entry.body[index.field]) for index in ENTRIES.indexes]
    [tally] = await store.tally(ENTRIES.name, SCOPE, [In("id", (entry.id,)), *where])
    return tally.count == 1


class Chain:
    """One office's chain as it is read, entry by entry."""

    def __init__(self, key: bytes, office: str, head: Record | None, anchored: Anchored) -> None:
        self._key, self._office, self._head, self._anchored = key, office, head, anchored
        self._finding: Finding | None = None
        if head is not None and not self._is_ours(head):
            self._find(0, "链头被改过，或不是系统写入的")
            self._head = head = None
        self._first: int = head.body["first"] if head else 1
        self._number, self._digest = self._first - 1, head.body["base"] if head else BEGINNING
        self._at_head = self._digest
        self._hold_against_anchor()

    def take(self, entry: Record) -> None:
        """Read on; after the first finding nothing more is said of this chain."""
        if self._finding is None and (wrong := self._wrong(entry)):
            self._find(self._number + 1, wrong)
        if self._finding is None and entry.body["number"] >= self._first:
            self._number, self._digest = entry.body["number"], entry.body["hash"]
            if self._head and self._number == self._head.body["number"]:
                self._at_head = self._digest
            self._hold_against_anchor()

    @property
    def sound(self) -> bool:
        """Whether nothing was found so far."""
        return self._finding is None

    def hidden(self, entry: Record) -> None:
        """The entry just read is not found by what it says."""
        self._find(entry.body["number"], "检索列与内容不符，可能被藏起来")

    def pruned(self, latest: Record | None) -> bool:
        """Whether the chain begins elsewhere by now."""
        return self._is_ours(latest) and latest is not None and latest.body["first"] > self._first

    def closed(self, latest: Record | None) -> Finding | None:
        """What is wrong with the chain, its end included; ``latest`` is its head after all entries were read."""
        number = self._head.body["number"] if self._head else 0
        by_now = latest.body["number"] if latest and self._is_ours(latest) else 0
        anchored, day = self._anchored.longest.get(self._office, (0, ""))
        if self._number < number:
            self._find(self._number + 1, f"到第 {number} 条之间被删除")
        elif self._number > max(number, by_now) + 1:
            self._find(0, "链头落后于记录，被删除或换成了旧的")
        elif self._head and self._at_head != self._head.body["digest"]:
            self._find(number, "与链头不符")
        if self._number < anchored:
            self._find(self._number + 1, f"到第 {anchored} 条之间被删除：{day[:10]} 锚定时还在")
        return self._finding

    def _wrong(self, entry: Record) -> str | None:
        body = entry.body
        if not holds(self._key, body):
            return "内容被改过，或不是系统写入的"
        if entry.id != entry_id(body["office"], body["number"]) or body["office"] != self._office:
            return "编号与内容不符"
        if entry.readers != READERS or entry.revision != 1 or entry.requests:
            return "记录的版本或可见范围被改过"
        if body["number"] < self._first:
            return None  # left by a pruning that was cut short
        if body["number"] != self._number + 1:
            return f"被删除，下一条是第 {body['number']} 条"
        return None if body["prev"] == self._digest else "与前一条接不上"

    def _hold_against_anchor(self) -> None:
        digest, day = self._anchored.entries.get((self._office, self._number), (self._digest, ""))
        if digest != self._digest:
            self._find(self._number, f"与 {day[:10]} 的锚定不符，整条链可能被重写")

    def _is_ours(self, head: Record | None) -> bool:
        if head is None or not holds(self._key, head.body):
            return False
        return head.body["office"] == self._office and head.readers == READERS

    def _find(self, number: int, what: str) -> None:
        self._finding = self._finding or Finding(self._office, number, what)

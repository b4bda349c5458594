"""How much faster two processes match again what a publication has overtaken than one: what ``rematch`` does, alone.

Matches are written straight into the store, marked as made from another catalogue; the workers are processes that do
what each replica of the incentives service does after a publication. Each trial lasts a fixed time, so that it is no
matter how many are left. ``python -m bench.rematch URL FOLDER SECONDS`` is one worker.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import uvloop

from bench.figures import Figure
from bench.suite import ROOT, NotServing
from contracts.leads import LeadRegistered
from deploy.serving import tune
from kit.mongo import OPTIONS
from kit.ports import Ports
from kit.settings import Settings
from kit.store.port import Record, Write
from operating.ids import random_id
from operating.opening import open_bus, open_clock, open_ports
from services.incentives.commands.matches import KEPT, matched
from services.incentives.commands.rematch import rematch
from services.incentives.commands.seeding import seed_policies
from services.incentives.repository import COLLECTIONS, MATCHES, Library, mark_of

EXAMPLE = ROOT / "contracts" / "examples" / "quce.lead.registered.v1.json"
EARLIER = "earlier"
AT_ONCE = 500
SECONDS, PATIENCE = 60.0, 300.0
PATIENT = dict.fromkeys(("socketTimeoutMS", "connectTimeoutMS", "serverSelectionTimeoutMS"), 200_000)
"""Which marks there are is told by an index in MongoDB; the stand-in reads every match for it, deaf meanwhile."""
READY = b"ready\n"


def rematching(store: str, folder: Path, count: int) -> Figure:
    """``cluster.rematch_20k_two_workers.speedup``: matches a second of two workers to those of one.

    Of 100,000 the stand-in takes over five minutes to say alone which marks there are.
    """
    url = f"{store}/bench{random_id()[:8]}"
    uvloop.run(_prepare(url, folder, count))
    _trial(url, folder, SECONDS / 4, 1)  # the server has seen everything once, as a running one has
    rates = [_trial(url, folder, SECONDS, workers) for workers in (1, 2)]
    name = f"cluster.rematch_{count // 1000}k_two_workers.speedup"
    return Figure.reported(name, "ratio", [rates[1] / rates[0]], [1 / rates[1]])


def _trial(url: str, folder: Path, seconds: float, workers: int) -> float:
    """Let so many work, all from the same moment on; the matches a second that they made together."""
    command = [sys.executable, "-m", "bench.rematch", url, str(folder), str(seconds)]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe) for _ in range(workers)]
    try:
        for each in running:
            if each.stdout is None or each.stdout.readline() != READY:
                raise NotServing("a worker did not start")
        for each in running:
            if each.stdin is not None:
                each.stdin.write(b"\n")
                each.stdin.flush()
        rates = [float(each.communicate(timeout=PATIENCE + seconds)[0]) for each in running]
    finally:
        for each in running:
            each.kill()
            each.wait()
    print(f"  {workers} at {sum(rates):.0f} matches/s", flush=True)
    return sum(rates)


class Counting:
    """A store that counts what is saved through it, from the first slice on: searching for it comes before."""

    def __init__(self, store: Any, seconds: float) -> None:
        self._store, self._seconds = store, seconds
        self.until = asyncio.timeout(PATIENCE)
        self._first = self._last = 0.0
        self._saved = 0

    def __getattr__(self, name: str) -> Any:
        """Anything else as it is."""
        return getattr(self._store, name)

    async def save_many(self, writes: Sequence[Write]) -> Any:
        """As the store does."""
        outcomes = await self._store.save_many(writes)
        self._last = asyncio.get_running_loop().time()
        if not self._first:
            self._first = self._last
            self.until.reschedule(self._first + self._seconds)
        else:
            self._saved += sum(isinstance(each, Record) for each in outcomes)
        return outcomes

    @property
    def rate(self) -> float:
        """Matches a second.

        Raises:
            NotServing: there were none.
        """
        if not self._saved:
            raise NotServing("nothing was matched again: write more, or give it longer")
        return self._saved / (self._last - self._first)


async def _work(url: str, folder: Path, seconds: float) -> None:
    tune()
    async with _opened(url, folder) as (ports, library):
        counting: Any = Counting(ports.store, seconds)
        counted = replace(ports, store=counting)
        sys.stdout.buffer.write(READY)
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        with suppress(TimeoutError):
            async with counting.until:
                await rematch(counted, library)
        print(counting.rate)


async def _prepare(url: str, folder: Path, count: int) -> None:
    """Write matches of leads like the example's, made from another catalogue."""
    said = LeadRegistered.model_validate(orjson.loads(EXAMPLE.read_bytes())["data"])
    async with _opened(url, folder) as (ports, library):
        document = said.model_dump(mode="json")
        lead = {name: document[name] for name in KEPT} | {"facts": document["facts"], "sequence": 100}
        pattern = matched(ports, library, Record("pattern", {}, frozenset()), lead, said.facts, frozenset(said.readers))
        for start in range(0, count, AT_ONCE):
            numbers = range(start, min(start + AT_ONCE, count))
            await ports.store.save_many([_other(ports, pattern.record, number) for number in numbers])


def _other(ports: Ports, pattern: Record, number: int) -> Write:
    id = f"{random_id()}-{number}"
    mark = mark_of(id, EARLIER, ports.settings.partitions)
    return Write(MATCHES.name, Record(id, {**pattern.body, "lead_id": id, "basis": mark}, pattern.readers))


@asynccontextmanager
async def _opened(url: str, folder: Path) -> AsyncIterator[tuple[Ports, Library]]:
    """The incentives service as far as it matches; its bus is not asked."""
    OPTIONS.update(PATIENT)
    settings = Settings(data=folder, store_url=url, replica=random_id())
    ports = await open_ports("incentives", settings, open_bus(settings), open_clock(settings))
    try:
        await ports.store.ensure(*COLLECTIONS)
        await seed_policies(ports)
        library = Library(ports)
        await library.start()
        yield ports, library
    finally:
        await ports.close()
        await ports.bus.close()


if __name__ == "__main__":
    uvloop.run(_work(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])))

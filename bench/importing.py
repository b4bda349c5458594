"""What others feel while a large ledger is imported."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.figures import Figure, percentile
from bench.wire import UnexpectedAnswer, Wire
from bench.workbook import write_ledger

SEED = 20261123
IDLE_LISTS = 3000
STALL_EVERY = 0.01
LIST_EVERY = 0.1
JOB_EVERY = 0.5
PATIENCE = 1800.0
UNFINISHED = ("queued", "running")
BOUNDARY = "quce-bench-boundary"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(slots=True)
class Sampler:
    """Asks at a steady pace from a thread of its own until told to stop."""

    ask: Callable[[], float]
    every: float
    samples: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Sample until stopped."""
        while not self.stop.wait(self.every):
            self.samples.append(self.ask())


def import_under_load(port: int, identity: Mapping[str, str], listing: str, folder: Path, rows: int) -> list[Figure]:
    """Import ``rows`` rows, meanwhile ask for a trivial answer and for a list, and compare with the idle list."""
    ledger = folder / "ledger.xlsx"
    write_ledger(ledger, rows, SEED)
    with Wire(port, identity) as main, Wire(port) as health, Wire(port, identity) as lists:
        idle = [lists.get(listing).seconds for _ in range(IDLE_LISTS)]
        stall = Sampler(lambda: health.get("/healthz").seconds, STALL_EVERY)
        busy = Sampler(lambda: lists.get(listing).seconds, LIST_EVERY)
        threads = [threading.Thread(target=sampler.run, daemon=True) for sampler in (stall, busy)]
        for thread in threads:
            thread.start()
        try:
            _import(main, ledger)
        finally:
            for sampler in (stall, busy):
                sampler.stop.set()
            for thread in threads:
                thread.join()
    times = percentile(busy.samples, 99) / percentile(idle, 99)
    return [
        Figure.at_most("loop.stall_p99_ms", "ms", 50, [percentile(stall.samples, 99) * 1000], stall.samples),
        Figure.at_most("list.importing_p99_ratio_to_idle", "ratio", 5, [times], busy.samples),
    ]


def _import(wire: Wire, ledger: Path) -> None:
    disposition = 'Content-Disposition: form-data; name="file"; filename="ledger.xlsx"'
    head = f"--{BOUNDARY}\r\n{disposition}\r\nContent-Type: {WORKBOOK}\r\n\r\n"
    body = head.encode() + ledger.read_bytes() + f"\r\n--{BOUNDARY}--\r\n".encode()
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    job = wire.post("/api/v1/imports", body, "bench-import", kind, expect=202).json()["id"]
    started = time.perf_counter()
    while (state := wire.get(f"/api/v1/jobs/{job}").json())["state"] in UNFINISHED:
        if time.perf_counter() - started > PATIENCE:
            raise UnexpectedAnswer(f"the import does not end: {state}")
        time.sleep(JOB_EVERY)
    if state["state"] != "finished":
        raise UnexpectedAnswer(f"the import failed: {state}")
    counts = wire.get(f"/api/v1/imports/{job}").json()["counts"]
    if counts["created"] != counts["rows"]:
        raise UnexpectedAnswer(f"not every row became a lead: {counts}")

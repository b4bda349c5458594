"""Reads a ledger in a process of its own, which may be killed: a hostile file costs a minute, not the service.

The workbook's parser may hang, abort or ask for all memory, and parsing thousands of rows would hold up the
event loop. ``python -m services.leads.ledger.reader FILE`` prints one JSON line with how it went, then one a row.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from services.leads.ledger.archive import check_directory
from services.leads.ledger.errors import LedgerError
from services.leads.ledger.parse import parse_ledger
from services.leads.ledger.row import Ledger, LedgerRow
from services.leads.ledger.workbook import read_workbook

SECONDS = 60.0
MB = 1024 * 1024
MEMORY = 1536 * MB
MEMORY_AT_LEAST, A_BYTE_UNPACKED, A_BYTE_PACKED = 48 * MB, 24, 400
"""Beside what the process holds anyway. Full ledgers took 18 times their unpacked and 210 times their packed size;
a parser that lays out every cell between two far corners of a tiny file takes all there is."""
_ROOT = Path(__file__).parents[3]
_KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "TMPDIR", "TEMP")
"""What the child needs of the environment; the suite's settings and secrets are not among it."""


async def read_ledger(path: Path, *, seconds: float = SECONDS) -> Ledger:
    """Read a ledger workbook in a child process, which ends with whoever waits for it.

    Raises:
        LedgerError: it is no workbook, locked, too large, takes longer than ``seconds``, or holds no ledger.
    """
    command = [sys.executable, "-m", "services.leads.ledger.reader", str(path)]
    closed, read = subprocess.DEVNULL, subprocess.PIPE
    child = await asyncio.create_subprocess_exec(*command, stdin=closed, stdout=read, stderr=closed, env=_environment())
    try:
        async with asyncio.timeout(seconds):
            printed, _ = await child.communicate()
    except TimeoutError as error:
        raise LedgerError("too_slow", seconds=f"{seconds:g}") from error
    finally:
        await _end(child)
    return await asyncio.to_thread(_ledger, printed, child.returncode)


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()


def _ledger(printed: bytes, exit_code: int | None) -> Ledger:
    """What the child says.

    Raises:
        LedgerError: it refused the file, or broke off.
    """
    lines = printed.splitlines()
    if exit_code != 0 or not lines:
        raise LedgerError("broken")
    outcome = json.loads(lines[0])
    if outcome["refused"] is not None:
        raise LedgerError(outcome["refused"], **outcome["figures"])
    return Ledger(lines[1:])


def main(path: Path) -> None:
    """The child's work."""
    _limit_itself()
    rows: Sequence[LedgerRow] = ()
    outcome: dict[str, Any] = {"refused": None, "figures": {}}
    try:
        _limit_memory(MEMORY_AT_LEAST)  # for the directory alone, which may be as large as the file
        _limit_memory(_allowance(path))
        rows = parse_ledger(read_workbook(path))
    except LedgerError as error:
        outcome = {"refused": error.code, "figures": error.figures}
    except MemoryError:
        outcome = {"refused": "too_large", "figures": {}}
    out = sys.stdout.buffer
    out.write(json.dumps(outcome).encode() + b"\n")
    out.writelines(row.model_dump_json(exclude_defaults=True).encode() + b"\n" for row in rows)


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}


def _allowance(path: Path) -> int:
    """How much memory a file of this size, holding so much, may take to read.

    Raises:
        LedgerError: it holds more parts than a ledger may.
    """
    packed = unpacked = path.stat().st_size
    if zipfile.is_zipfile(path):
        check_directory(path)
        with suppress(zipfile.BadZipFile, NotImplementedError), zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    return max(MEMORY_AT_LEAST, min(unpacked * A_BYTE_UNPACKED, packed * A_BYTE_PACKED))


def _limit_memory(allowance: int) -> None:
    """Bound what this process may hold from now on, where the system says how much it holds."""
    try:
        import resource  # noqa: PLC0415 - not on every system

        held = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = min(MEMORY, held + allowance)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _limit_itself() -> None:
    """Bound memory and processor time, where the system can; elsewhere the parent's clock alone does."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return
    # an abort leaves no picture of people's data behind
    for what, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, int(SECONDS)), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    main(Path(sys.argv[1]))

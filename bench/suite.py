"""The suite and the bare route as processes of their own, as an office would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.wire import UnexpectedAnswer, Wire

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 120.0
READY_POLL = 0.02
QUCE = [sys.executable, "-m", "deploy.cli"]


class NotServing(RuntimeError):
    """A process ended, or took too long to answer."""


def environment(data: Path, port: int) -> dict[str, str]:
    """The settings of a benchmarked suite: its own folder, the empty routes, no rate limit in the way."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUCE_")}
    return {
        **kept,
        "QUCE_DATA": str(data),
        "QUCE_PORT": str(port),
        "QUCE_BENCH": "1",
        "QUCE_RATE_LIMIT_FACTOR": "1000000",
    }


@contextmanager
def serving(command: Sequence[str], port: int, path: str, env: dict[str, str], log: Path) -> Iterator[float]:
    """Run a server until the block ends; gives the seconds until ``path`` first answered.

    Raises:
        NotServing: it never did.
    """
    with log.open("ab") as output:
        started = time.perf_counter()
        process = subprocess.Popen(list(command), cwd=ROOT, env=env, stdout=output, stderr=output)
        try:
            yield _wait(process, port, path, started, log)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def token(account: str, env: dict[str, str]) -> str:
    """A bearer token of an account, from the command line as an operator makes one."""
    command = [*QUCE, "token", "create", "--as", account, "--json"]
    made = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if made.returncode:
        raise NotServing(f"no token for {account}: {made.stderr}")
    text: str = json.loads(made.stdout)["token"]
    return text


def _wait(process: subprocess.Popen[bytes], port: int, path: str, started: float, log: Path) -> float:
    while time.perf_counter() - started < PATIENCE:
        if process.poll() is not None:
            break
        try:
            with Wire(port) as wire:
                wire.get(path)
        except (OSError, UnexpectedAnswer):
            time.sleep(READY_POLL)
        else:
            return time.perf_counter() - started
    raise NotServing(f"nothing answers {path}; {log.read_text('utf-8', 'replace')[-2000:]}")

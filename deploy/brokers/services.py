"""Every service of ours as a process of its own beside the trial servers: what ``make cluster`` starts."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

INNER = {"leads": 8001, "incentives": 8002, "notify": 8003}
EDGE = "8000"
QUCE = (sys.executable, "-m", "deploy.cli")
ENDING = 30.0
LOOK = 0.5


class ServiceEnded(RuntimeError):
    """A service ended by itself; its own words are on the console."""


def services(folder: Path, settings: Mapping[str, str]) -> None:
    """Make the topics, run the three services and the gateway until a signal.

    Raises:
        ServiceEnded: one of them ended before.
    """
    addresses = {f"QUCE_{name.upper()}_URL": f"http://127.0.0.1:{port}" for name, port in INNER.items()}
    env = {**os.environ, **settings, **addresses, "QUCE_DATA": str(folder)}
    subprocess.run([*QUCE, "topics", "apply"], env=env, check=True)
    edge = os.environ.get("QUCE_PORT", EDGE)
    with ExitStack() as stack:
        running = {name: _start(stack, name, env | {"QUCE_PORT": str(port)}) for name, port in INNER.items()}
        running["gateway"] = _start(stack, "gateway", env | {"QUCE_PORT": edge})
        while not (ended := [name for name, process in running.items() if process.poll() is not None]):
            time.sleep(LOOK)
    raise ServiceEnded(f"{'、'.join(ended)} 已退出，其余也停止了。")


def _start(stack: ExitStack, name: str, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    process = subprocess.Popen([*QUCE, "serve", name], env=dict(env))
    stack.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(ENDING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

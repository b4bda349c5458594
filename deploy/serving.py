"""What every process of ours does to serve: listen first, say where once it serves, stop cleanly on a signal."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from gateway.seed import SignIn
from kit.settings import Settings

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
FINISHING = 10
"""Seconds that requests under way have when the process is told to stop."""
SWITCH_INTERVAL = 0.001
"""Seconds after which a busy worker thread lets the event loop run; Python's default of 5 ms stalls requests."""
COLLECT_AFTER = (10_000, 20, 50)
"""Python's default collects after 700 new objects, several times in one request beside busy background work."""


class AddressBusy(RuntimeError):
    """Another program listens where we were to."""


def tune() -> None:
    """Set the interpreter as requests beside background work need it; what is there by now stays for ever."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def listening(settings: Settings) -> socket.socket:
    """Take the port before anything starts, so that a taken one is said at once.

    Raises:
        AddressBusy: the port is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        where = f"{settings.host}:{settings.port}"
        raise AddressBusy(
            f"无法监听 {where}（{error.strerror}）。请停止占用它的程序，或用 QUCE_PORT 换一个端口。"
        ) from error
    return listener


async def serve_on(listener: socket.socket, app: FastAPI, lines: Sequence[str]) -> None:
    """Serve until a signal; ``lines`` are said once it serves. The app's lifespan is entered by who made it."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=FINISHING,
    )
    server = _Server(config)
    announcing = asyncio.create_task(_announce(server, lines))
    await server.serve(sockets=[listener])
    announcing.cancel()


def set_up_line(settings: Settings, code: str) -> str:
    """How an office gets its first administrator."""
    return f"还没有管理员。请打开 {settings.link_base}/setup ，填写初始化代码：{code}"


def sign_in_lines(sign_ins: Sequence[SignIn]) -> list[str]:
    """The demo's sign-ins, where this start made them."""
    if not sign_ins:
        return []
    people = [f"  {each.account:<16} {each.password:<22} {each.describe()}" for each in sign_ins]
    return ["登录账号（只显示这一次，请抄下来）：", *people]


def say(lines: Sequence[str]) -> None:
    """Tell whoever reads the console."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


class _Server(uvicorn.Server):
    """Stops on a signal without raising it again, so that what is around it stops cleanly too."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Ask the server to stop when a signal arrives."""
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in STOP_SIGNALS:
                loop.remove_signal_handler(number)


async def _announce(server: uvicorn.Server, lines: Sequence[str]) -> None:
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    say(lines)

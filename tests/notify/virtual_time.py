"""An event loop on which time passes only when nothing is left to do, and a run repeats itself step by step.

What a thread would do is done at once: executors run on the spot, and a write of SQLite, which has a thread of its
own, is waited for where it was begun.
"""

from __future__ import annotations

import asyncio
import selectors
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LONGEST_WRITE = 60.0


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its ``time`` is seconds since it began, all of them skipped."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._own = threading.current_thread()
        self._answers = threading.Semaphore(0)
        super().__init__(_Skipping(self))

    def time(self) -> float:
        """How much time passed."""
        return self.passed

    def call_soon_threadsafe(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """A thread has an answer, unless it is the loop's own, which so closes generators that were left."""
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        if threading.current_thread() is not self._own:
            self._answers.release()
        return handle

    def run_in_executor(self, _executor: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        """Do it here and now."""
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    async def at_once(self, call: Coroutine[Any, Any, T]) -> T:
        """Await something that another thread answers once, while nothing else goes on."""
        return await _AtOnce(call, self._answers)


class _AtOnce(Awaitable[T]):
    """A coroutine whose first step asks a thread, and which goes on once that has answered."""

    def __init__(self, call: Coroutine[Any, Any, T], answers: threading.Semaphore) -> None:
        self._call, self._answers = call, answers

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._call.__await__()
        try:
            step = next(steps)
            assert self._answers.acquire(timeout=LONGEST_WRITE), "no answer came"
            while True:
                yield step
                step = next(steps)
        except StopIteration as stop:
            answer: T = stop.value
            return answer


class _Skipping(selectors.DefaultSelector):
    """Skips the time for which the loop would wait."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is there already, at the end of the time that was to be waited for."""
        assert timeout is not None, "everybody waits for ever"
        self._loop.passed += max(0.0, timeout)
        return super().select(0)

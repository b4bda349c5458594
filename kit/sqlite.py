"""One SQLite file: a single writer thread that lets commits share a sync, and readers that never wait for it.

The only module that knows apsw. WAL with ``synchronous=FULL``: an acknowledged write survives a power cut.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import apsw

from kit.errors import Problem, StoreFull
from kit.failpoints import failpoint
from kit.telemetry import COMMIT_SECONDS

T = TypeVar("T")
Connection = apsw.Connection

OLDEST_SAFE_SQLITE = (3, 51, 3)
"""3.7.0 to 3.51.2 can corrupt a database when a WAL is reset (sqlite.org, release log of 3.51.3)."""

LAYOUT = 1
"""How tables stand in a file, kept in its ``user_version``; a release that changes it brings the step from before."""
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "temp_store=MEMORY", "cache_size=-16000", "secure_delete=ON")
PATIENCE_TO_EMPTY = 2_000
"""Milliseconds for which emptying the log waits for who reads: somebody waits for the answer, and it is tried again."""
BATCH = 256
READERS = 4
FULL = (apsw.FullError, apsw.IOError)
STRIDE, SHORT, LATE = 1000, 20, 0.01
"""A read of more than twenty thousand steps of SQLite's machine, about a millisecond, leaves the event loop; so does
one of fewer that takes this long (seconds), since its rows lie far apart."""


class FileClosed(RuntimeError):
    """Something was to be written after the file was closed."""


class FileRefused(RuntimeError):
    """A database file must not be opened; the message tells the operator why and what to do."""


class LogInUse(Problem):
    """Somebody reads or writes all the time, so that the log could not be emptied."""

    slug, status, title = "log-in-use", 503, "存储正忙"


@dataclass(slots=True)
class _Job:
    work: Callable[[Connection], Any]
    done: Callable[[Any, BaseException | None], object]
    result: Any = None
    error: BaseException | None = None


OPEN: WeakValueDictionary[Path, SqliteFile] = WeakValueDictionary()
"""The files that this process writes."""


class SqliteFile:
    """A database file of this process.

    Raises:
        FileRefused: it is no database, or one of another layout; or the library is one that may corrupt files.
    """

    def __init__(self, path: Path) -> None:
        check_version()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._failpoints = f"save.before_commit.{path.stem}", f"save.after_commit.{path.stem}"
        self._commit_seconds = COMMIT_SECONDS.labels(path.stem)
        self._queue: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._turnstile, self._gate = threading.Lock(), threading.Lock()
        self._local = threading.local()
        self._connections: list[Connection] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix=f"{path.stem}-reader")
        self._near = connect(path)
        check_layout(self._near, path)
        self._near.set_progress_handler(self._is_long, STRIDE)
        self._writer = threading.Thread(target=self._write_forever, name=f"{path.stem}-writer", daemon=True)
        self._writer.start()
        OPEN[path.resolve()] = self

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hold the writer between two commits while inside. Blocks: not for the event loop."""
        with self._turnstile, self._gate:
            yield

    def near(self, work: Callable[[Connection], T], until: float = math.inf) -> T:
        """Run a point read at once, on the loop's own connection: microseconds, no thread hop."""
        self._strides, self._until = 0, until
        return work(self._near)

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run a read at once if it is short, in a reader thread if it turns out not to be."""
        with suppress(apsw.InterruptError):
            return self.near(work, time.perf_counter() + LATE)
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a savepoint of the next commit; returns once that commit is on disk.

        Raises:
            StoreFull: the disk is full; nothing of ``work`` is kept.
            FileClosed: the file was closed.
        """
        if not self._writer.is_alive():
            raise FileClosed(f"{self.path.name} is closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: Any, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)

        self._queue.put(_Job(work, lambda *ended: loop.call_soon_threadsafe(settle, *ended)))
        return await future

    async def close(self) -> None:
        """Commit what is queued, then release every connection."""
        self._queue.put(None)
        await asyncio.to_thread(self._writer.join)
        self._readers.shutdown()
        for connection in [self._near, *self._connections]:
            connection.close()
        OPEN.pop(self.path.resolve(), None)

    def _is_long(self) -> bool:
        """Called every stride; true ends the statement. SQLite counts on where a statement stopped last time."""
        self._strides += 1
        return self._strides > SHORT or time.perf_counter() > self._until

    def _read(self, work: Callable[[Connection], T]) -> T:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = connect(self.path)
            self._connections.append(connection)
        return work(connection)

    def _write_forever(self) -> None:
        connection = connect(self.path)
        while (batch := self._next_batch()) is not None:
            with self._turnstile:
                pass  # who pauses this file comes before the next commit
            with self._gate, self._commit_seconds.time():
                self._commit(connection, batch)
            for job in batch:
                job.done(job.result, job.error)
        connection.close()

    def _next_batch(self) -> list[_Job] | None:
        first = self._queue.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < BATCH:
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._queue.put(None)
                break
            batch.append(job)
        return batch

    def _commit(self, connection: Connection, batch: list[_Job]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                _try_job(connection, job)
            failpoint(self._failpoints[0])
            connection.execute("COMMIT")
            failpoint(self._failpoints[1])
        except Exception as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            failure = _meaning(error)
            for job in batch:
                job.error = job.error or failure


def _try_job(connection: Connection, job: _Job) -> None:
    try:
        with connection:
            job.result = job.work(connection)
    except Exception as error:
        if not connection.in_transaction:  # on a full disk SQLite takes back the whole commit, savepoints and all
            raise
        job.error = _meaning(error)


def _meaning(error: Exception) -> Exception:
    """A full disk comes as itself, or as the reason why a savepoint was gone."""
    met: BaseException | None = error
    while met is not None and not isinstance(met, FULL):
        met = met.__context__
    return error if met is None else StoreFull()


def check_version() -> None:
    """Refuse a SQLite that may corrupt files.

    Raises:
        FileRefused: the library is too old.
    """
    version = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if version < OLDEST_SAFE_SQLITE:
        wanted = ".".join(str(part) for part in OLDEST_SAFE_SQLITE)
        raise FileRefused(f"SQLite {apsw.sqlite_lib_version()} 可能损坏数据库，请安装含 {wanted} 或更新版本的 apsw。")


def check_layout(connection: Connection, path: Path) -> None:
    """Mark a new file with its layout; refuse one that another release laid out.

    Raises:
        FileRefused: it is of another layout.
    """
    found = connection.pragma("user_version")
    if found == LAYOUT:
        return
    if found or connection.execute("SELECT 1 FROM sqlite_schema").fetchall():
        remedy = "请升级后再启动" if found > LAYOUT else "请用写入它的版本启动，或换一个数据目录（QUCE_DATA）"
        raise FileRefused(f"{path} 由{'更新' if found > LAYOUT else '更早'}的版本写入，本版本不能使用。{remedy}。")
    connection.pragma("user_version", LAYOUT)


def connect(path: Path) -> Connection:
    """A connection with the settings all of ours share.

    Raises:
        FileRefused: the file is no database.
    """
    connection = Connection(str(path))
    connection.set_busy_timeout(10_000)
    try:
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
    except (apsw.NotADBError, apsw.CorruptError) as error:
        connection.close()
        raise FileRefused(f"{path} 不是数据库文件，或已经损坏。请从备份恢复它，再启动。") from error
    return connection


def empty_log(path: Path) -> None:
    """Bring the log into the file and cut it to nothing: what was overwritten is then in neither.

    Raises:
        LogInUse: readers or writers did not let go of it in time.
    """
    connection = connect(path)
    connection.set_busy_timeout(PATIENCE_TO_EMPTY)
    try:
        busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]
    finally:
        connection.close()
    if busy:
        raise LogInUse("内容已经删除，存储日志尚未清空，系统会自动再清；不用重复操作。")


def sqlite_version() -> str:
    """The version of the SQLite library in use."""
    return str(apsw.sqlite_lib_version())


def rows(connection: Connection, statement: str, values: Sequence[Any] = ()) -> list[Any]:
    """All rows of a query; their types are known to who wrote it."""
    return connection.execute(statement, values).fetchall()

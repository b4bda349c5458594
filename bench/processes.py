"""A cluster on this machine: so many replicas of each service and of the gateway, each a process of its own."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bench.suite import QUCE, ROOT, NotServing
from deploy.brokers.servers import free_port

SERVICES = ("notify", "incentives", "leads")
GATEWAY = "gateway"
REPLICAS = 2
START_PATIENCE = 120.0
STOP_PATIENCE = 25.0
POLL = 0.01


@dataclass
class Replica:
    """One process, started again on the same port after it ended; without a service's name the whole suite."""

    service: str
    env: Mapping[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    window: str = "random"
    """In which window it was started to die by itself."""

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, failpoint: str = "") -> None:
        """Begin; it may die at a failpoint by itself."""
        env = {**self.env, "QUCE_PORT": str(self.port)} | ({"QUCE_FAILPOINT": failpoint} if failpoint else {})
        command = [*QUCE, "serve", *([self.service] if self.service else [])]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._started().pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process is not None and self.process.poll() is None

    def ready(self, until: float) -> bool:
        """Wait until it serves; False where it ended, or ``until`` came, before."""
        while self.running and time.monotonic() < until:
            with (
                closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection,
                suppress(OSError, HTTPException),
            ):
                connection.request("GET", "/readyz")
                with connection.getresponse() as answer:
                    if answer.status == 200:
                        return True
            time.sleep(POLL)
        return False

    def kill(self) -> bool:
        """End it with SIGKILL; whether it had already died of a failpoint.

        Raises:
            NotServing: it had ended otherwise.
        """
        process = self._started()
        died = process.poll()
        process.kill()
        process.wait()
        if died not in (None, -signal.SIGKILL):
            raise NotServing(f"{self.service or 'the suite'} ended by itself: {died}\n{self.tail()}")
        return died is not None

    def stop(self) -> None:
        """End it as an operator would.

        Raises:
            NotServing: it did not end well.
        """
        process = self._started()
        process.terminate()
        if code := process.wait(STOP_PATIENCE):
            raise NotServing(f"{self.service or 'the suite'} ended with {code}\n{self.tail()}")

    def _started(self) -> subprocess.Popen[bytes]:
        if self.process is None:
            raise NotServing(f"{self.service or 'the suite'} was not started")
        return self.process

    def tail(self) -> str:
        """The end of what it logged."""
        return self.log.read_text("utf-8", "replace")[-3000:]

    def warnings(self) -> str:
        """The last of what it logged that is not the course of things."""
        lines = self.log.read_text("utf-8", "replace").splitlines()
        return "\n".join([each for each in lines if '"level":"info"' not in each][-10:])


class Cluster:
    """Every process of an installation."""

    def __init__(self, folder: Path, env: Mapping[str, str], replicas: int = REPLICAS) -> None:
        own = {name: value for name, value in env.items() if name not in ("QUCE_PORT", "QUCE_REPLICA")}
        self.services = [
            Replica(name, own, folder / f"{name}-{number}.log") for name in SERVICES for number in range(replicas)
        ]
        addresses = {
            f"QUCE_{name.upper()}_URL": ",".join(each.url for each in self.services if each.service == name)
            for name in SERVICES
        }
        self.gateways = [
            Replica(GATEWAY, {**own, **addresses}, folder / f"{GATEWAY}-{number}.log") for number in range(replicas)
        ]

    @property
    def processes(self) -> list[Replica]:
        """All of them."""
        return [*self.services, *self.gateways]

    @property
    def urls(self) -> list[str]:
        """Where people ask."""
        return [each.url for each in self.gateways]

    def start(self) -> None:
        """Start all, and wait until they serve.

        Raises:
            NotServing: one of them does not.
        """
        for each in self.processes:
            each.start()
        self.await_ready(START_PATIENCE)

    def await_ready(self, patience: float) -> None:
        """Wait until all serve.

        Raises:
            NotServing: one of them does not within so many seconds.
        """
        until = time.monotonic() + patience
        for each in self.processes:
            if not each.ready(until):
                raise NotServing(f"{each.service} does not serve:\n{each.tail()}")

    def warnings(self) -> str:
        """What each process last warned of."""
        return "\n".join(f"{each.log.name}\n{each.warnings()}" for each in self.processes)

    def stop(self) -> None:
        """Stop all at once, the gateways first."""
        for each in reversed(self.processes):
            if each.running and each.process is not None:
                each.process.terminate()
        for each in self.processes:
            if each.process is not None:
                try:
                    each.process.wait(STOP_PATIENCE)
                except subprocess.TimeoutExpired:
                    each.process.kill()
                    each.process.wait()


@contextmanager
def processes(folder: Path, env: Mapping[str, str]) -> Iterator[Sequence[str]]:
    """A cluster while inside; gives the addresses of its gateways."""
    cluster = Cluster(folder, env)
    try:
        cluster.start()
        yield cluster.urls
    finally:
        cluster.stop()

"""Starts and stops the two servers: one Kafka node in KRaft mode, one MongoDB-wire server on a file."""

from __future__ import annotations

import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from deploy.brokers.jars import HERE, jars

HOST = "127.0.0.1"
_GIVEN: set[int] = set()
"""Ports that this process was told are free, and may not have taken yet."""
UP_WITHIN = 60.0
DOWN_WITHIN = 30.0
KAFKA = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder}/log
log.retention.ms=-1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
"""


class ServerSilent(RuntimeError):
    """A server did not come up; the end of its log is in the text."""


@contextmanager
def kafka(folder: Path, port: int) -> Iterator[str]:
    """A Kafka node that keeps its log in ``folder``; gives its address as ``kafka://host:port``."""
    properties = KAFKA.format(host=HOST, port=port, controller=free_port(), folder=folder)
    with broker(folder, port, properties, new_cluster()):
        yield f"kafka://{HOST}:{port}"


@contextmanager
def broker(folder: Path, port: int, properties: str, cluster: str, account: str = "") -> Iterator[None]:
    """A Kafka node with these properties, which name ``folder/log`` and ``port``; nodes of one cluster share its id.

    ``account`` is one that its storage begins with, as Kafka writes it: ``SCRAM-SHA-512=[name=…,password=…]``.
    """
    lib, settings = jars("kafka"), folder / "server.properties"
    folder.mkdir(parents=True, exist_ok=True)
    settings.write_text(properties, "utf-8")
    if not (folder / "log" / "meta.properties").exists():
        tool = ["java", "-cp", f"{lib}/*", "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(settings)]
        tool += ["--add-scram", account] if account else []
        subprocess.run(tool, check=True, capture_output=True)
    command = ["java", "-Xmx512m", "-cp", f"{lib}/*", "kafka.Kafka", str(settings)]
    with _running(command, port, folder / "server.log"):
        yield


def new_cluster() -> str:
    """A name for a cluster; without a dash at its beginning, which would be an option."""
    return "Q" + urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")[1:]


@contextmanager
def mongo(folder: Path, port: int, memory: str = "256m") -> Iterator[str]:
    """The MongoDB-wire server on a file in ``folder``; gives its address as ``mongodb://host:port``.

    ``memory`` is enough for some thousands of documents: it answers many questions out of all of a collection.
    """
    lib, source = jars("mongo"), HERE / "mongo" / "MongoStandIn.java"
    folder.mkdir(parents=True, exist_ok=True)
    command = ["java", f"-Xmx{memory}", "-cp", f"{lib}/*", str(source), str(folder / "data.h2"), str(port)]
    with _running(command, port, folder / "server.log"):
        yield f"mongodb://{HOST}:{port}"


def free_port() -> int:
    """A port that nobody listens on, nor is about to: none is given twice."""
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port: int = probe.getsockname()[1]
        if port not in _GIVEN:
            _GIVEN.add(port)
            return port


@contextmanager
def _running(command: Sequence[str], port: int, log: Path) -> Iterator[None]:
    """The server between its first answer and SIGTERM, which lets it write what it holds."""
    with log.open("ab") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            _wait_until_up(process, port, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(DOWN_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_up(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + UP_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)
    tail = log.read_text("utf-8", "replace")[-1000:]
    raise ServerSilent(f"{command_name(process)} did not come up:\n{tail}")


def command_name(process: subprocess.Popen[bytes]) -> str:
    """What a server is called in messages."""
    words = [str(each) for each in process.args] if isinstance(process.args, list) else [str(process.args)]
    return Path(words[-2]).name

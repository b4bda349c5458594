"""A real broker that wants an account and encrypts: who has both is served, who has not is told which setting."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bench.suite import QUCE, ROOT, environment
from deploy.brokers.servers import HOST, broker, free_port, new_cluster

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(240)]

PASSWORD = "geheim:@/100%"
ESCAPED = "geheim%3A%40%2F100%25"
ACCOUNT = f"SCRAM-SHA-512=[name=quce,password={PASSWORD}]"
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=CLIENTS://{host}:{port},INSIDE://{host}:{inside},CONTROLLER://{host}:{controller}
advertised.listeners=CLIENTS://{host}:{port},INSIDE://{host}:{inside}
controller.listener.names=CONTROLLER
inter.broker.listener.name=INSIDE
listener.security.protocol.map=CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT,CLIENTS:SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={folder}/identity.pem
log.dirs={folder}/log
offsets.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
"""
PUBLISHED_AND_HEARD = """
import asyncio, sys
from pathlib import Path
from kit.bus.kafka import KafkaBus
from kit.bus.port import Message
from operating.opening import brokers_of

async def main():
    bus = KafkaBus(brokers_of(Path(sys.argv[1]).read_text()), 8)
    await bus.publish([Message("quce.leads", "lead", b"{}")])
    subscription = await bus.subscribe("somebody", ["quce.leads"])
    heard = await subscription.poll(1, 20.0)
    print(len(heard), sum(each.end for each in await bus.positions("somebody", ["quce.leads"])))
    await subscription.close()
    await bus.close()

asyncio.run(main())
"""


class Guarded(NamedTuple):
    """The broker, and who vouches for it."""

    at: str
    authority: Path


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A broker that lets in one account, under a certificate of its own."""
    folder, port = tmp_path_factory.mktemp("guarded"), free_port()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"]
    made = ["-addext", f"subjectAltName=IP:{HOST}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *request, *made], check=True, capture_output=True)
    (folder / "identity.pem").write_text(key.read_text() + certificate.read_text())
    places = {"host": HOST, "port": port, "inside": free_port(), "controller": free_port(), "folder": folder}
    with broker(folder, port, PROPERTIES.format(**places), new_cluster(), ACCOUNT):
        yield Guarded(f"{HOST}:{port}", certificate)


def apply(folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    """``quce topics apply`` with an address that is in a file."""
    file = folder / "bus.url"
    file.write_text(address)
    env = {**environment(folder / "data", free_port()), "QUCE_BUS_URL_FILE": str(file)}
    return subprocess.run(
        [*QUCE, "topics", "apply"], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=90
    )


def test_who_has_an_account_and_trusts_the_broker_is_served(guarded: Guarded, tmp_path: Path) -> None:
    address = f"kafka+ssl://quce:{ESCAPED}@{guarded.at}?ca={guarded.authority}"
    applied = apply(tmp_path, address)
    assert (applied.returncode, applied.stderr) == (0, ""), applied.stdout
    script = [sys.executable, "-c", PUBLISHED_AND_HEARD, str(tmp_path / "bus.url")]
    heard = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False, timeout=90)
    assert heard.stdout.strip() == "1 1", heard.stderr


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("kafka+ssl://quce:wrong@{at}?ca={ca}", "账号"),
        ("kafka+ssl://nobody:x@{at}?ca={ca}", "账号"),
        ("kafka+ssl://{at}?ca={ca}", ""),
        ("kafka+ssl://quce:" + ESCAPED + "@{at}", ""),
        ("kafka://quce:" + ESCAPED + "@{at}", ""),
        ("kafka+ssl://quce:" + ESCAPED + "@{at}?ca=/nowhere.pem", "/nowhere.pem"),
    ],
    ids=["password", "account", "none", "authority", "plain", "file"],
)
def test_who_is_not_let_in_is_told_which_setting(guarded: Guarded, tmp_path: Path, address: str, said: str) -> None:
    refused = apply(tmp_path, address.format(at=guarded.at, ca=guarded.authority))
    assert refused.returncode != 0
    assert "QUCE_BUS_URL" in refused.stderr
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not any(secret in refused.stderr + refused.stdout for secret in (PASSWORD, ESCAPED, "wrong"))

"""Answers of Kafka are read in many threads: what one of them needs, none may take from another."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import ROOT

READ_AT_ONCE = """
import gc, sys, threading
from types import SimpleNamespace

import kit.bus.kafka_client
from kafka.protocol.api_header import ResponseClassRegistry as registry

asked = [
    SimpleNamespace(request_api_key=key, request_api_version=version)
    for key, answer in registry._response_class_registry.items()
    for version in range(answer.max_version + 1)
]
together, read = threading.Barrier(8), []

def read_one(header):
    kind = registry.get_response_class(header)
    kind.decode(bytes(kind().encode()))
    read.append(header)

def read_all():
    try:
        for header in asked:
            together.wait()
            read_one(header)
    except BaseException:
        together.abort()
        raise

threads = [threading.Thread(target=read_all) for _ in range(8)]
sys.setswitchinterval(1e-6)
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
gc.collect()
for header in asked:
    read_one(header)
print(len(read) / len(asked), len(asked))
"""


def test_answers_that_are_first_read_in_many_threads_are_read_ever_after() -> None:
    done = subprocess.run([sys.executable, "-c", READ_AT_ONCE], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    each, kinds = done.stdout.split()
    assert (float(each), int(kinds) > 200) == (9.0, True)

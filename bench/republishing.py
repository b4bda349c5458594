"""What others feel while every lead is matched again after a publication, in the suite as an office runs it.

One lead is registered as anybody registers one and copied into both stores as often as asked for, with other figures,
each copy with the match of its own; then a policy of the city is written, reviewed and published over the API.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop

from bench.figures import Figure, percentile
from bench.importing import IDLE_LISTS, LIST_EVERY, STALL_EVERY, Sampler
from bench.probes import API, LIST, OFFICER, lead
from bench.suite import QUCE, NotServing, environment, serving, token
from bench.wire import UnexpectedAnswer, Wire
from contracts.vocabulary.amount import Amount
from contracts.vocabulary.facts import FactSource, FactValue
from deploy.brokers.servers import free_port
from kit.ports import Ports
from kit.settings import Settings
from kit.store.port import Range, Record, Scope, Write
from operating.ids import random_id
from operating.opening import open_bus, open_clock, open_ports, open_store
from services.incentives.commands.matches import KEPT, matched
from services.incentives.repository import COLLECTIONS, MATCHES, Library, basis_of, stored_facts
from services.leads.repository import LEADS

DIFFERENT = 500
"""Leads whose facts differ; more of them are these again."""
AT_ONCE = 500
LOOK = 10.0
"""Seconds between two looks into the file, each of which takes others' time."""
PATIENCE = 1800.0
CITY = {"standing": "in_force", "instrument": "reward", "scope": {"city": "wuhan"}, "summary": "对投资给予奖励。"}
REVIEW = {"approved": True, "conclusion": "不排除、不限制竞争", "basis": "公平竞争审查条例第十条"}
_SCOPE = Scope.system("copying leads for the bench")


def rematch_under_load(folder: Path, count: int) -> list[Figure]:
    """Lists beside a rematch of so many leads, against idle ones, and how long the loop was deaf."""
    data, log = folder / "rematch", folder / "rematch.log"
    port = free_port()
    env = environment(data, port)
    with serving([*QUCE, "serve"], port, "/readyz", env, log):
        identity = {"Authorization": f"Bearer {token(OFFICER, env)}"}
        with Wire(port, identity) as suite:
            first = suite.post(LIST, lead(0), "rematch-first").json()["id"]
            _until(lambda: suite.ask("GET", f"{API}/leads/{first}/matches", b"", {}).status == 200)
    old = uvloop.run(_copied(Settings(data=data), first, count))
    with serving([*QUCE, "serve"], port, "/readyz", env, log):
        authors = {name: token(name, env) for name in ("editor", "reviewer")}
        return _measured(port, identity, authors, Settings(data=data), old, count)


def _measured(
    port: int, identity: Mapping[str, str], authors: Mapping[str, str], settings: Settings, old: str, count: int
) -> list[Figure]:
    with Wire(port) as health, Wire(port, identity) as lists:
        idle = [lists.get(LIST).seconds for _ in range(IDLE_LISTS)]
        _publish(port, authors)
        stall = Sampler(lambda: health.get("/healthz").seconds, STALL_EVERY)
        busy = Sampler(lambda: lists.get(LIST).seconds, LIST_EVERY)
        threads = [threading.Thread(target=sampler.run, daemon=True) for sampler in (stall, busy)]
        for thread in threads:
            thread.start()
        started = time.perf_counter()
        try:
            uvloop.run(_rematched(settings, old))
        finally:
            for sampler in (stall, busy):
                sampler.stop.set()
            for thread in threads:
                thread.join()
    taken = time.perf_counter() - started
    name = f"rematch_{count // 1000}k"
    times = percentile(busy.samples, 99) / percentile(idle, 99)
    return [
        Figure.at_most(f"{name}.list_p99.ratio_to_idle", "ratio", 5, [times], busy.samples),
        Figure.at_most(f"{name}.loop_stall_p99_ms", "ms", 50, [percentile(stall.samples, 99) * 1000], stall.samples),
        Figure.reported(f"{name}.leads_per_s", "1/s", [count / taken], [taken / count]),
    ]


def _publish(port: int, authors: Mapping[str, str]) -> None:
    """A policy of the city for who invests, by two people."""
    fact = "fixed_asset_investment"
    examples = [
        {"title": title, "as_of": "2026-12-01", "facts": {fact: fen}, "verdict": verdict}
        for title, fen, verdict in (("够", 10**11, "met"), ("不够", 1, "not_met"))
    ]
    policy = {
        **CITY,
        "id": "rematch-gift",
        "title": "投资奖励",
        "valid": {"from": "2026-01-01", "until": "2036-12-31"},
        "source": {"document": "测速用政策"},
        "conditions": {"id": "fai", "text": "投资不低于3亿元", "fact": fact, "op": "ge", "value": "3亿元"},
        "benefit": {"kind": "fixed", "text": "奖励200万元", "amount": "200万元"},
        "examples": examples,
    }
    path = f"{API}/policies/{policy['id']}"
    _ask(port, authors["editor"], f"{API}/policies", {"policy": policy}, {})
    _ask(port, authors["reviewer"], f"{path}/review", REVIEW, {"If-Match": '"1"'})
    _ask(port, authors["editor"], f"{path}/publish", {}, {"If-Match": '"2"'})


def _ask(port: int, bearer: str, path: str, body: Mapping[str, Any], also: Mapping[str, str]) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": f"rematch-{path[-20:].replace('/', '-')}", **also}
    with Wire(port, {"Authorization": f"Bearer {bearer}"}) as wire:
        answer = wire.ask("POST", path, json.dumps(body).encode() if body else b"", headers)
    if answer.status not in (200, 201):
        raise UnexpectedAnswer(f"POST {path}: {answer.status} {answer.body[:500].decode('utf-8', 'replace')}")


def _until(done: Callable[[], bool]) -> None:
    started = time.perf_counter()
    while not done():
        if time.perf_counter() - started > PATIENCE:
            raise NotServing("the first lead was not matched in time")
        time.sleep(LOOK)


async def _rematched(settings: Settings, old: str) -> None:
    """Wait until no lead has the match that it had before, asking the file and not the suite."""
    store = open_store("incentives", settings)
    try:
        await store.ensure(*COLLECTIONS)
        for _ in range(int(PATIENCE / LOOK)):
            if not sum(each.count for each in await store.tally(MATCHES.name, _SCOPE, (_made_from(old),))):
                return
            await asyncio.sleep(LOOK)
        raise NotServing("leads were not matched in time")
    finally:
        await store.close()


def _made_from(basis: str) -> Range:
    return Range("basis", low=basis, high=f"{basis}~")


async def _copied(settings: Settings, first: str, count: int) -> str:
    """Copy the lead with its match; what matches are made from."""
    store, bus = open_store("leads", settings), open_bus(settings)
    ports = await open_ports("incentives", settings, bus, open_clock(settings))
    try:
        await store.ensure(LEADS)
        await ports.store.ensure(*COLLECTIONS)
        library = Library(ports)
        await library.start()
        lead_, match_ = await store.get(LEADS.name, _SCOPE, first), await ports.store.get(MATCHES.name, _SCOPE, first)
        if lead_ is None or match_ is None:
            raise NotServing("the first lead is not there")
        numbers = itertools.count(1)
        varied = _varied(match_)
        for start in range(0, count, AT_ONCE):
            ids = [random_id() for _ in range(min(AT_ONCE, count - start))]
            await store.save_many([Write(LEADS.name, _lead(lead_, id, next(numbers))) for id in ids])
            await ports.store.save_many(
                [_match(ports, library, match_, id, varied[number % DIFFERENT]) for number, id in enumerate(ids)]
            )
        return basis_of(match_.body["basis"])
    finally:
        await store.close()
        await ports.close()
        await bus.close()


def _lead(pattern: Record, id: str, number: int) -> Record:
    investor = {**pattern.body["investor"], "id": id, "name": f"示例汽车电子{number}有限公司"}
    own = {"lead_id": id, "title": f"智能车载终端项目{number}", "investor": investor}
    return Record(id, pattern.body | {name: own[name] for name in own.keys() & pattern.body.keys()}, pattern.readers)


def _match(ports: Ports, library: Library, pattern: Record, id: str, facts: Mapping[str, FactValue]) -> Write:
    """The match of a copy, of which nobody is told."""
    stored = {name: value.model_dump(mode="json") for name, value in facts.items()}
    said = {name: pattern.body[name] for name in (*KEPT, "sequence")} | {"lead_id": id, "facts": stored}
    made = matched(ports, library, Record(id, {}, frozenset()), said, facts, pattern.readers)
    return Write(made.collection, made.record)


def _varied(pattern: Record) -> Sequence[Mapping[str, FactValue]]:
    draw, source = random.Random(1), FactSource(kind="example")
    facts = stored_facts(pattern.body["facts"])
    return [
        facts
        | {
            "fixed_asset_investment": FactValue(value=Amount.exact(draw.randint(1, 90) * 10**9), source=source),
            "jobs": FactValue(value=draw.randint(1, 900), source=source),
        }
        for _ in range(DIFFERENT)
    ]

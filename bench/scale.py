"""How costs grow: with the leads in a store of one file, and with the policies of a catalogue; nothing has a bar.

What a list, a search, a board and a save cost at a thousand, ten thousand and a hundred thousand leads, the bytes of
a lead on disk, and what a match costs with the catalogue once, four times and ten times.
"""

from __future__ import annotations

import asyncio
import itertools
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

import orjson
import uvloop

from bench.figures import Figure, show
from bench.suite import ROOT
from contracts.leads import LeadRegistered
from contracts.vocabulary.zones import ZONES
from kit.events import Event
from kit.store.port import Matches, Record, Scope, Sort, Write
from kit.store.sqlite import SqliteStore
from operating.ids import random_id
from services.incentives.catalogue import build_catalogue
from services.incentives.matching import match
from services.incentives.policy_folder import load_policies
from services.incentives.settings import POLICIES
from services.incentives.settings import ZONES as PROFILES
from services.incentives.zone_profile import load_zones
from services.leads.repository import LEADS
from services.notify.model.lead_line import LeadLine
from services.notify.projections.lead import empty_lead, fold_lead

EXAMPLE = ROOT / "contracts" / "examples" / "quce.lead.registered.v1.json"
SIZES = (1_000, 10_000, 100_000)
CATALOGUES = (1, 4, 10)
SAMPLES, HELD = 40, 5_000
AT_ONCE = 500
DAY = date(2026, 11, 23)
ORDER = Sort("updated_at", descending=True)


def scale(folder: Path, most: int) -> list[Figure]:
    """Every figure of the section, up to so many leads."""
    said = LeadRegistered.model_validate(orjson.loads(EXAMPLE.read_bytes())["data"])
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "leads.db"
    figures = uvloop.run(_leads(file, said, most))
    kilobytes = file.stat().st_size / 1024 / min(most, SIZES[-1])
    sizes = [
        Figure.reported("scale.leads_file_kb_per_lead", "KB", [kilobytes], [0]),
        Figure.reported("scale.digest_memory_kb_per_lead", "KB", [_digest_kilobytes(said)], [0]),
    ]
    return [*figures, *map(show, sizes), *_policies(said)]


async def _leads(file: Path, said: LeadRegistered, most: int) -> list[Figure]:
    store, figures, there = SqliteStore(file), [], 0
    await store.ensure(LEADS)
    numbered = _records(said)
    for size in (size for size in SIZES if size <= most):
        while there < size:
            saved = await store.save_many([Write(LEADS.name, each) for each in itertools.islice(numbered, AT_ONCE)])
            there += len(saved)
        for name, ask in _questions(store, saved).items():
            figures.append(show(await _median(f"scale.{name}_{size // 1000}k_ms", ask)))
    await store.close()
    return figures


def _records(said: LeadRegistered) -> Iterator[Record]:
    """Leads like the example's, in turn of all zones."""
    body = said.model_dump(mode="json")
    for number, zone in zip(itertools.count(1), itertools.cycle(ZONES)):
        id = random_id()
        own = {
            "lead_id": id,
            "zone": zone,
            "title": f"智能车载终端项目{number}",
            "investor": {"id": id, "name": f"示例汽车电子{number}有限公司"},
            "board": "new",
            "updated_at": f"2026-11-23T01:30:00.{number % 1_000_000:06}Z",
            "amount_fen": number,
        }
        yield Record(id, body | own, frozenset({"city", f"zone:{zone}"}))


def _questions(store: SqliteStore, saved: list[Any]) -> dict[str, Callable[[], Awaitable[Any]]]:
    """What an officer of a zone asks, the bureau's board, and a change of a lead."""
    officer, bureau = Scope.of({"zone:jingkai"}), Scope.of({"city"})
    known = itertools.cycle([each.id for each in saved])

    async def save() -> None:
        record = await store.get(LEADS.name, bureau, next(known))
        if record is not None:
            await store.save(LEADS.name, record)

    return {
        "list": lambda: store.find_briefs(LEADS.name, officer, sort=ORDER),
        "search": lambda: store.find_briefs(LEADS.name, bureau, (Matches("车载终端"),), sort=ORDER),
        "search_one": lambda: store.find_briefs(LEADS.name, bureau, (Matches("汽车电子977"),), sort=ORDER),
        "board": lambda: store.tally(LEADS.name, bureau, group_by="board", sum_of="amount_fen"),
        "save": save,
    }


async def _median(name: str, ask: Callable[[], Awaitable[Any]]) -> Figure:
    samples = []
    for _ in range(SAMPLES):
        started = time.perf_counter()
        await ask()
        samples.append(time.perf_counter() - started)
        await asyncio.sleep(0)
    return _reported(name, samples)


def _reported(name: str, samples: list[float]) -> Figure:
    return Figure.reported(name, "ms", [median(samples) * 1000], samples)


def _digest_kilobytes(said: LeadRegistered) -> float:
    """What a digest holds of each lead while it is made."""
    body = orjson.dumps(fold_lead(empty_lead(), Event.model_validate_json(EXAMPLE.read_bytes()), said))
    tracemalloc.start()
    lines = [LeadLine.of(str(number), orjson.loads(body)) for number in range(HELD)]
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 1024 / len(lines)


def _policies(said: LeadRegistered) -> list[Figure]:
    policies, zones, figures = load_policies(POLICIES), load_zones(PROFILES), []
    for times in CATALOGUES:
        many = [
            each.model_copy(update={"id": f"{each.id}-{copy}"} if copy else {})
            for copy in range(times)
            for each in policies
        ]
        catalogue = build_catalogue(many, zones, illustrative=True)
        match(said.facts, catalogue, DAY)
        samples = []
        for _ in range(SAMPLES):
            started = time.perf_counter()
            match(said.facts, catalogue, DAY)
            samples.append(time.perf_counter() - started)
        figures.append(show(_reported(f"scale.match_{len(many)}_policies_ms", samples)))
    return figures

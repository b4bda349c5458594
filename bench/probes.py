"""What is asked of a running suite, alone or a cluster: a lead is registered, its notification awaited."""

from __future__ import annotations

import itertools
import json
import time
from functools import partial

from bench.figures import Figure, interleave, percentile, ratio
from bench.wire import Wire

API = "/api/v1"
EMPTY = f"{API}/bench/empty"
LIST = f"{API}/leads"
OFFICER = "donghu"
SETTLE_SECONDS = 0.15
ALONE = 25
NOTICE_POLL = 0.004
NOTICE_PATIENCE = 10.0

numbers = itertools.count(1)


def lead(number: int) -> bytes:
    """A lead as the README registers one."""
    body = {
        "title": f"智能车载终端项目{number}",
        "zone": "jingkai",
        "source_mode": "industry_chain",
        "investor": {"name": f"示例汽车电子{number}有限公司"},
        "facts": {"industry_code": "3962", "fixed_asset_investment": "3.5亿元", "land_mu": 80, "jobs": 300},
        "first_contact": {"date": "2026-11-20", "evidence": "电话"},
    }
    return json.dumps(body, ensure_ascii=False).encode()


def posting(wire: Wire, path: str) -> float:
    """The seconds of one POST of a lead nobody has posted before."""
    number = next(numbers)
    return wire.post(path, lead(number), f"bench-{time.time_ns()}-{number}").seconds


def registering(suite: Wire, name: str, bar: float, settle: float = SETTLE_SECONDS, blocks: int = ALONE) -> Figure:
    """What storing a lead durably costs beyond an empty POST, one at a time: what it sets off ends in between."""
    probes = {"empty": partial(posting, suite, EMPTY), "register": partial(posting, suite, LIST)}
    taken = interleave(probes, blocks=blocks, block=1, settle=partial(time.sleep, settle))
    return ratio(name, bar, taken, "register", "empty")


def flow(suite: Wire, times: int, name: str, bar: float) -> Figure:
    """From sending a lead to its notification in the officer's list."""
    samples: list[float] = []
    for _ in range(times):
        started = time.perf_counter()
        number = next(numbers)
        made = suite.post(LIST, lead(number), f"flow-{time.time_ns()}-{number}").json()["id"]
        while all(item.get("lead_id") != made for item in suite.get(f"{API}/notifications?limit=5").json()["items"]):
            if time.perf_counter() - started > NOTICE_PATIENCE:
                break
            time.sleep(NOTICE_POLL)
        samples.append(time.perf_counter() - started)
    p99 = percentile(samples, 99) * 1000
    return Figure.at_most(name, "ms", bar, [p99], samples)

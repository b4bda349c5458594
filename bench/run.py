"""``make bench``: the acceptance figures, measured against the real suite, into ``bench/results.json``.

``--rows`` and ``--flows`` make a quick run smaller; the committed results are of the full one.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.figures import Figure, interleave, percentile, ratio
from bench.importing import import_under_load
from bench.suite import QUCE, ROOT, environment, free_port, serving, token
from bench.wire import Wire

OFFICER = "donghu"
API = "/api/v1"
EMPTY = f"{API}/bench/empty"
LIST = f"{API}/leads"
SETTLE_SECONDS = 0.15
ALONE = 25
NOTICE_POLL = 0.004
NOTICE_PATIENCE = 10.0
RESTARTS = 3

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


def edge(suite: Wire, bare: Wire) -> list[Figure]:
    """What middleware, sign-in and the hop to a service cost."""
    taken = interleave(
        {
            "bare_get": lambda: bare.get("/empty").seconds,
            "get": lambda: suite.get(EMPTY).seconds,
            "bare_post": partial(posting, bare, "/empty"),
            "post": partial(posting, suite, EMPTY),
        }
    )
    return [
        ratio("edge.empty_get.ratio_to_bare_route", 7, taken, "get", "bare_get"),
        ratio("edge.empty_post.ratio_to_bare_route", 7, taken, "post", "bare_post"),
    ]


def registering(suite: Wire) -> Figure:
    """What storing a lead durably costs beyond an empty POST, one at a time: what it sets off ends in between."""
    probes = {"empty": partial(posting, suite, EMPTY), "register": partial(posting, suite, LIST)}
    taken = interleave(probes, blocks=ALONE, block=1, settle=partial(time.sleep, SETTLE_SECONDS))
    return ratio("register.ratio_to_empty_post", 2.5, taken, "register", "empty")


def listing(suite: Wire) -> Figure:
    """What a page of a list of ten thousand costs beyond an empty GET."""
    probes = {"empty": lambda: suite.get(EMPTY).seconds, "list": lambda: suite.get(LIST).seconds}
    return ratio("list_10k.ratio_to_empty_get", 3, interleave(probes), "list", "empty")


def flow(suite: Wire, times: int) -> Figure:
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
    return Figure.at_most("flow.lead_to_notification_p99_ms", "ms", 500, [p99], samples)


def restarting(data: Path, log: Path) -> Figure:
    """How long a second ``make run`` takes until it serves."""
    seconds = []
    for _ in range(RESTARTS):
        port = free_port()
        with serving(["make", "run"], port, "/readyz", environment(data, port), log) as taken:
            seconds.append(taken)
    return Figure.at_most("start.second_s", "s", 5, seconds, seconds)


def measure(folder: Path, rows: int, flows: int) -> list[Figure]:
    """Every figure, of one suite in ``folder``."""
    data, log = folder / "data", folder / "suite.log"
    port, bare_port = free_port(), free_port()
    env = environment(data, port)
    bare_command = [sys.executable, "-m", "bench.bare", str(bare_port)]
    with (
        serving([*QUCE, "serve"], port, "/readyz", env, log),
        serving(bare_command, bare_port, "/empty", env, folder / "bare.log"),
    ):
        identity = {"Authorization": f"Bearer {token(OFFICER, env)}"}
        with Wire(port, identity) as suite, Wire(bare_port) as bare:
            steps: Sequence[Callable[[], Sequence[Figure]]] = (
                lambda: edge(suite, bare),
                lambda: [registering(suite)],
                lambda: [flow(suite, flows)],
                lambda: import_under_load(port, identity, LIST, folder, rows),
                lambda: [listing(suite)],
            )
            figures = [show(figure) for step in steps for figure in step()]
    return [*figures, show(restarting(data, log))]


def show(figure: Figure) -> Figure:
    """Print a figure as soon as it is known."""
    verdict = "holds" if figure.holds else "DOES NOT HOLD"
    print(f"{figure.name:<40} {figure.value:>9} {figure.unit:<6} bar {figure.bar:<6} {verdict}", flush=True)
    return figure


def main() -> int:
    """Measure, write, and fail where a bar does not hold."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--flows", type=int, default=200)
    options.add_argument("--into", type=Path, default=ROOT / "bench" / "results.json")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="quce-bench-") as folder:
        figures = measure(Path(folder), asked.rows, asked.flows)
    text = json.dumps([figure.document() for figure in figures], ensure_ascii=False, indent=2)
    asked.into.write_text(text + "\n", "utf-8")
    return int(not all(figure.holds for figure in figures))


if __name__ == "__main__":
    sys.exit(main())

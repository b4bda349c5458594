"""``make bench``: the acceptance figures, measured against the real suite, into ``bench/results.json``.

``--only`` chooses a section, ``--rows`` and the like make a quick run smaller; the committed results are of the full
one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from bench import quoting
from bench.cluster import cluster
from bench.engine import engine
from bench.figures import Figure, interleave, ratio, show
from bench.importing import import_under_load
from bench.probes import EMPTY, LIST, OFFICER, flow, posting, registering
from bench.republishing import rematch_under_load
from bench.scale import scale
from bench.suite import QUCE, environment, serving, token
from bench.wire import Wire
from deploy.brokers.installation import missing_programs
from deploy.brokers.servers import free_port

RESTARTS = 3
SECTIONS = ("suite", "engine", "cluster", "scale", "rematch")


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


def listing(suite: Wire) -> Figure:
    """What a page of a list of ten thousand costs beyond an empty GET."""
    probes = {"empty": lambda: suite.get(EMPTY).seconds, "list": lambda: suite.get(LIST).seconds}
    return ratio("list_10k.ratio_to_empty_get", 3, interleave(probes), "list", "empty")


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
                lambda: [registering(suite, "register.ratio_to_empty_post", 2.5)],
                lambda: [flow(suite, flows, "flow.lead_to_notification_p99_ms", 500)],
                lambda: import_under_load(port, identity, LIST, folder, rows),
                lambda: [listing(suite)],
            )
            figures = [show(figure) for step in steps for figure in step()]
    return [*figures, show(restarting(data, log))]


def sections(folder: Path, asked: argparse.Namespace) -> Mapping[str, Callable[[], Sequence[Figure]]]:
    """What measures each section."""
    return {
        "suite": lambda: measure(folder, asked.rows, asked.flows),
        "engine": lambda: engine(asked.leads),
        "cluster": lambda: cluster(folder, asked.flows, asked.events, asked.matches),
        "scale": lambda: scale(folder / "scale", asked.leads),
        "rematch": lambda: rematch_under_load(folder, asked.leads),
    }


def chosen(asked: Sequence[str]) -> list[str]:
    """The sections to measure; without servers the cluster's is left out, which is said."""
    if "cluster" not in asked or not (missing := missing_programs()):
        return list(asked)
    print(f"缺少 {'、'.join(missing)}，没有测集群部分（apt install openjdk-17-jdk-headless maven）", flush=True)
    return [section for section in asked if section != "cluster"]


def merged(into: Path, figures: Sequence[Figure]) -> list[dict[str, object]]:
    """The results with these in the place of earlier ones of the same name."""
    earlier = json.loads(into.read_text("utf-8")) if into.exists() else []
    results = {each["name"]: each for each in earlier} | {each.name: each.document() for each in figures}
    return list(results.values())


def main() -> int:
    """Measure, write, and fail where a bar does not hold."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--only", choices=SECTIONS, action="append", help="one section; the others keep their figures")
    options.add_argument("--rows", type=int, default=10_000)
    options.add_argument("--flows", type=int, default=200)
    options.add_argument("--events", type=int, default=10_000)
    options.add_argument("--matches", type=int, default=20_000)
    options.add_argument("--leads", type=int, default=100_000)
    options.add_argument("--into", type=Path, default=quoting.RESULTS)
    asked = options.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="quce-bench-", ignore_cleanup_errors=True) as folder:
        known = sections(Path(folder), asked)
        for section in chosen(asked.only or SECTIONS):
            figures += known[section]()
    text = json.dumps(merged(asked.into, figures), ensure_ascii=False, indent=2)
    asked.into.write_text(text + "\n", "utf-8")
    if asked.into == quoting.RESULTS:
        quoting.write()
    return int(not all(figure.holds for figure in figures))


if __name__ == "__main__":
    sys.exit(main())

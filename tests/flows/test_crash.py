"""``kill -9`` at any moment: nothing acknowledged is lost, nobody is told twice."""

from __future__ import annotations

import random
import statistics
import subprocess
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bench.suite import QUCE, ROOT, environment, free_port, token
from tests.conftest import Effort
from tests.flows.crash.acknowledgements import Acknowledgement, AcknowledgementLog
from tests.flows.crash.evidence import LEAD_EVENTS, MATCHED, Document, Evidence, Published
from tests.flows.crash.killing import RANDOM, START_PATIENCE, STARTING, WINDOWS, Killing, Suite
from tests.flows.crash.officers import Officer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

FEWEST = {"ci": 4, "full": 20}
IN_EACH = {"ci": 4, "full": 32}
KILLS = {"ci": 20, "full": 200}
STARTS = {"ci": 1, "full": 15}
PATIENCE = 60.0
POLL = 0.2

ENDS = {"sent", "failed", "in_doubt"}
CHANNELS = {"in_app", "email"}

Record = Callable[[str, Any], None]


@dataclass
class Afterwards:
    """What is left once everything has come to rest, beside what was acknowledged."""

    killing: Killing
    officers: list[Officer]
    acknowledged: list[Acknowledgement]
    evidence: Evidence
    seconds_to_rest: float
    backlog: dict[str, int]

    @cached_property
    def leads(self) -> dict[str, Document]:
        """The leads, by id."""
        return self.evidence.documents("leads", "leads")

    @cached_property
    def matches(self) -> dict[str, Document]:
        """The match of each lead, by the lead's id."""
        return self.evidence.documents("incentives", "matches")

    @cached_property
    def deliveries(self) -> list[dict[str, Any]]:
        """Everything that was told, or is to be."""
        return [each.body for each in self.evidence.documents("notify", "deliveries").values()]

    @cached_property
    def log(self) -> list[Published]:
        """The bus, from its beginning."""
        return self.evidence.published()

    def said_of_leads(self) -> dict[str, list[Published]]:
        """The events of each lead in the order of the log."""
        said: dict[str, list[Published]] = defaultdict(list)
        for each in self.log:
            if each.event["type"] in LEAD_EVENTS:
                said[each.subject].append(each)
        return said


@pytest.fixture(scope="module")
def afterwards(tmp_path_factory: pytest.TempPathFactory, effort: Effort, seed: int) -> Iterator[Afterwards]:
    """All deaths, then peace."""
    folder = tmp_path_factory.mktemp("crash")
    log = AcknowledgementLog(folder / "acknowledged.jsonl")
    officers = _officers(folder, seed, log)
    killing = Killing(folder, random.Random(seed), officers)  # noqa: S311 - to be repeated
    killing.run(_plan(effort, seed))
    while missing := [window for window in WINDOWS if killing.deaths.windows[window] < FEWEST[effort]]:
        killing.run(missing)
    seconds, backlog = _come_to_rest(folder, officers)
    yield Afterwards(killing, officers, log.read(), Evidence(folder / "data"), seconds, backlog)
    for officer in officers:
        officer.close()


def _officers(folder: Path, seed: int, log: AcknowledgementLog) -> list[Officer]:
    """Two at one desk who follow up each other's leads, one at another who alters facts."""
    env = environment(folder / "data", free_port())
    subprocess.run([*QUCE, "seed", "--json"], cwd=ROOT, env=env, capture_output=True, check=True)
    donghu, jingkai = token("donghu", env), token("jingkai", env)
    desk: list[str] = []
    return [
        Officer("jia", donghu, f"{seed}:1", log, shared=desk),
        Officer("yi", donghu, f"{seed}:2", log, shared=desk),
        Officer("bing", jingkai, f"{seed}:3", log, shared=[], changes_facts=True),
    ]


def _plan(effort: Effort, seed: int) -> list[str]:
    windows = [window for window in WINDOWS for _ in range(IN_EACH[effort])] + [STARTING] * STARTS[effort]
    windows += [RANDOM] * (KILLS[effort] - len(windows))
    random.Random(seed).shuffle(windows)  # noqa: S311 - to be repeated
    return windows


def _come_to_rest(folder: Path, officers: list[Officer]) -> tuple[float, dict[str, int]]:
    """Serve without killing until every request is answered and every backlog empty, or patience ends."""
    suite = Suite(folder)
    assert suite.ready(time.monotonic() + START_PATIENCE)
    began, patience, evidence = time.monotonic(), threading.Event(), Evidence(folder / "data")
    timer = threading.Timer(PATIENCE, patience.set)
    timer.start()
    for officer in officers:
        officer.finish(suite.url, patience)
    while (backlog := evidence.backlog()) and not patience.is_set():
        time.sleep(POLL)
    seconds = time.monotonic() - began
    timer.cancel()
    suite.stop()
    return seconds, backlog


def test_the_suite_died_often_enough(afterwards: Afterwards, effort: Effort, seed: int, record_figure: Record) -> None:
    deaths, kinds = afterwards.killing.deaths, Counter(each.kind for each in afterwards.acknowledged)
    record_figure("crash.seed", seed)
    record_figure("crash.kills", deaths.windows.total())
    record_figure("crash.kills_by_window", dict(sorted(deaths.windows.items())))
    record_figure("crash.kills_by_failpoint", dict(sorted(deaths.points.items())))
    record_figure("crash.acknowledged", dict(sorted(kinds.items())))
    record_figure("crash.requests_repeated", sum(officer.repeated for officer in afterwards.officers))
    record_figure("crash.start_median_s", round(statistics.median(deaths.starts), 2))
    record_figure("crash.start_longest_s", round(max(deaths.starts), 2))
    record_figure("crash.seconds_to_rest", round(afterwards.seconds_to_rest, 2))
    assert {window: deaths.windows[window] for window in WINDOWS if deaths.windows[window] < FEWEST[effort]} == {}
    assert deaths.windows.total() >= KILLS[effort]
    assert {kind for kind, count in kinds.items() if count} == {"register", "follow_up", "change", "stage"}


def test_every_answer_is_a_good_one_and_a_repeat_the_same(afterwards: Afterwards) -> None:
    assert [wrong for officer in afterwards.officers for wrong in officer.wrong] == []
    assert [officer.name for officer in afterwards.officers if officer.waiting] == []


def test_everything_comes_to_rest(afterwards: Afterwards) -> None:
    assert afterwards.backlog == {}
    assert {name: count for name, count in afterwards.evidence.parked().items() if count} == {}
    assert [each for each in afterwards.log if each.topic.endswith(".dead")] == []


def test_each_acknowledged_change_is_there_once(afterwards: Afterwards, record_figure: Record) -> None:
    keys = {(each.officer, each.key): each for each in afterwards.acknowledged}
    assert len(keys) == len(afterwards.acknowledged), "an officer took one answer for two"
    changes = Counter(each.lead for each in keys.values())
    lost = {lead: count for lead, count in changes.items() if lead not in afterwards.leads}
    doubled = {lead: each.revision for lead, each in afterwards.leads.items() if each.revision > changes[lead]}
    missing = {lead: each.revision for lead, each in afterwards.leads.items() if each.revision < changes[lead]}
    record_figure("crash.leads", len(afterwards.leads))
    record_figure("crash.changes_lost_or_doubled", len(lost) + len(doubled) + len(missing))
    assert (lost, doubled, missing) == ({}, {}, {})


def test_every_follow_up_had_its_effect(afterwards: Afterwards) -> None:
    noted = Counter(each.body["lead_id"] for each in afterwards.evidence.documents("leads", "follow_ups").values())
    said: Counter[str] = Counter()
    for lead, events in afterwards.said_of_leads().items():
        said[lead] = len({each.sequence for each in events if each.event["data"].get("change") == "follow_up"})
    acknowledged = Counter(each.lead for each in afterwards.acknowledged if each.kind == "follow_up")
    assert noted == acknowledged
    assert {lead: (count, said[lead]) for lead, count in noted.items() if said[lead] != count} == {}


def test_no_event_is_lost(afterwards: Afterwards, record_figure: Record) -> None:
    said = {lead: {each.revision for each in events} for lead, events in afterwards.said_of_leads().items()}
    expected = {lead: set(range(1, each.revision + 1)) for lead, each in afterwards.leads.items()}
    gaps = {
        lead: sorted(expected[lead] ^ said.get(lead, set())) for lead in expected if said.get(lead) != expected[lead]
    }
    record_figure("crash.events", len({each.event["id"] for each in afterwards.log}))
    record_figure("crash.events_repeated", len(afterwards.log) - len({each.event["id"] for each in afterwards.log}))
    record_figure("crash.events_lost", sum(len(each) for each in gaps.values()))
    assert gaps == {}
    matched = {each.subject: 0 for each in afterwards.log if each.event["type"] == MATCHED}
    for each in afterwards.log:
        if each.event["type"] == MATCHED:
            matched[each.subject] = max(matched[each.subject], each.revision)
    assert matched == {f"match-{lead}": each.revision for lead, each in afterwards.matches.items()}


def test_order_is_kept_within_a_lead(afterwards: Afterwards, record_figure: Record) -> None:
    first: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in afterwards.log:
        sequences = first[each.topic, each.subject]
        if each.sequence not in sequences[-64:] and each.sequence not in sequences:
            sequences.append(each.sequence)
    disordered = [subject for subject, sequences in first.items() if sequences != sorted(sequences)]
    record_figure("crash.leads_out_of_order", len(disordered))
    assert disordered == []


def test_every_lead_is_matched_as_it_is_now(afterwards: Afterwards) -> None:
    matched = {lead: each.body["lead_revision"] for lead, each in afterwards.matches.items()}
    assert matched == {lead: each.revision for lead, each in afterwards.leads.items()}


def test_what_services_keep_of_each_other_agrees(afterwards: Afterwards) -> None:
    kept = afterwards.evidence.documents("notify", "leads")
    best = afterwards.evidence.documents("leads", "best_matches")
    assert kept.keys() == best.keys() == afterwards.leads.keys()
    names = ("stage", "state", "title", "owner", "office", "zone", "registered_on", "updated_on", "signed_on")
    for lead, document in afterwards.leads.items():
        match = afterwards.matches[lead]
        here, there = document.body, kept[lead].body
        assert {name: there[name] for name in names} == {name: here[name] for name in names}
        assert there["sequence"] == document.revision * 100
        assert there["match_sequence"] == best[lead].body["sequence"] == match.revision * 100


def test_nobody_is_told_twice(afterwards: Afterwards, record_figure: Record) -> None:
    assert {each["kind"] for each in afterwards.deliveries} == {"incentives.matched"}
    causes = Counter((each["event"], each["recipient"], each["channel"]) for each in afterwards.deliveries)
    told: dict[str, Counter[str]] = defaultdict(Counter)
    for each in afterwards.deliveries:
        told[each["lead_id"]][each["channel"]] += 1
    once = {each.lead for each in afterwards.acknowledged if each.kind == "register" and each.officer != "bing"}
    wrong = {lead: dict(told[lead]) for lead in once if told[lead] != dict.fromkeys(CHANNELS, 1)}
    uneven = {lead: dict(count) for lead, count in told.items() if count["in_app"] != count["email"]}
    record_figure("crash.deliveries", len(afterwards.deliveries))
    record_figure("crash.notifications_doubled", sum(count - 1 for count in causes.values()) + len(wrong))
    assert (wrong, uneven, set(causes.values())) == ({}, {}, {1})
    assert set(told) == set(afterwards.leads)
    owners = {lead: each.body["owner"] for lead, each in afterwards.leads.items()}
    assert [each["id"] for each in afterwards.deliveries if each["recipient"] != owners[each["lead_id"]]] == []


def test_what_was_told_is_new_each_time(afterwards: Afterwards) -> None:
    """Of a lead whose facts change, its owner hears again only where the match says something else."""
    said = {each.event["id"]: each.event["data"] for each in afterwards.log if each.event["type"] == MATCHED}
    heard: dict[str, list[tuple[int, Any]]] = defaultdict(list)
    for each in afterwards.deliveries:
        data = said[each["event"]]
        if each["channel"] == "in_app":
            heard[each["lead_id"]].append((data["lead_revision"], (data["best_zone"], data["zones"])))
    for news in heard.values():
        contents = [content for _, content in sorted(news, key=lambda each: each[0])]
        assert all(before != after for before, after in pairwise(contents))


def test_every_delivery_has_an_end(afterwards: Afterwards, record_figure: Record) -> None:
    states = Counter(each["state"] for each in afterwards.deliveries)
    record_figure("crash.deliveries_by_state", dict(sorted(states.items())))
    assert set(states) <= ENDS
    assert [each["id"] for each in afterwards.deliveries if each["state"] == "failed" and not each["reason"]] == []


def test_notifications_and_mails_are_those_that_were_sent(afterwards: Afterwards, record_figure: Record) -> None:
    sent = {channel: set[str]() for channel in CHANNELS}
    for each in afterwards.deliveries:
        if each["state"] == "sent":
            sent[each["channel"]].add(each["id"])
    mails = [each for each in afterwards.deliveries if each["channel"] == "email"]
    record_figure("crash.mails_sent_again_under_their_id", sum(each["attempts"] > 1 for each in mails))
    assert set(afterwards.evidence.documents("notify", "notifications")) == sent["in_app"]
    assert [path.name for path in afterwards.evidence.mails()] == sorted(f"{id}.eml" for id in sent["email"])


def test_every_file_is_whole(afterwards: Afterwards) -> None:
    damage = afterwards.evidence.damage()
    assert set(damage) == {"bus.db", "gateway.db", "incentives.db", "leads.db", "notify.db"}
    assert set(damage.values()) == {"ok"}

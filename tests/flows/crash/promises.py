"""What holds of an installation once everything has come to rest, whatever died meanwhile."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from tests.flows.crash.acknowledgements import Acknowledgement
from tests.flows.crash.evidence import LEAD_EVENTS, MATCHED, Document, Evidence, Published
from tests.flows.crash.killing import Deaths
from tests.flows.crash.officers import Officer

ENDS = {"sent", "failed", "in_doubt"}
CHANNELS = {"in_app", "email"}

Record = Callable[[str, Any], None]


@dataclass
class Afterwards:
    """What is left once everything has come to rest, beside what was acknowledged."""

    deaths: Deaths
    officers: list[Officer]
    acknowledged: list[Acknowledgement]
    evidence: Evidence
    seconds_to_rest: float
    backlog: dict[str, int]
    warnings: str = field(default="", kw_only=True)
    """What its processes warned of."""

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


class Promises:
    """Each is a test, over the module's fixture ``afterwards``; figures are recorded under ``prefix``."""

    prefix = "crash"

    def test_every_answer_is_a_good_one_and_a_repeat_the_same(self, afterwards: Afterwards) -> None:
        assert [wrong for officer in afterwards.officers for wrong in officer.wrong] == []
        assert [officer.name for officer in afterwards.officers if officer.waiting] == []

    def test_everything_comes_to_rest(self, afterwards: Afterwards) -> None:
        assert afterwards.backlog == {}, afterwards.warnings
        assert {name: count for name, count in afterwards.evidence.parked().items() if count} == {}
        assert [each for each in afterwards.log if each.topic.endswith(".dead")] == []

    def test_each_acknowledged_change_is_there_once(self, afterwards: Afterwards, record_figure: Record) -> None:
        keys = {(each.officer, each.key): each for each in afterwards.acknowledged}
        assert len(keys) == len(afterwards.acknowledged), "an officer took one answer for two"
        changes = Counter(each.lead for each in keys.values())
        lost = {lead: count for lead, count in changes.items() if lead not in afterwards.leads}
        doubled = {lead: each.revision for lead, each in afterwards.leads.items() if each.revision > changes[lead]}
        missing = {lead: each.revision for lead, each in afterwards.leads.items() if each.revision < changes[lead]}
        record_figure(f"{self.prefix}.leads", len(afterwards.leads))
        record_figure(f"{self.prefix}.changes_lost_or_doubled", len(lost) + len(doubled) + len(missing))
        assert (lost, doubled, missing) == ({}, {}, {})

    def test_every_follow_up_had_its_effect(self, afterwards: Afterwards) -> None:
        noted = Counter(each.body["lead_id"] for each in afterwards.evidence.documents("leads", "follow_ups").values())
        said: Counter[str] = Counter()
        for lead, events in afterwards.said_of_leads().items():
            said[lead] = len({each.sequence for each in events if each.event["data"].get("change") == "follow_up"})
        acknowledged = Counter(each.lead for each in afterwards.acknowledged if each.kind == "follow_up")
        assert noted == acknowledged
        assert {lead: (count, said[lead]) for lead, count in noted.items() if said[lead] != count} == {}

    def test_no_event_is_lost(self, afterwards: Afterwards, record_figure: Record) -> None:
        said = {lead: {each.revision for each in events} for lead, events in afterwards.said_of_leads().items()}
        expected = {lead: set(range(1, each.revision + 1)) for lead, each in afterwards.leads.items()}
        gaps = {
            lead: sorted(expected[lead] ^ said.get(lead, set()))
            for lead in expected
            if said.get(lead) != expected[lead]
        }
        record_figure(f"{self.prefix}.events", len({each.event["id"] for each in afterwards.log}))
        record_figure(
            f"{self.prefix}.events_repeated", len(afterwards.log) - len({each.event["id"] for each in afterwards.log})
        )
        record_figure(f"{self.prefix}.events_lost", sum(len(each) for each in gaps.values()))
        assert gaps == {}
        matched = {each.subject: 0 for each in afterwards.log if each.event["type"] == MATCHED}
        for each in afterwards.log:
            if each.event["type"] == MATCHED:
                matched[each.subject] = max(matched[each.subject], each.revision)
        assert matched == {f"match-{lead}": each.revision for lead, each in afterwards.matches.items()}

    def test_order_is_kept_within_a_lead(self, afterwards: Afterwards, record_figure: Record) -> None:
        first: dict[tuple[str, str], list[int]] = defaultdict(list)
        for each in afterwards.log:
            sequences = first[each.topic, each.subject]
            if each.sequence not in sequences[-64:] and each.sequence not in sequences:
                sequences.append(each.sequence)
        disordered = [subject for subject, sequences in first.items() if sequences != sorted(sequences)]
        record_figure(f"{self.prefix}.leads_out_of_order", len(disordered))
        assert disordered == []

    def test_every_lead_is_matched_as_it_is_now(self, afterwards: Afterwards) -> None:
        matched = {lead: each.body["lead_revision"] for lead, each in afterwards.matches.items()}
        assert matched == {lead: each.revision for lead, each in afterwards.leads.items()}

    def test_what_services_keep_of_each_other_agrees(self, afterwards: Afterwards) -> None:
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

    def test_nobody_is_told_twice(self, afterwards: Afterwards, record_figure: Record) -> None:
        assert {each["kind"] for each in afterwards.deliveries} == {"incentives.matched"}
        causes = Counter((each["event"], each["recipient"], each["channel"]) for each in afterwards.deliveries)
        told: dict[str, Counter[str]] = defaultdict(Counter)
        for each in afterwards.deliveries:
            told[each["lead_id"]][each["channel"]] += 1
        once = {each.lead for each in afterwards.acknowledged if each.kind == "register" and each.officer != "bing"}
        wrong = {lead: dict(told[lead]) for lead in once if told[lead] != dict.fromkeys(CHANNELS, 1)}
        uneven = {lead: dict(count) for lead, count in told.items() if count["in_app"] != count["email"]}
        record_figure(f"{self.prefix}.deliveries", len(afterwards.deliveries))
        record_figure(f"{self.prefix}.notifications_doubled", sum(count - 1 for count in causes.values()) + len(wrong))
        assert (wrong, uneven, set(causes.values())) == ({}, {}, {1})
        assert set(told) == set(afterwards.leads)
        owners = {lead: each.body["owner"] for lead, each in afterwards.leads.items()}
        assert [each["id"] for each in afterwards.deliveries if each["recipient"] != owners[each["lead_id"]]] == []

    def test_what_was_told_is_new_each_time(self, afterwards: Afterwards) -> None:
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

    def test_every_delivery_has_an_end(self, afterwards: Afterwards, record_figure: Record) -> None:
        states = Counter(each["state"] for each in afterwards.deliveries)
        record_figure(f"{self.prefix}.deliveries_by_state", dict(sorted(states.items())))
        assert set(states) <= ENDS
        assert [each["id"] for each in afterwards.deliveries if each["state"] == "failed" and not each["reason"]] == []

    def test_notifications_and_mails_are_those_that_were_sent(
        self, afterwards: Afterwards, record_figure: Record
    ) -> None:
        sent = {channel: set[str]() for channel in CHANNELS}
        for each in afterwards.deliveries:
            if each["state"] == "sent":
                sent[each["channel"]].add(each["id"])
        mails = [each for each in afterwards.deliveries if each["channel"] == "email"]
        record_figure(f"{self.prefix}.mails_sent_again_under_their_id", sum(each["attempts"] > 1 for each in mails))
        assert set(afterwards.evidence.documents("notify", "notifications")) == sent["in_app"]
        assert [path.name for path in afterwards.evidence.mails()] == sorted(f"{id}.eml" for id in sent["email"])

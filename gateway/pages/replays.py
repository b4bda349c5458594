"""A replay in words: what would be said otherwise, zone by zone and policy by policy, and what explains it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.vocabulary.policy_words import VERDICT_WORDS
from contracts.vocabulary.zones import ZONES
from gateway.pages.formats import Formats

Differences = Sequence[Mapping[str, Any]]
Fields = Mapping[str, Any]

PARTS = {"engine": "测算引擎", "facts": "要素登记", "calendar": "工作日历", "catalogue": "政策目录"}
"""What an answer is made with."""
CHANGED = {"engine": "测算引擎更新", "facts": "要素登记更新", "calendar": "工作日历更新", "as_of": "日期不同"}
MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a policy, or the total where ``policy`` is empty, in some zones."""

    policy: str
    title: str
    zones: str
    then: str
    now: str
    why: tuple[str, ...]


class InWords:
    """The differences of one replay, in the language of a visit."""

    def __init__(self, f: Formats, titles: Mapping[str, str], conditions: Mapping[tuple[str, str], str]) -> None:
        self._f, self._titles, self._conditions = f, titles, conditions

    def rows(self, differences: Differences) -> list[Row]:
        """Totals first; what is the same in several zones is said once."""
        found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
        for each in differences:
            subject = each["zone"], each["policy"] or "", each["condition"] or ""
            found.setdefault(subject, []).append(each)
        lines: dict[tuple[str, str, str, str, tuple[str, ...]], list[str]] = {}
        for (zone, policy, condition), fields in found.items():
            then, now = (self._side(condition, policy, fields, side) for side in ("then", "now"))
            line = policy, self._title(policy, condition), then, now, tuple(fields[0]["because"])
            lines.setdefault(line, []).append(zone)
        rows = [
            Row(policy, title, self._zones(zones), then, now, self._why(because))
            for (policy, title, then, now, because), zones in lines.items()
        ]
        return sorted(rows, key=lambda row: bool(row.policy))

    def _title(self, policy: str, condition: str) -> str:
        if not policy:
            return self._f.say("合计")
        title = self._titles.get(policy, policy)
        said = self._conditions.get((policy, condition), condition)
        return f"{title}{self._f.say('：')}{said}" if condition else title

    def _side(self, condition: str, policy: str, differences: Differences, side: str) -> str:
        fields = {each["what"]: each[side] for each in differences}
        if "wording" in fields:
            return self._f.say("原来的文字") if side == "then" else self._f.say("文字表述有变化，结论和金额不变")
        if policy and not condition and "verdict" in fields and fields["verdict"] is None:
            return self._f.say("没有这条政策")
        return self._f.say("，").join(filter(None, (self._verdict(fields), *self._sums(fields), self._counts(fields))))

    def _verdict(self, fields: Fields) -> str:
        verdict = fields.get("verdict")
        return "" if verdict is None else self._f.say(VERDICT_WORDS[verdict])

    def _sums(self, fields: Fields) -> list[str]:
        say, unknown = self._f.say, fields.get("amount_unknown")
        said = []
        if fields.get("certain_fen") is not None:
            said.append(say("确定{sum}", sum=self._f.fen(fields["certain_fen"])))
        repeated = "certain_fen" in fields and fields["certain_fen"] == fields.get("possible_fen")
        if "possible_fen" in fields and unknown is not True and not repeated:
            said.append(say("可能{sum}", sum=self._f.fen(fields["possible_fen"])))
        if unknown is True:
            said.append(say("金额另议"))
        elif unknown is not None and unknown is not False:
            said.append(say("{n}条金额另议", n=unknown))
        return said

    def _counts(self, fields: Fields) -> str:
        counted = fields.get("in_best_combination")
        return "" if counted is None else self._f.say("计入合计") if counted else self._f.say("不计入合计")

    def _zones(self, zones: Sequence[str]) -> str:
        if len(zones) == len(ZONES):
            return self._f.say("全部14个区")
        return self._f.say("、").join(self._f.zone(zone) for zone in zones if zone)

    def _why(self, because: Sequence[str]) -> tuple[str, ...]:
        say = self._f.say
        if not because:
            return (say("没有版本变化可以解释，请告诉管理员"),)
        reasons = [self._reason(each) for each in because]
        more = len(reasons) - MOST_REASONS
        return (*reasons[:MOST_REASONS], say("另有{n}条政策变化", n=more)) if more > 0 else tuple(reasons)

    def _reason(self, because: str) -> str:
        if because in CHANGED:
            return self._f.say(CHANGED[because])
        policy, _, numbers = because.partition("@")
        then, _, now = numbers.partition(">")
        title = self._titles.get(policy, policy)
        if then == "0":
            return self._f.say("《{title}》第{now}版新适用", title=title, now=now)
        if now == "0":
            return self._f.say("《{title}》第{then}版不再适用", title=title, then=then)
        return self._f.say("《{title}》第{then}版改为第{now}版", title=title, then=then, now=now)

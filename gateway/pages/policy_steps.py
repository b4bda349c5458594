"""How far a policy has come, what is next and whose turn it is, as those who write and review see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.pages.visit import Visit

EDITOR, REVIEWER = "policy_editor", "reviewer"


@dataclass(frozen=True, slots=True)
class Step:
    """One of the steps from draft to publication: ``done``, ``now`` or still to come."""

    label: str
    state: str
    note: str


@dataclass(frozen=True, slots=True)
class Turn:
    """What is next, and whether it is for who looks; ``act`` is the page or act that does it, empty for others."""

    said: str
    act: str = ""

    @property
    def mine(self) -> bool:
        """Whether who looks can do it."""
        return bool(self.act)


def steps(visit: Visit, found: Mapping[str, Any], checks: Mapping[str, Any]) -> list[Step]:
    """The four steps of the draft, or of what is published where there is none."""
    say, draft = visit.say, found["draft"]
    if draft is None:
        labels = ("草稿", "已检查", "已审查", "已发布")
        return [Step(say(label), "done", "") for label in labels[:-1]] + [
            Step(say(labels[-1]), "now", say("第{n}版", n=found["version"]))
        ]
    left = open_flags(checks)
    reviewed = draft["approved"] is True and checks["blocked"] is None
    flagged = say("{n} 处红旗待说明", n=left) if left else ""
    return [
        Step(say("草稿"), "done", draft["author_name"]),
        Step(say("已检查"), "done", flagged),
        Step(say("已审查"), "done" if reviewed else "now", _concluded(visit, draft)),
        Step(say("已发布"), "now" if reviewed else "", say("将为第{n}版", n=checks["version"])),
    ]


def open_flags(checks: Mapping[str, Any]) -> int:
    """How many red flags have no reason yet."""
    return sum(flag["reason"] is None for flag in checks["flags"])


def _concluded(visit: Visit, draft: Mapping[str, Any]) -> str:
    if draft["approved"] is None:
        return visit.say("等审查员")
    return str(draft["reviewer"]) if draft["approved"] else visit.say("未通过")


def turn(visit: Visit, found: Mapping[str, Any], checks: Mapping[str, Any]) -> Turn:
    """Whose turn it is with a draft, and for what."""
    draft, say = found["draft"], visit.say
    if draft["approved"] is None or (draft["approved"] and checks["blocked"] is not None):
        if visit.role == REVIEWER and not own(visit, draft):
            return Turn(say("等您审查。"), "review")
        return Turn(say("等审查员审查；审查员不能是起草人。"))
    if draft["approved"]:
        return Turn(say("可以发布了。"), "publish") if visit.role == EDITOR else Turn(say("等政策编辑发布。"))
    if visit.role == EDITOR and own(visit, draft):
        return Turn(say("审查没有通过，请修改后保存，再请审查。"), "edit")
    return Turn(say("审查没有通过，等 {name} 修改。", name=draft["author_name"]))


def own(visit: Visit, draft: Mapping[str, Any]) -> bool:
    """Whether who looks wrote the draft."""
    return visit.session is not None and bool(draft["author"] == visit.session.principal.account)


def waiting(visit: Visit, items: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Drafts that wait for who looks, and the others."""
    account = visit.session.principal.account if visit.session else ""

    def for_me(item: Mapping[str, Any]) -> bool:
        mine = item["draft_author"] == account
        if visit.role == REVIEWER:
            return bool(item["draft_state"] == "unreviewed" and not mine)
        return bool(item["draft_state"] == "approved" or (item["draft_state"] == "turned_down" and mine))

    chosen = [item for item in items if visit.role in (EDITOR, REVIEWER) and for_me(item)]
    return chosen, [item for item in items if item not in chosen]

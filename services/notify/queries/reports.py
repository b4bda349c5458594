"""The charts of the dashboard: tallies of what each lead contributes, within the reader's scope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from contracts.vocabulary.stages import STAGE_LABELS, Stage
from contracts.vocabulary.weeks import Week
from contracts.vocabulary.zones import ZONES
from kit.auth import Principal
from kit.clock import to_text
from kit.ports import Ports
from kit.store.port import Clause, Eq, In, Range
from services.notify import settings
from services.notify.digest.window import Window
from services.notify.errors import ReportNotFound
from services.notify.model.lead_line import ACTIVE
from services.notify.model.money import json_safe
from services.notify.repository.collections import LEADS
from services.notify.schemas import Report, ReportItem

UNCOUNTED = ("none", "pending", "foreign")
MONEY = "总投资额按人民币逐笔精确相加，区间按下限计入，外币、待定和未填的不计入金额、另列笔数"
MONEY_EN = "CNY totals added to the fen, ranges at their lower end; foreign, pending and missing ones counted apart"
ACTIVE_EN = f"Basis: active leads, neither on hold nor closed. {MONEY_EN}"


@dataclass(frozen=True, slots=True)
class _Group:
    count: int = 0
    sum_fen: int = 0
    uncounted: int = 0


_NOTHING = _Group()


async def report(ports: Ports, principal: Principal, name: str) -> Report:
    """A chart's numbers.

    Raises:
        ReportNotFound: there is no chart of this name.
    """
    if name not in REPORTS:
        raise ReportNotFound(f"没有名为「{name}」的统计，可选：{'、'.join(REPORTS)}。")
    return await REPORTS[name](ports, principal)


async def _funnel(ports: Ports, principal: Principal) -> Report:
    groups = await _groups(ports, principal, [Eq("state", ACTIVE)], "stage")
    items = [_item(stage.value, STAGE_LABELS[stage][0], groups.get(stage.value, _NOTHING)) for stage in Stage]
    definition = f"公式：按当前阶段计数。口径：推进中的线索，不含暂缓和终止；{MONEY}"
    return _report(ports, "funnel", "各阶段线索", (definition, f"Formula: leads by present stage. {ACTIVE_EN}"), items)


async def _by_zone(ports: Ports, principal: Principal) -> Report:
    groups = await _groups(ports, principal, [Eq("state", ACTIVE)], "zone")
    items = [_item(zone.id.value, zone.name, groups.get(zone.id.value, _NOTHING)) for zone in ZONES.values()]
    definition = f"公式：按意向落户区计数。口径：推进中的线索，不含暂缓和终止；{MONEY}"
    return _report(ports, "by_zone", "各区线索", (definition, f"Formula: leads by intended zone. {ACTIVE_EN}"), items)


async def _weekly(ports: Ports, principal: Principal) -> Report:
    weeks = _recent_weeks(Week.of(ports.clock.now()))
    where = [Range("registered_week", weeks[0].id, weeks[-1].next.id)]
    groups = await _groups(ports, principal, where, "registered_week")
    items = [
        _item(week.id, f"{week.monday.month}月{week.monday.day}日", groups.get(week.id, _NOTHING)) for week in weeks
    ]
    definition = f"公式：按登记日期所在周计数。口径：最近{len(weeks)}周登记的全部线索，含导入；{MONEY}"
    english = (
        f"Formula: leads by week of registration. Basis: the last {len(weeks)} weeks, imports included. {MONEY_EN}"
    )
    return _report(ports, "weekly", "每周新增线索", (definition, english), items)


REPORTS: Mapping[str, Callable[[Ports, Principal], Awaitable[Report]]] = {
    "funnel": _funnel,
    "by_zone": _by_zone,
    "weekly": _weekly,
}


async def _groups(ports: Ports, principal: Principal, where: Sequence[Clause], by: str) -> dict[str, _Group]:
    store, scope = ports.store, principal.scope
    counted = await store.tally(LEADS.name, scope, where, group_by=by, sum_of="investment_fen")
    missing = [*where, In("investment_state", UNCOUNTED)]
    uncounted = {each.group: each.count for each in await store.tally(LEADS.name, scope, missing, group_by=by)}
    return {str(each.group): _Group(each.count, each.sum, uncounted.get(each.group, 0)) for each in counted}


def _item(id: str, label: str, group: _Group) -> ReportItem:
    return ReportItem(
        id=id, label=label, count=group.count, sum_fen=json_safe(group.sum_fen), uncounted=group.uncounted
    )


def _report(ports: Ports, name: str, title: str, definitions: tuple[str, str], items: list[ReportItem]) -> Report:
    now = ports.clock.now()
    window = Window(Week.of(now), now)
    chinese, english = definitions
    return Report(
        name=name,
        title=title,
        definition=f"{chinese}。截止：{window.cutoff_text}。",
        definition_en=f"{english}. Cut-off: {window.cutoff_in_english}.",
        as_of=to_text(now),
        items=items,
    )


def _recent_weeks(last: Week) -> list[Week]:
    weeks = [last]
    while len(weeks) < settings.TREND_WEEKS:
        weeks.insert(0, weeks[0].previous)
    return weeks

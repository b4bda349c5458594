"""What a list of leads is narrowed to, kept in the address of the page, so that it can be sent to a colleague."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import Stage
from contracts.vocabulary.zones import ZONES
from gateway.pages.visit import Visit

NAMES = ("view", "stage", "zone", "owner", "source_mode", "import_id", "q", "sort", "cursor")
NARROWING = ("stage", "zone", "owner", "source_mode", "import_id", "q")
DEFAULT_SORT = "-updated"
VIEWS = ("active", "mine", "respond", "protect", "on_hold", "closed", "all")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A list of leads as its address says."""

    given: Mapping[str, str]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Wanted:
        """Read an address; a search looks through everything unless a view is named."""
        given = {name: query[name].strip() for name in NAMES if query.get(name, "").strip()}
        if given.get("view") not in VIEWS:
            given["view"] = "all" if given.keys() & {"q", "import_id"} else "active"
        return cls(given)

    @property
    def view(self) -> str:
        """The saved view."""
        return self.given["view"]

    @property
    def q(self) -> str:
        """The words looked for."""
        return self.given.get("q", "")

    @property
    def narrowed(self) -> bool:
        """Whether anything beside the view narrows the list."""
        return any(name in self.given for name in NARROWING)

    def params(self, visit: Visit) -> dict[str, Any]:
        """The query of the API."""
        params: dict[str, Any] = {name: self.given[name] for name in NARROWING if name in self.given}
        today = visit.f.today
        match self.view:
            case "active" | "on_hold" | "closed":
                params["state"] = self.view
            case "mine":
                params |= {"state": "active", "owner": visit.session.principal.account if visit.session else ""}
            case "respond":
                params |= {"state": "active", "respond_due_before": (today + timedelta(4)).isoformat()}
            case "protect":
                params |= {"state": "active", "protect_due_before": (today + timedelta(30)).isoformat()}
        return params

    @property
    def sort(self) -> str:
        """The order."""
        due = {"respond": "respond_due", "protect": "protect_due"}.get(self.view, DEFAULT_SORT)
        return self.given.get("sort", due)

    def url(self, path: str = "/leads", **changes: str | None) -> str:
        """The address with something changed; the page is the first one again."""
        kept = {name: value for name, value in self.given.items() if name != "cursor"} | changes
        if kept.get("view") == "active" and not kept.keys() & {"q", "import_id"}:
            kept.pop("view")
        query = urlencode({name: value for name, value in kept.items() if value})
        return f"{path}?{query}" if query else path

    def others(self, *without: str) -> dict[str, str]:
        """Everything but some fields, for a form that sets those."""
        return {name: value for name, value in self.given.items() if name not in (*without, "cursor")}

    def layout(self, path: str) -> str:
        """The same list in another layout."""
        return self.url(path, sort=None)

    def sorts(self, name: str) -> bool:
        """Whether the list is ordered by this."""
        return self.sort.removeprefix("-") == name

    def sort_url(self, name: str, descending_first: bool = True) -> str:
        """The address ordered by this, the other way round on a second click."""
        first, second = (f"-{name}", name) if descending_first else (name, f"-{name}")
        return self.url(sort=second if self.sort == first else first)

    def arrow(self, name: str) -> str:
        """Which way it is ordered by this."""
        if not self.sorts(name):
            return ""
        return " ↓" if self.sort.startswith("-") else " ↑"


def views_of(wanted: Wanted, visit: Visit, board: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The saved views as tabs, with counts where the board knows them."""
    active = sum(column["count"] for column in board["columns"])
    held, closed = board["on_hold"], board["closed"]
    tabs: list[tuple[str, str, int | None]] = [
        ("active", "推进中", active),
        ("mine", "我的", None),
        ("respond", "待响应", None),
        ("protect", "保护将到期", None),
        ("on_hold", "暂缓", held),
        ("closed", "终止", closed),
        ("all", "全部", active + held + closed),
    ]
    if visit.role == "manager":
        tabs = [tab for tab in tabs if tab[0] != "mine"]
    return [
        {
            "label": visit.say(label),
            "count": count,
            "url": wanted.url(view=view, sort=None),
            "here": wanted.view == view,
        }
        for view, label, count in tabs
    ]


def chips_of(wanted: Wanted, visit: Visit, names: Mapping[str, str], path: str) -> list[Mapping[str, Any]]:
    """The filters, each in words."""
    f = visit.f
    options: list[tuple[str, str, list[tuple[str, str]]]] = [
        ("zone", "意向区", [(id, f.zone(id)) for id in ZONES]),
        ("stage", "阶段", [(stage.value, f.stage(stage.value)) for stage in Stage]),
        ("source_mode", "来源", [(mode.value, f.source_mode(mode.value)) for mode in SourceMode]),
        ("owner", "负责人", sorted(names.items(), key=lambda each: each[1])),
    ]
    if path != "/leads":
        options = [each for each in options if each[0] != "stage"]
    return [_chip(wanted, visit, path, *each) for each in options]


def _chip(
    wanted: Wanted, visit: Visit, path: str, name: str, label: str, options: list[tuple[str, str]]
) -> Mapping[str, Any]:
    value = wanted.given.get(name, "")
    return {
        "label": visit.say(label),
        "value": value,
        "shown": dict(options).get(value, value),
        "clear": wanted.url(path, **{name: None}),
        "options": [
            {"label": shown, "url": wanted.url(path, **{name: id}), "here": id == value} for id, shown in options
        ],
    }

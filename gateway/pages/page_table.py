"""Which page is open to whom: the one place that decides it, read by the routes and by the role-matrix test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ANYONE: frozenset[str] | None = None
DESKS = frozenset({"officer"})
OFFICERS = frozenset({"officer", "bureau_officer"})
STAFF = OFFICERS | {"manager"}
MANAGERS = frozenset({"manager"})
ADMINISTRATORS = frozenset({"administrator"})
EDITORS = frozenset({"policy_editor"})
PARTNERS = frozenset({"partner"})
HOSTS = OFFICERS | ADMINISTRATORS
"""Who brings others in."""
EDITORS = frozenset({"policy_editor"})
REVIEWERS = frozenset({"reviewer"})
SIGNED_IN = STAFF | ADMINISTRATORS | {"policy_editor", "reviewer", "partner"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and the roles that may open it; None: everybody, with or without an account.

    ``shown`` is false for answers that are swapped into a page or only act.
    """

    path: str
    roles: frozenset[str] | None
    methods: tuple[str, ...] = ("GET",)
    shown: bool = True


_ACT = ("POST",)

PAGES: tuple[Page, ...] = (
    Page("/", SIGNED_IN),
    Page("/sign-in", ANYONE, ("GET", "POST")),
    Page("/sign-out", ANYONE, _ACT, shown=False),
    Page("/language", ANYONE, _ACT, shown=False),
    Page("/leads", STAFF),
    Page("/leads/board", STAFF),
    Page("/leads/board/{stage}", STAFF, shown=False),
    Page("/leads/new", OFFICERS, ("GET", "POST")),
    Page("/leads/new/similar", OFFICERS, shown=False),
    Page("/leads/{id}", STAFF),
    Page("/leads/{id}/policies", STAFF),
    Page("/leads/{id}/compare", STAFF),
    Page("/leads/{id}/panels/timeline", STAFF, shown=False),
    Page("/leads/{id}/panels/comparison", STAFF, shown=False),
    Page("/leads/{id}/panels/move", OFFICERS, shown=False),
    Page("/leads/{id}/panels/fact/{name}", OFFICERS, shown=False),
    Page("/leads/{id}/panels/contacts/{contact}", OFFICERS, shown=False),
    Page("/leads/{id}/contacts", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/contacts/{contact}", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/contacts/{contact}/unmask", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/contacts/{contact}/export", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/contacts/{contact}/erase", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/follow-ups", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/stage", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/assign", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/facts", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/panels/partners", STAFF, shown=False),
    Page("/leads/{id}/share", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/unshare", OFFICERS, _ACT, shown=False),
    Page("/leads/{id}/answers", OFFICERS, _ACT, shown=False),
    Page("/projects", PARTNERS),
    Page("/projects/{id}", PARTNERS),
    Page("/projects/enquiries/{id}", PARTNERS),
    Page("/imports", OFFICERS, ("GET", "POST")),
    Page("/imports/{id}", STAFF),
    Page("/imports/{id}/progress", STAFF, shown=False),
    Page("/imports/{id}/cancel", OFFICERS, _ACT, shown=False),
    Page("/exports", STAFF, _ACT, shown=False),
    Page("/exports/{id}", STAFF),
    Page("/exports/{id}/cancel", OFFICERS, _ACT, shown=False),
    Page("/eligibility", ANYONE),
    Page("/eligibility/compare", ANYONE),
    Page("/eligibility/save", ANYONE, _ACT, shown=False),
    Page("/decisions", SIGNED_IN),
    Page("/decisions/{id}", ANYONE),
    Page("/enquiries/new", ANYONE),
    Page("/enquiries", ANYONE, _ACT, shown=False),
    Page("/enquiries/track", ANYONE, ("GET", "POST")),
    Page("/enquiries/track/message", ANYONE, _ACT, shown=False),
    Page("/enquiries/track/withdraw", ANYONE, _ACT, shown=False),
    Page("/duty", DESKS, ("GET", "POST")),
    Page("/leads/{id}/panels/enquiries", STAFF, shown=False),
    Page("/leads/{id}/enquiries/{enquiry}", OFFICERS, _ACT, shown=False),
    Page("/policies", ANYONE),
    Page("/policies/new", EDITORS, ("GET", "POST")),
    Page("/policies/{id}", ANYONE),
    Page("/policies/{id}/withdraw", EDITORS, _ACT, shown=False),
    Page("/policies/{id}/edit", EDITORS, ("GET", "POST")),
    Page("/policies/{id}/dry-run", EDITORS | REVIEWERS),
    Page("/policies/{id}/panels/dry-run", EDITORS | REVIEWERS, shown=False),
    Page("/policies/{id}/review", REVIEWERS, ("GET", "POST")),
    Page("/policies/{id}/publish", EDITORS, _ACT, shown=False),
    Page("/zones/{id}", ANYONE),
    Page("/digests", MANAGERS),
    Page("/digests/{week}", MANAGERS),
    Page("/digests/{week}/figures/{figure}", MANAGERS),
    Page("/dashboard", STAFF),
    Page("/panels/todo", OFFICERS, shown=False),
    Page("/panels/changes", OFFICERS, shown=False),
    Page("/panels/losing", OFFICERS, shown=False),
    Page("/panels/funnel", STAFF, shown=False),
    Page("/panels/zones", STAFF, shown=False),
    Page("/panels/unread", SIGNED_IN, shown=False),
    Page("/panels/notifications", SIGNED_IN, shown=False),
    Page("/notifications", SIGNED_IN),
    Page("/notifications/read-all", SIGNED_IN, _ACT, shown=False),
    Page("/notifications/{id}/open", SIGNED_IN, _ACT, shown=False),
    Page("/deliveries", ADMINISTRATORS),
    Page("/deliveries/retry", ADMINISTRATORS, ("GET", "POST")),
    Page("/deliveries/{id}", ADMINISTRATORS),
    Page("/deliveries/{id}/{act}", ADMINISTRATORS, _ACT, shown=False),
    Page("/dead-letters", ADMINISTRATORS),
    Page("/dead-letters/{service}/replay", ADMINISTRATORS, ("GET", "POST")),
    Page("/dead-letters/{service}/{id}", ADMINISTRATORS),
    Page("/dead-letters/{service}/{id}/{act}", ADMINISTRATORS, _ACT, shown=False),
    Page("/system", ADMINISTRATORS),
    Page("/setup", ANYONE, ("GET", "POST")),
    Page("/invitation", ANYONE, ("GET", "POST")),
    Page("/audit", ADMINISTRATORS),
    Page("/audit/file", ADMINISTRATORS, shown=False),
    Page("/audit/{id}", ADMINISTRATORS),
    Page("/accounts", HOSTS),
    Page("/accounts/new", HOSTS, ("GET", "POST")),
    Page("/accounts/{id}", HOSTS),
    Page("/accounts/{id}/{act}", HOSTS, _ACT, shown=False),
    Page("/account", SIGNED_IN),
    Page("/account/password", SIGNED_IN, ("GET", "POST")),
    Page("/account/language", SIGNED_IN, _ACT, shown=False),
    Page("/account/sessions/end-others", SIGNED_IN, _ACT, shown=False),
    Page("/account/sessions/{id}/end", SIGNED_IN, _ACT, shown=False),
    Page("/account/tokens", SIGNED_IN, _ACT, shown=False),
    Page("/account/tokens/{id}/withdraw", SIGNED_IN, _ACT, shown=False),
)

BY_PATH: Mapping[str, Page] = {page.path: page for page in PAGES}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the main navigation."""

    path: str
    label: str
    icon: str


_ENTRIES: tuple[Entry, ...] = (
    Entry("/", "首页", "home"),
    Entry("/projects", "我的项目", "list"),
    Entry("/digests", "周报", "digest"),
    Entry("/dashboard", "统计", "chart"),
    Entry("/leads", "线索", "list"),
    Entry("/imports", "导入", "upload"),
    Entry("/eligibility", "政策测算", "calc"),
    Entry("/policies", "政策库", "policy"),
    Entry("/policies/new", "起草政策", "edit"),
    Entry("/system", "系统", "pulse"),
    Entry("/accounts", "账号", "people"),
    Entry("/audit", "操作记录", "list"),
    Entry("/deliveries", "投递记录", "mail"),
    Entry("/dead-letters", "死信", "warn"),
)
_OFFICER_ORDER = ("/", "/leads", "/policies", "/eligibility", "/imports", "/dashboard", "/accounts")
_AUTHOR_ORDER = ("/policies", "/policies/new", "/eligibility")
_ADMINISTRATOR_ORDER = (
    *("/system", "/accounts", "/audit", "/deliveries", "/dead-letters"),
    *("/eligibility", "/policies"),
)
_ORDERS: tuple[tuple[frozenset[str], tuple[str, ...]], ...] = (
    (OFFICERS, _OFFICER_ORDER),
    (ADMINISTRATORS, _ADMINISTRATOR_ORDER),
    (EDITORS | REVIEWERS, _AUTHOR_ORDER),
)


def may_open(path: str, role: str) -> bool:
    """Whether a role may open a page."""
    roles = BY_PATH[path].roles
    return roles is None or role in roles


def entries_for(role: str) -> list[Entry]:
    """The navigation of a role, in the order of its work; the start page only where it is one."""
    own = [entry for entry in _ENTRIES if may_open(entry.path, role) and (entry.path != "/" or role in OFFICERS)]
    order = next((order for roles, order in _ORDERS if role in roles), ())
    return sorted(own, key=lambda entry: order.index(entry.path)) if order else own


def start_of(role: str) -> str:
    """Where a role begins its day."""
    if role in OFFICERS:
        return "/"
    return {"manager": "/digests", "administrator": "/system", "partner": "/projects"}.get(role, "/policies")

"""A running suite with everybody signed in and one office's work in it, for tests that ask as different people."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx

from kit.settings import Settings
from tests.flows.canaries import ASKED, PARTNER_A, PLANTED, WORD
from tests.flows.samples import canary_upload, policy
from tests.flows.samples import registration as registration
from tests.flows.samples import upload as upload
from tests.flows.troubles import dead_letter, failed_delivery

API = "/api/v1"
ANONYMOUS = "anonymous"
PATIENCE = 200.0
POLL = 0.05
FINISHED_WEEK = "2026-W46"
EXPIRED, DISABLED = "expired", "disabled"
ELSEWHERE = "manager-hanyang"
"""A manager whose zone is another."""
LAPSED = (EXPIRED, DISABLED)
"""Once officers at 东湖: a token that has run out, and an account that was disabled with its token in hand."""


@dataclass
class World:
    """The suite's address and people, and ids of what the office at 东湖 did."""

    url: str
    clients: dict[str, httpx.Client]
    passwords: dict[str, str]
    settings: Settings
    accounts: dict[str, str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, who: str, method: str, path: str, **options: Any) -> httpx.Response:
        """One request as this person; changes carry a key of their own."""
        headers = {"Idempotency-Key": f"world-{time.time_ns()}-{next(self.numbers)}", **options.pop("headers", {})}
        client = self.clients[who]
        try:
            return client.request(method, path, headers=headers, **options)
        finally:
            client.cookies.clear()

    def get(self, who: str, path: str) -> Any:
        """The JSON of an answer that must succeed."""
        answer = self.ask(who, "GET", API + path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def post(self, who: str, path: str, **options: Any) -> Any:
        """The JSON of a change that must succeed."""
        answer = self.ask(who, "POST", API + path, **options)
        assert answer.is_success, (path, answer.text)
        return answer.json()

    def wait(self, what: Callable[[], Any]) -> Any:
        """What becomes true soon."""
        deadline = time.monotonic() + PATIENCE
        while not (found := what()):
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(POLL)
        return found

    def new_lead(self, who: str = "donghu") -> str:
        """A lead nobody looks at, to be changed freely."""
        made: str = self.post(who, "/leads", json=registration(next(self.numbers)))["id"]
        return made

    def etag(self, path: str, who: str = "donghu") -> dict[str, str]:
        """The header that says which revision is meant."""
        return {"If-Match": f'"{self.get(who, path)["revision"]}"'}

    def open_session(self, who: str) -> None:
        """Another browser of theirs signs in."""
        with httpx.Client(base_url=self.url, timeout=60) as browser:
            opened = browser.post(f"{API}/sessions", json={"account": who, "password": self.passwords[who]})
            assert opened.status_code == 201, opened.text

    @cached_property
    def guest(self) -> str:
        """A partner whom the officer at 东湖 invited."""
        made: str = self.post("donghu", "/invitations", json=PLANTED["NewInvitation"])["id"]
        return made

    @cached_property
    def lead(self) -> str:
        """The canary lead: followed up, signed, shared with partner A and written about to them, matched."""
        made: str = self.post("donghu", "/leads", json=PLANTED["LeadInput"])["id"]
        path = f"/leads/{made}"
        self.post("donghu", f"{path}/follow-ups", json=PLANTED["FollowUpInput"])
        for step in ({"to": "negotiating"}, {"to": "admission_review"}, PLANTED["StageInput"]):
            self.post("donghu", f"{path}/stage", json=step, headers=self.etag(path))
        self.share(made)
        self.post("donghu", f"{path}/answers", json=PLANTED["AnswerInput"])
        [contact] = self.get("donghu", path)["contacts"]
        self.post("donghu", f"/contacts/{contact['id']}/unmask", json=PLANTED["ReasonInput"])
        self.wait(lambda: self.ask("donghu", "GET", f"{API}{path}/matches").is_success)
        return made

    def share(self, lead: str) -> None:
        """Share a lead of 东湖 with partner A, as soon as the leads service has heard of them."""
        path, body = f"/leads/{lead}", {"org": PARTNER_A}
        self.wait(
            lambda: self.ask("donghu", "POST", f"{API}{path}/share", json=body, headers=self.etag(path)).is_success
        )

    @cached_property
    def asked(self) -> str:
        """The canary enquiry of partner A, at 东湖, with its lead."""
        body = {
            "zone": "donghu", "organisation": "芯禾电子（示例）有限公司", "name": "林嘉怡", "phone": "13800001234",
            "question": ASKED, "facts": {"fixed_asset_investment": "2亿元"}, "consent": True,
        }  # fmt: skip
        made: str = self.post("partner-a", "/enquiries", json=body)["id"]
        self.arrived("id", made)
        return made

    @cached_property
    def visit(self) -> str:
        """The canary enquiry of a visitor, at 东湖, added to and answered."""
        asked = PLANTED["EnquiryInput"]
        code = self.post(ANONYMOUS, "/enquiries", json=asked)["code"]
        self.post(ANONYMOUS, "/enquiries/track/message", json={"code": code, **PLANTED["MessageInput"]})
        # What the visitor added may still be on its way to the lead, and move the enquiry on.
        return str(self.wait(lambda: self.answered(asked["organisation"])))

    @property
    def visited(self) -> dict[str, Any]:
        """That enquiry, as its office reads it."""
        return self.arrived("id", self.visit)

    def answered(self, organisation: str) -> str | None:
        """The id of a visitor's enquiry, once the office has answered what it read."""
        found = self.arrived("organisation", organisation)
        path, headers = f"{API}/enquiries/{found['id']}/answer", {"If-Match": f'"{found["revision"]}"'}
        answer = self.ask("donghu", "POST", path, json=PLANTED["ReplyInput"], headers=headers)
        return str(found["id"]) if answer.is_success else None

    def arrived(self, name: str, value: str) -> dict[str, Any]:
        """An enquiry at 东湖 once it has its lead."""

        def found() -> list[dict[str, Any]]:
            items = self.get("donghu", "/enquiries?limit=200")["items"]
            return [each for each in items if each[name] == value and each["lead_id"]]

        one: dict[str, Any] = self.wait(found)[0]
        return one

    @cached_property
    def lead_page(self) -> dict[str, Any]:
        """The canary lead as its office reads it."""
        page: dict[str, Any] = self.get("donghu", f"/leads/{self.lead}")
        return page

    @cached_property
    def contact(self) -> str:
        """The person of the canary lead."""
        return str(self.lead_page["contacts"][0]["id"])

    @cached_property
    def hidden(self) -> str:
        """Somebody of the canary lead whom nobody may see."""
        return self.new_contact()

    @cached_property
    def stray(self) -> str:
        """Somebody of the canary lead whom only its neighbours may see."""
        return self.new_contact()

    def new_contact(self) -> str:
        """Somebody else of the canary lead."""
        person = {"name": "路人甲", "phone": f"138{next(self.numbers):08}", "legal_basis": "consent"}
        body = {"lead_id": self.lead, "notice_given": "in_person", **person}
        return str(self.post("donghu", "/contacts", json=body)["id"])

    @cached_property
    def neighbouring(self) -> str:
        """A lead of 汉阳, in the digests of its manager."""
        made: str = self.post("hanyang", "/leads", json=registration(next(self.numbers)) | {"zone": "hanyang"})["id"]
        figures = f"/digests/{self.week}/figures/new_leads/records"
        self.wait(lambda: made in {each["record"] for each in self.get(ELSEWHERE, figures)["items"]})
        return made

    @cached_property
    def hushed(self) -> str:
        """A lead whose investor nobody may look up."""
        return self.new_lead()

    @property
    def hushed_investor(self) -> str:
        """That investor."""
        return str(self.get("donghu", f"/leads/{self.hushed}")["investor"]["id"])

    @cached_property
    def imported(self) -> str:
        """The canary import, finished."""
        made: str = self.post("donghu", "/imports", files=canary_upload())["id"]
        self.ended(f"/jobs/{made}")
        return made

    def exported(self, who: str = "donghu", format: str = "csv", q: str = WORD) -> str:
        """A finished export of this person with the canary in it; made anew, as an erasure drops what there was."""
        assert self.lead
        made: str = self.post(who, "/exports", json={"format": format, "q": q})["id"]
        self.ended(f"/jobs/{made}", who)
        return made

    def ended(self, path: str, who: str = "donghu", state: str = "finished") -> None:
        """Wait for this person's work at ``path``, which must succeed."""
        done = self.wait(lambda: (found := self.get(who, path))["state"] not in ("queued", "running") and found)
        assert done["state"] == state, done

    @cached_property
    def notification(self) -> str:
        """The officer's notification of the canary lead's match."""
        lead = self.lead

        def heard() -> list[str]:
            items = self.get("donghu", "/notifications?limit=200")["items"]
            return [item["id"] for item in items if item["lead_id"] == lead]

        found: list[str] = self.wait(heard)
        return found[0]

    def new_letter(self, service: str) -> tuple[str, int]:
        """A dead letter nobody has decided on, about the canary; its id and revision."""
        return dead_letter(self.settings, service, next(self.numbers))

    def new_failure(self, *, doubted: bool = False) -> tuple[str, int]:
        """A mail to the officer at 东湖 that did not arrive, about the canary; its id and revision."""
        return failed_delivery(self.settings, self.accounts["donghu"], next(self.numbers), doubted=doubted)

    @cached_property
    def week(self) -> str:
        """The running week."""
        items = self.get("manager", "/digests")["items"]
        return str(max(item["week"] for item in items))

    @cached_property
    def figure(self) -> str:
        """A figure of the running week that counts the canary lead."""
        assert self.lead

        def counting() -> list[str]:
            digest = self.get("manager", f"/digests/{self.week}")
            figures = [figure for section in digest["sections"] for figure in section["figures"]]
            return [figure["id"] for figure in figures if figure["value"]]

        found: list[str] = self.wait(counting)
        return found[0]

    @cached_property
    def backup(self) -> str:
        """A finished backup; of a cluster one that says who makes those."""
        made: str = self.post("admin", "/backups", json={})["id"]
        self.ended(f"/backups/{made}", "admin", "finished" if self.settings.store_url == "sqlite:" else "failed")
        return made

    @cached_property
    def audited(self) -> str:
        """The line of the audit log that says why the canary's contact was shown."""
        assert self.lead
        reason = PLANTED["ReasonInput"]["reason"]

        def lines() -> list[dict[str, Any]]:
            items = self.get("admin", "/audit?what=contact.unmasked&limit=200")["items"]
            return [each for each in items if each["why"] == reason]

        return str(self.wait(lines)[0]["id"])

    @cached_property
    def policy(self) -> str:
        """A policy of the catalogue."""
        found: str = self.get("donghu", "/policies?limit=1")["items"][0]["id"]
        return found

    @cached_property
    def draft(self) -> str:
        """A draft that only authors read."""
        text = policy(next(self.numbers), PLANTED["DraftInput"]["text"])
        return str(self.post("editor", "/policies", json={"text": text})["id"])

    @cached_property
    def decision(self) -> str:
        """An answer that the officer saved for the desk; a visitor's is for whoever knows its id."""
        return str(self.post("donghu", "/decisions", json=PLANTED["DecisionInput"])["id"])

    @cached_property
    def token(self) -> str:
        """A token of the officer's."""
        return str(self.post("donghu", "/tokens", json=PLANTED["NewToken"])["id"])

"""Officers at work on a suite that dies under them: each has one request at a time, and repeats it until answered."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from contracts.vocabulary.stages import Stage
from tests.flows.crash.acknowledgements import Acknowledgement, AcknowledgementLog
from tests.flows.world import API, registration

DONE = (200, 201)
COME_BACK = (429, 503, 504)
STALE = 412
LONGEST_PAUSE = 0.04
RECENT = 12
"""Leads an officer goes on with: the latest, so that each has a history of some length."""
MOVES = {*Stage, "on_hold", "resume"}
AMOUNTS = ("3000万元", "1.2亿元", "3.5亿元", "8亿元", "22亿元")


@dataclass(frozen=True, slots=True)
class Request:
    """A change with its key; sent again unaltered while nobody knows whether it was done."""

    kind: str
    key: str
    method: str
    path: str
    body: Mapping[str, Any]
    revision: int | None = None


class Officer:
    """One client with a connection, a log and a queue of its own.

    ``shared`` are the leads of its office that anybody there follows up. ``changes_facts`` says whether it alters
    what is matched, so that its leads may be told of more than once. ``every`` is how many seconds lie between two
    of its changes, on average and for as long as answers take less; without it there are hardly any.
    """

    def __init__(
        self,
        name: str,
        token: str,
        seed: str,
        log: AcknowledgementLog,
        *,
        shared: list[str],
        changes_facts: bool = False,
        every: float = 0.0,
    ) -> None:
        self.name, self._log, self._shared, self._every = name, log, shared, every
        self._rng = random.Random(seed)  # noqa: S311 - test data
        self._changes_facts = changes_facts
        headers = {"Authorization": f"Bearer {token}"}
        # Plain loopback: no certificates to load.
        self._client = httpx.Client(headers=headers, timeout=20, verify=False, trust_env=False)  # noqa: S501
        self._own: list[str] = []
        self._number = 0
        self._last: tuple[Request, dict[str, Any]] | None = None
        self.waiting: Request | None = None
        self.repeated = 0
        self.refused: Counter[tuple[int, bool]] = Counter()
        """Answers that put a request off: their status, 0 for none, and whether they say when to come back."""
        self.wrong: list[str] = []

    def work(self, url: str, stop: threading.Event) -> None:
        """Send changes until told to stop; begins with what the last death left open."""
        self._url = url + API
        check, due = self._last, time.monotonic()
        while not stop.is_set():
            try:
                if self.waiting is None and check is not None:
                    self._ask_again(*check)
                    check = None
                else:
                    self._step()
            except httpx.HTTPError:
                self.refused[0, False] += 1
                stop.wait(LONGEST_PAUSE)
            due += self._rng.uniform(0, 2 * self._every)
            stop.wait(max(self._rng.uniform(0, LONGEST_PAUSE), due - time.monotonic()))

    def finish(self, url: str, patience: threading.Event) -> None:
        """Get an answer to what is open."""
        self._url = url + API
        while self.waiting is not None and not patience.is_set():
            try:
                self._send(self.waiting)
            except httpx.HTTPError:
                patience.wait(LONGEST_PAUSE)

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _step(self) -> None:
        if self.waiting is not None:
            self.repeated += 1
        else:
            self.waiting = self._next()
        if self.waiting is not None:
            self._send(self.waiting)

    def _send(self, request: Request) -> None:
        answer = self._ask(request)
        if answer.status_code in DONE:
            self._acknowledge(request, answer.json())
        elif answer.status_code == STALE and request.revision is not None:
            self.waiting = None
        elif answer.status_code in COME_BACK:
            self.refused[answer.status_code, "retry-after" in answer.headers] += 1
        else:
            self.wrong.append(f"{request.kind} {request.path}: {answer.status_code} {answer.text[:300]}")
            self.waiting = None

    def _acknowledge(self, request: Request, receipt: dict[str, Any]) -> None:
        lead = receipt["lead_id"] if request.kind == "follow_up" else receipt["id"]
        self._log.append(Acknowledgement(self.name, request.kind, request.key, lead, receipt))
        if request.kind == "register":
            self._own.append(lead)
            self._shared.append(lead)
        self.waiting, self._last = None, (request, receipt)

    def _ask_again(self, request: Request, receipt: dict[str, Any]) -> None:
        """What was acknowledged before a death is answered the same after it, and done no second time."""
        answer = self._ask(request)
        if answer.status_code not in COME_BACK and (answer.status_code not in DONE or answer.json() != receipt):
            self.wrong.append(f"{request.kind} {request.path} is answered otherwise now: {answer.text[:300]}")

    def _ask(self, request: Request) -> httpx.Response:
        headers = {"Idempotency-Key": request.key}
        if request.revision is not None:
            headers["If-Match"] = f'"{request.revision}"'
        return self._client.request(request.method, self._url + request.path, json=request.body, headers=headers)

    def _next(self) -> Request | None:
        self._number += 1
        key = f"{self.name}-{self._number}"
        draw = self._rng.random()
        if not self._own or draw < 0.3:
            body = registration(self._number, self.name)
            return Request("register", key, "POST", "/leads", body)
        if draw < 0.6:
            lead = self._rng.choice(self._shared[-RECENT:])
            return Request("follow_up", key, "POST", f"/leads/{lead}/follow-ups", {"text": f"电话沟通{self._number}"})
        return self._change(key, self._rng.choice(self._own[-RECENT:]), draw < 0.8)

    def _change(self, key: str, lead: str, move: bool) -> Request | None:
        answer = self._client.get(f"{self._url}/leads/{lead}")
        if answer.status_code != 200:
            if answer.status_code not in COME_BACK:
                self.wrong.append(f"an acknowledged lead is not readable: {answer.status_code} {answer.text[:300]}")
            return None
        page = answer.json()
        if not move:
            return Request("change", key, "PATCH", f"/leads/{lead}", self._changes(), page["revision"])
        targets = [each["to"] for each in page["legal_moves"] if each["to"] in MOVES]
        if not targets:
            return None
        body = {"to": self._rng.choice(targets), "reason": "按工作安排"}
        if body["to"] == Stage.signed:
            body["signed_amount"] = "1亿元"
        return Request("stage", key, "POST", f"/leads/{lead}/stage", body, page["revision"])

    def _changes(self) -> dict[str, Any]:
        if self._changes_facts:
            return {"facts": {"fixed_asset_investment": self._rng.choice(AMOUNTS)}}
        return {"summary": f"第{self._number}次补充"}


def hired(token_of: Callable[[str], str], seed: int, log: AcknowledgementLog, every: float = 0.0) -> list[Officer]:
    """Two at one desk who follow up each other's leads, one at another who alters facts."""
    donghu, jingkai = token_of("donghu"), token_of("jingkai")
    desk: list[str] = []
    return [
        Officer("jia", donghu, f"{seed}:1", log, shared=desk, every=every),
        Officer("yi", donghu, f"{seed}:2", log, shared=desk, every=every),
        Officer("bing", jingkai, f"{seed}:3", log, shared=[], changes_facts=True, every=every),
    ]

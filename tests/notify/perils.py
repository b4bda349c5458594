"""What may befall the replicas of a test, how often, and what they share."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from kit.leases import LEASES
from kit.store.port import Record, Store
from operating.jobs import LENGTH as DUE_WORK
from operating.jobs import SCHEDULES
from services.notify.commands.sending import LENGTH as SENDING
from services.notify.model.delivery import State
from services.notify.repository.collections import DELIVERIES
from tests.notify.virtual_time import VirtualLoop

if TYPE_CHECKING:
    from tests.notify.replicas import Life

T = TypeVar("T")

PAUSE = 2 * max(DUE_WORK, SENDING).total_seconds()
OFF = 600.0
"""Seconds by which a clock may be off, either way."""
LATENCY, SLOW, SLOWEST = 0.02, 0.01, 20.0
"""Seconds that a call takes on either way; now and then one takes much longer than those around it."""
NOTICED = 60.0
"""Seconds in which a replica that stood still has surely heard that its leases are lost."""
FREEZE, MARK, QUEUE, CLAIM, LOOK, MAIL, RECORD = "freeze", "mark", "queue", "claim", "look", "mail", "record"
"""What is done with a digest, and then with its mail, as gates know it."""
THERE, BACK = "there", "back"
PERILS = {
    FREEZE: 0.01, MARK: 0.01, QUEUE: 0.006, CLAIM: 0.03, LOOK: 0.01, MAIL: 0.02, RECORD: 0.01,
    DELIVERIES.name: 0.006, LEASES.name: 0.003, SCHEDULES.name: 0.003,
}  # fmt: skip
"""How often a gate ends or pauses a life, by what is called; other calls hardly ever."""
ELSEWHERE = 0.0002
AWAKE = 10
"""How many times likelier something befalls a replica that has just stood still."""
BUSY, BROKEN = 0.03, 0.02
"""How often the mail server has no time, and how often the connection to it breaks where nobody knows the end."""


@dataclass
class Trap:
    """Something that befalls whoever first passes a gate, ``after`` others."""

    place: str
    way: str
    fate: str
    after: int = 0

    def springs(self, place: str, way: str) -> bool:
        """Whether it is now."""
        if (place, way) == (self.place, self.way):
            self.after -= 1
        return self.after < 0 and (place, way) == (self.place, self.way)


@dataclass
class World:
    """What the replicas share, and what is remembered of them."""

    store: Store
    rng: random.Random
    began: datetime
    folder: Path
    loop: VirtualLoop
    threaded: bool
    peril: bool = False
    trap: Trap | None = None
    busy: int = 0
    offs: Sequence[float] = ()
    over: bool = False
    lives: list[Life] = field(default_factory=list)
    tasks: list[asyncio.Task[Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    hit: set[str] = field(default_factory=set)
    ends: list[tuple[State, int]] = field(default_factory=list)
    frozen: dict[str, list[Record]] = field(default_factory=dict)

    def now(self) -> datetime:
        """The true time."""
        return self.began + timedelta(seconds=self.loop.time())

    def off(self) -> float:
        """By how much the clock of the next life is off."""
        return self.offs[len(self.lives) % len(self.offs)] if self.offs else self.rng.uniform(-OFF, OFF)

    def begin(self, work: Coroutine[Any, Any, Any]) -> None:
        """Let something go on by itself."""
        self.tasks.append(self.loop.create_task(work))

    async def call(self, work: Coroutine[Any, Any, T], *, writes: bool = False) -> T:
        """Ask the store."""
        return await (self.loop.at_once(work) if writes and self.threaded else work)

    async def end(self) -> None:
        """Let nothing go on."""
        self.over = True
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others)

    async def move_clocks(self) -> None:
        """Now and then a clock is set."""
        while True:
            await asyncio.sleep(self.rng.uniform(20, 120))
            life = self.rng.choice(self.lives)
            life.off = self.rng.uniform(-OFF, OFF)
            self.counts["clocks moved"] += 1

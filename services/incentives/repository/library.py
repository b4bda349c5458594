"""The catalogue that counts on a day, and those that earlier matches were made from.

Policies begin, are replaced and withdrawn by the day; what is in effect on it makes its catalogue, which is named by
its content and remembered as a list of policy versions, so that the reasons of an old match can be given from the very
policies it saw, long after they were replaced.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from hashlib import sha256
from typing import Any, Final

from kit.errors import AlreadyExists
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope, Tally
from services.incentives.authored import AuthoringError
from services.incentives.catalogue import Catalogue, CompiledPolicy, build_catalogue
from services.incentives.lives import Life, in_effect, side_by_side
from services.incentives.policy import Policy, stored_policy, version_id
from services.incentives.repository.collections import CATALOGUES, POLICIES, VERSIONS, body_of, today
from services.incentives.settings import CATALOGUES_KEPT, SCHEMA, ZONES, counts_illustrative
from services.incentives.zone_profile import ZoneProfile, load_zones

log = logging.getLogger(__name__)

_PUBLIC: Final = frozenset({"public"})
_SCOPE: Final = Scope.of(_PUBLIC)
_PUBLISHED: Final = (Eq("status", "published"),)

Versions = tuple[tuple[str, int], ...]
"""Which versions of which policy, by id."""


def _counted(compiled: CompiledPolicy) -> str:
    """The id, marked where its sums do not count that day."""
    return compiled.id if compiled.barred is None else f"{compiled.id}-{compiled.barred}"


def readable(documents: Iterable[Mapping[str, Any]]) -> list[Policy]:
    """The policies among stored documents; one that this release cannot read keeps no other from counting."""
    return [found for document in documents if (found := _readable(document)) is not None]


def _readable(document: Mapping[str, Any]) -> Policy | None:
    try:
        return stored_policy(document, str(document.get("id")))
    except (AuthoringError, LookupError, TypeError) as error:
        log.error("stored policy left out, publish a version of it that can be read: %s", error)
        return None


class Library:
    """Catalogues by version and by day, the present one at hand and the next one ready."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._illustrative = counts_illustrative(ports.settings)
        self._zones: Mapping[str, ZoneProfile] = {}
        self._lives: dict[str, Life] = {}
        self._described: dict[str, int] = {}
        self._policies: dict[tuple[str, int], Policy] = {}
        self._kept: OrderedDict[str, Catalogue] = OrderedDict()
        self._names: dict[Versions, str] = {}
        self._remembered: set[str] = set()
        self._present: tuple[date, Catalogue] | None = None
        self._ready: date | None = None
        self._refreshing = asyncio.Lock()
        self._seen: list[Tally] = []
        self._bases: dict[tuple[str, date], str] = {}

    @property
    def zones(self) -> Mapping[str, ZoneProfile]:
        """The profiles of all zones."""
        return self._zones

    @property
    def current(self) -> Catalogue:
        """What counts today."""
        day = today(self._ports)
        if self._present is None or self._present[0] != day:
            self._present = day, self._of(day)
        return self._present[1]

    def life(self, id: str) -> Life:
        """What was done with a policy; nothing with one that was never published."""
        return self._lives.get(id) or Life.of(())

    def policy(self, id: str, version: int) -> Policy | None:
        """A version that is in effect on some day or is told of; None of others."""
        return self._policies.get((id, version))

    def coming(self, day: date) -> list[Policy]:
        """Every version that is in effect on a day or will be later."""
        phases = ((id, each) for id, life in self._lives.items() for each in life.phases if each.last >= day)
        return [self._policies[id, each.version] for id, each in phases if each.version is not None]

    def overdue(self, day: date) -> list[str]:
        """The policies whose record tells of another version than the day's: one has begun since."""
        return [id for id, life in self._lives.items() if life.told_on(day) != self._described[id]]

    async def start(self) -> None:
        """Read the zones and the published policies."""
        self._zones = await asyncio.to_thread(load_zones, ZONES)
        await self.refresh()

    async def catch_up(self) -> None:
        """Read the policies again where another replica has published something since; have today's catalogue ready."""
        if await self._published() != self._seen:
            await self.refresh()
        elif self._ready != today(self._ports):
            await self._prepare()

    async def _published(self) -> list[Tally]:
        """What tells one state of the published policies from another: how many, and how often they were acted on."""
        return await self._ports.store.tally(POLICIES.name, _SCOPE, _PUBLISHED, sum_of="acted")

    async def refresh(self) -> Catalogue:
        """Read again what is published, and remember what the day's catalogue holds."""
        async with self._refreshing:
            seen = await self._published()
            scan = self._ports.store.scan(POLICIES.name, _SCOPE, _PUBLISHED)
            bodies = {record.id: body_of(record) async for record in scan}
            lives = {id: Life.stored(body) for id, body in bodies.items()}
            read = await self._read(bodies, lives)
            lost = {id for (id, _), policy in read.items() if policy is None}
            self._seen, self._names = seen, {}
            self._lives = {id: life for id, life in lives.items() if id not in lost}
            self._policies = {key: policy for key, policy in read.items() if policy is not None}
            self._described = {id: body["document"]["version"] for id, body in bodies.items()}
            return await self._prepare()

    async def _read(
        self, bodies: Mapping[str, Mapping[str, Any]], lives: Mapping[str, Life]
    ) -> dict[tuple[str, int], Policy | None]:
        """Every version that is in effect on some day, and those that records tell of; None of what cannot be read."""
        texts = {(id, body["document"]["version"]): body["document"] for id, body in bodies.items()}
        for id, life in lives.items():
            for phase in life.phases:
                if phase.version is not None and (id, phase.version) not in texts:
                    texts[id, phase.version] = await self._text(id, phase.version)
        return await asyncio.to_thread(lambda: {key: _readable(text) for key, text in texts.items()})

    async def _text(self, id: str, version: int) -> Mapping[str, Any]:
        found = await self._ports.store.get(VERSIONS.name, _SCOPE, version_id(id, version))
        assert found is not None  # noqa: S101 - versions are stored before the policy that names them, and stay
        document: Mapping[str, Any] = body_of(found)["document"]
        return document

    async def _prepare(self) -> Catalogue:
        """Build today's catalogue and the next one, so that nobody waits for it at midnight."""
        day = today(self._ports)
        catalogue = await self.on(day)
        self._present, self._ready = (day, catalogue), day
        coming = [phase.first for life in self._lives.values() if (phase := life.next_after(day)) is not None]
        if coming:
            await self.on(min(coming))
        return catalogue

    async def on(self, day: date) -> Catalogue:
        """The catalogue of a day, built beside the loop where it is not at hand, and remembered."""
        wanted = self._versions(day)
        catalogue = self._kept.get(self._names.get(wanted, ""))
        if catalogue is None:
            catalogue = await asyncio.to_thread(self._build, self._texts(wanted))
            self._keep(catalogue, wanted)
        if catalogue.version not in self._remembered:
            await self._remember(catalogue)
        return catalogue

    def _of(self, day: date) -> Catalogue:
        """The same at once; built in the loop only where the day came before it was prepared."""
        wanted = self._versions(day)
        catalogue = self._kept.get(self._names.get(wanted, ""))
        if catalogue is None:
            catalogue = self._build(self._texts(wanted))
            self._keep(catalogue, wanted)
        return catalogue

    def versions(self, id: str, day: date) -> list[Policy]:
        """What is in effect of a policy on a day: one version, and those that go on beside it, the latest first."""
        return in_effect(self.life(id), day, lambda number: self._policies[id, number])

    def with_draft(self, draft: Policy, life: Life, day: date) -> list[Policy]:
        """The same once a draft is published, which gives the policy this life."""
        return in_effect(
            life, day, lambda number: draft if number == draft.version else self._policies[draft.id, number]
        )

    def _versions(self, day: date) -> Versions:
        return tuple((id, each.version) for id in self._lives for each in self.versions(id, day))

    def _texts(self, wanted: Versions) -> list[Policy]:
        return [self._policies[each] for each in wanted]

    async def at(self, version: str) -> Catalogue | None:
        """The catalogue of this version; None where it cannot be put together any more."""
        if version in self._kept:
            self._kept.move_to_end(version)
            return self._kept[version]
        record = await self._ports.store.get(CATALOGUES.name, _SCOPE, version)
        if record is None:
            return None
        documents = []
        for policy, number in record.body["policies"]:
            found = await self._ports.store.get(VERSIONS.name, _SCOPE, version_id(policy, number))
            if found is None:
                return None
            documents.append(found.body["document"])
        catalogue = await asyncio.to_thread(self._build_stored, documents)
        catalogue.version = version
        self._keep(catalogue)
        return catalogue

    def basis(self, as_of: date) -> str:
        """What a match of this date is made from: another basis may give another answer."""
        catalogue = self.current if as_of == today(self._ports) else self._of(as_of)
        key = (catalogue.version, as_of)
        if key not in self._bases:
            effective = catalogue.effective(as_of)
            term = as_of if any(each.policy.daily for each in effective) else as_of.year
            said = f"{key[0]}:{term}:{','.join(_counted(each) for each in effective)}"
            self._bases.clear()
            self._bases[key] = sha256(said.encode()).hexdigest()[:16]
        return self._bases[key]

    def _build_stored(self, documents: list[dict[str, object]]) -> Catalogue:
        return self._build(readable(documents))

    def _build(self, policies: Iterable[Policy]) -> Catalogue:
        return build_catalogue(side_by_side(policies), self._zones, illustrative=self._illustrative)

    async def _remember(self, catalogue: Catalogue) -> None:
        body = {
            "schema_number": SCHEMA,
            "policies": [[each.policy.base, each.policy.version] for each in catalogue.policies.values()],
        }
        with suppress(AlreadyExists):
            await self._ports.store.save(CATALOGUES.name, Record(catalogue.version, body, _PUBLIC))
        self._remembered.add(catalogue.version)

    def _keep(self, catalogue: Catalogue, versions: Versions | None = None) -> None:
        self._kept[catalogue.version] = catalogue
        self._kept.move_to_end(catalogue.version)
        if versions is not None:
            self._names[versions] = catalogue.version
        while len(self._kept) > CATALOGUES_KEPT:
            self._kept.popitem(last=False)

"""The catalogue that counts now, and those that earlier matches were made from.

A catalogue is named by its content and remembered as a list of policy versions, so that the reasons of an old
match can be given from the very policies it saw, long after they were replaced.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import date
from hashlib import sha256
from typing import Any, Final

from kit.errors import AlreadyExists
from kit.ports import Ports
from kit.store.port import Eq, Record, Scope, Tally
from services.incentives.authored import AuthoringError
from services.incentives.catalogue import Catalogue, CompiledPolicy, build_catalogue
from services.incentives.policy import Policy, stored_policy
from services.incentives.repository.collections import CATALOGUES, POLICIES, VERSIONS, body_of, version_id
from services.incentives.settings import CATALOGUES_KEPT, SCHEMA, ZONES, counts_illustrative
from services.incentives.zone_profile import ZoneProfile, load_zones

log = logging.getLogger(__name__)

_PUBLIC: Final = frozenset({"public"})
_SCOPE: Final = Scope.of(_PUBLIC)


def _counted(compiled: CompiledPolicy) -> str:
    """The id, marked where its sums do not count that day."""
    return compiled.id if compiled.barred is None else f"{compiled.id}-{compiled.barred}"


def readable(documents: Iterable[Mapping[str, Any]]) -> list[Policy]:
    """The policies among stored documents; one that this release cannot read keeps no other from counting."""
    policies = []
    for document in documents:
        try:
            policies.append(stored_policy(document, str(document.get("id"))))
        except (AuthoringError, LookupError, TypeError) as error:
            log.error("stored policy left out, publish a version of it that can be read: %s", error)
    return policies


class Library:
    """Catalogues by version, the present one at hand."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._illustrative = counts_illustrative(ports.settings)
        self._zones: Mapping[str, ZoneProfile] = {}
        self._current: Catalogue | None = None
        self._kept: OrderedDict[str, Catalogue] = OrderedDict()
        self._refreshing = asyncio.Lock()
        self._seen: list[Tally] = []
        self._bases: dict[tuple[str, date], str] = {}

    @property
    def zones(self) -> Mapping[str, ZoneProfile]:
        """The profiles of all zones."""
        return self._zones

    @property
    def current(self) -> Catalogue:
        """What counts now."""
        assert self._current is not None, "the service has not started"  # noqa: S101 - start() comes before any route
        return self._current

    async def start(self) -> None:
        """Read the zones and the published policies."""
        self._zones = await asyncio.to_thread(load_zones, ZONES)
        await self.refresh()

    async def catch_up(self) -> None:
        """Build the catalogue again where another replica has published something since."""
        if await self._published() != self._seen:
            await self.refresh()

    async def _published(self) -> list[Tally]:
        """What tells one state of the published policies from another: how many, and the sum of their versions."""
        return await self._ports.store.tally(POLICIES.name, _SCOPE, [Eq("status", "published")], sum_of="version")

    async def refresh(self) -> Catalogue:
        """Build the catalogue again from what is published, and remember what it holds."""
        async with self._refreshing:
            self._seen = await self._published()
            documents = [
                body_of(record)["document"]
                async for record in self._ports.store.scan(POLICIES.name, _SCOPE, (Eq("status", "published"),))
            ]
            catalogue = await asyncio.to_thread(self._build, documents)
            await self._remember(catalogue)
            self._keep(catalogue)
            self._current = catalogue
        return catalogue

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
        catalogue = await asyncio.to_thread(self._build, documents)
        catalogue.version = version
        self._keep(catalogue)
        return catalogue

    def basis(self, as_of: date) -> str:
        """What a match of this date is made from: another basis may give another answer."""
        key = (self.current.version, as_of)
        if key not in self._bases:
            effective = self.current.effective(as_of)
            term = as_of if any(each.policy.daily for each in effective) else as_of.year
            said = f"{key[0]}:{term}:{','.join(_counted(each) for each in effective)}"
            self._bases.clear()
            self._bases[key] = sha256(said.encode()).hexdigest()[:16]
        return self._bases[key]

    def _build(self, documents: list[dict[str, object]]) -> Catalogue:
        return build_catalogue(readable(documents), self._zones, illustrative=self._illustrative)

    async def _remember(self, catalogue: Catalogue) -> None:
        body = {
            "schema_number": SCHEMA,
            "policies": [[each.id, each.policy.version] for each in catalogue.policies.values()],
        }
        try:
            await self._ports.store.save(CATALOGUES.name, Record(catalogue.version, body, _PUBLIC))
        except AlreadyExists:
            return

    def _keep(self, catalogue: Catalogue) -> None:
        self._kept[catalogue.version] = catalogue
        while len(self._kept) > CATALOGUES_KEPT:
            self._kept.popitem(last=False)

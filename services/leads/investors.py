"""Investors: one identity an installation, found by credit code or name, linked silently."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from contracts.leads import InvestorRef
from contracts.vocabulary.credit_code import is_credit_code, normalise_credit_code
from kit.errors import FieldError
from kit.ports import Ports
from kit.store.port import Record, Scope, Write
from kit.text import normalise
from operating.ids import derive_id
from services.leads.errors import InvalidCreditCode
from services.leads.repository import CLAIMS, INVESTORS, claim, claim_id, stored

_IDENTITY = Scope.system("investor identity")


@dataclass(frozen=True, slots=True)
class Named:
    """An investor as somebody named it: the code normalised where it is valid, as written where not."""

    name: str
    code: str | None
    code_valid: bool | None


@dataclass(frozen=True, slots=True)
class Linked:
    """The investor a lead belongs to, and what must be written before the lead."""

    ref: InvestorRef
    writes: tuple[Write, ...]


def named(name: str, code: str | None, *, lenient: bool = False) -> Named:
    """Check what was given; a ledger's bad code is kept as written.

    Raises:
        InvalidCreditCode: the code fails its check and ``lenient`` is off.
    """
    if code is None or not code.strip():
        return Named(name.strip(), None, None)
    normal = normalise_credit_code(code)
    if is_credit_code(normal):
        return Named(name.strip(), normal, True)
    if lenient:
        return Named(name.strip(), code.strip(), False)
    message = "校验不通过，请对照营业执照核对18位代码；暂时没有可以留空"
    raise InvalidCreditCode(
        f"统一社会信用代码「{code}」{message}。",
        errors=[FieldError("investor.unified_social_credit_code", message)],
    )


async def link(ports: Ports, investor: Named, readers: frozenset[str]) -> Linked:
    """Find or make the identity; its readers become those of all its leads.

    An investor's id is derived from its credit code or else its name, so that it is its own claim; what it
    is also known by is a claim beside it.
    """
    code = investor.code if investor.code_valid else None
    record = await _known(ports, investor, code)
    if record is None:
        return await _new(ports, investor, code, readers)
    writes: list[Write] = []
    body = dict(record.body)
    if code and not body.get("code_valid"):
        writes.append(claim(ports, "code", code, holds=record.id))
        body |= {"code": code, "code_valid": True}
    if body != record.body or not readers <= record.readers:
        writes.append(Write(INVESTORS.name, record.with_body(body, record.readers | readers)))
    return Linked(InvestorRef(id=record.id, name=investor.name), tuple(writes))


async def _known(ports: Ports, investor: Named, code: str | None) -> Record | None:
    if code and (record := await _called(ports, "code", code)):
        return record
    record = await _called(ports, "name", normalise(investor.name))
    if record is None:
        return None
    another_company = code and record.body.get("code_valid") and record.body["code"] != code
    return None if another_company else record


async def _called(ports: Ports, kind: str, key: str) -> Record | None:
    """Who goes by this code or name: as their own id, or by a claim."""
    own, claimed = await asyncio.gather(
        ports.store.get(INVESTORS.name, _IDENTITY, _investor_id(ports, kind, key)),
        ports.store.get(CLAIMS.name, _IDENTITY, claim_id(ports, kind, key)),
    )
    if own is not None:
        return own
    return None if claimed is None else await ports.store.get(INVESTORS.name, _IDENTITY, claimed.body["holds"])


async def _new(ports: Ports, investor: Named, code: str | None, readers: frozenset[str]) -> Linked:
    name = normalise(investor.name)
    id = _investor_id(ports, "code", code) if code else _investor_id(ports, "name", name)
    body = {"name": investor.name, "code": investor.code, "code_valid": investor.code_valid}
    writes = [Write(INVESTORS.name, stored(id, body, readers))]
    if code and await _called(ports, "name", name) is None:
        writes.insert(0, claim(ports, "name", name, holds=id))
    return Linked(InvestorRef(id=id, name=investor.name), tuple(writes))


def _investor_id(ports: Ports, kind: str, key: str) -> str:
    return derive_id(ports.secret, "investor", kind, key)

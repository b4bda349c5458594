"""What ``quce dlq`` does, through the API, as an administrator: dead letters of every service."""

from __future__ import annotations

from typing import Any

from deploy.client import Client, connect
from deploy.result import Result
from kit.settings import Settings

SERVICES = ("leads", "incentives", "notify", "gateway")
_ROWS = 200
_SHOWN_FAILURES = 3


async def listing(settings: Settings, account: str, service: str | None, group: str | None) -> Result:
    """The first failed event of each key that waits, and the messages that are no event."""
    async with connect(settings, account) as client:
        found = [each for name in _services(service) for each in await _all(client, name, group)]
    lines = [_line(each) for each in found]
    return Result("\n".join(lines) or "没有等待处理的事件。", {"items": found})


async def show(settings: Settings, account: str, service: str, id: str) -> Result:
    """One of them: why it failed, when, and what waits behind it."""
    async with connect(settings, account) as client:
        letter = await client.get(f"/dead-letters/{service}/{id}")
    lines = [
        f"{letter['type']}  {letter['event']}  {letter['state']}，已试 {letter['attempts']} 次",
        f"  {letter['topic']} 分区 {letter['partition']} 位置 {letter['offset']}，消费组 {letter['group']}",
        *(f"  {each['at']}  {each['reason']}" for each in letter["failures"][-_SHOWN_FAILURES:]),
        *(f"  {each['path']} = {each['value']}" for each in letter["fields"]),
        f"  排在后面 {letter['behind']} 条",
    ]
    return Result("\n".join(lines), letter)


async def replay(settings: Settings, account: str, service: str, id: str) -> Result:
    """Handle it again, then what waits behind it."""
    async with connect(settings, account) as client:
        path = f"/dead-letters/{service}/{id}"
        answer = await client.change(f"{path}/replay", revision=(await client.get(path))["revision"])
    return Result("已重新处理；结果见 quce dlq list。", answer)


async def replay_all(settings: Settings, account: str, service: str, group: str | None, *, dry_run: bool) -> Result:
    """Start again every key of a service; a dry run only counts."""
    wanted = {"group": group} if group else {}
    async with connect(settings, account) as client:
        counted = await client.post(f"/dead-letters/{service}/dry-run", wanted)
        if dry_run or not counted["lanes"]:
            return Result(f"{counted['lanes']} 个键、{counted['events']} 条事件会重新处理。", counted)
        answer = await client.post(f"/dead-letters/{service}/replay", wanted | {"expected": counted["lanes"]})
    return Result(f"已重新处理 {answer['lanes']} 个键、{answer['events']} 条事件；结果见 quce dlq list。", answer)


async def discard(settings: Settings, account: str, service: str, id: str, reason: str) -> Result:
    """Leave it out for good, with the reason that the audit log keeps."""
    async with connect(settings, account) as client:
        path = f"/dead-letters/{service}/{id}"
        revision = (await client.get(path))["revision"]
        answer = await client.change(f"{path}/discard", {"reason": reason}, revision=revision)
    return Result("已放弃这条事件，排在后面的继续处理。", answer)


def _line(letter: dict[str, Any]) -> str:
    where = f"{letter['service']:<11} {letter['id']}  {letter['state']:<8}"
    return f"{where} {letter['type']}  排在后面 {letter['behind']} 条  {letter['reason']}"


def _services(service: str | None) -> tuple[str, ...]:
    return SERVICES if service is None else (service,)


async def _all(client: Client, service: str, group: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await client.get(f"/dead-letters/{service}", limit=_ROWS, cursor=cursor, group=group)
        found += [{"service": service, **each} for each in page["items"]]
        cursor = page["next"]
        if cursor is None:
            return found

"""The work behind each ``quce`` command, through the API."""

from __future__ import annotations

import asyncio
import csv
import sys
from datetime import date
from pathlib import Path
from typing import Any

from deploy.backup.making import last_backup
from deploy.client import Client, connect
from deploy.embedded import open_suite
from deploy.inspecting import integrity
from deploy.lock import hold, running_url
from deploy.result import CommandFailed, Result
from kit.settings import Settings
from kit.sqlite import FileRefused, check_version, sqlite_version
from operating.ids import content_digest, random_id
from operating.measuring import free_bytes

POLL = 0.2
UNFINISHED = ("queued", "running")


async def seed(settings: Settings) -> Result:
    """Do what the first start does, without serving."""
    if running_url(settings.data) is not None:
        return Result("服务正在运行，首次启动时已完成初始化。", {"sign_ins": []})
    with hold(settings.data, None):
        async with open_suite(settings) as suite:
            accounts = [{"account": each.account, "password": each.password} for each in suite.sign_ins]
            waiting = suite.set_up_code is not None
    lines = [f"{each['account']:<12} {each['password']}" for each in accounts]
    nothing = "还没有管理员，请执行 quce account create --role administrator，或启动后打开 /setup。" if waiting else ""
    return Result("\n".join(lines) or nothing or "已初始化过，没有新建账号。", {"sign_ins": accounts})


async def create_token(settings: Settings, account: str, name: str, days: int) -> Result:
    """A bearer token for scripts."""
    async with connect(settings, account) as client:
        answer = await client.post("/tokens", {"name": name, "expires_days": days})
    return Result(answer["token"], answer)


async def import_leads(settings: Settings, account: str, file: Path) -> Result:
    """Import a ledger and wait for its end."""
    content = await asyncio.to_thread(file.read_bytes)
    async with connect(settings, account) as client:
        job = await client.upload("/imports", file.name, content, key=f"{content_digest(content)[:32]}-{random_id()}")
        job = await _wait(client, job["id"])
        if job["state"] != "finished":
            raise CommandFailed(job["detail"] or "导入没有完成。")
        summary = await client.get(f"/imports/{job['id']}")
        rows = await _all_rows(client, job["id"])
    counts = summary["counts"]
    text = (
        f"读入 {counts['rows']} 行：新建 {counts['created']}，与已有线索重复 {counts['linked']}，"
        f"未导入 {counts['refused']}，有待核对的 {counts['with_problems']}。"
    )
    problems = [
        f"  第{row['row']}行 {each['column']}「{each['value']}」：{each['message']}"
        for row in rows
        for each in row["problems"]
    ]
    return Result("\n".join([text, *problems]), {"import_id": summary["import_id"], "counts": counts, "rows": rows})


async def send_digest(settings: Settings, account: str, week: str) -> Result:
    """Freeze and send the digest of a week that is over."""
    async with connect(settings, account) as client:
        answer = await client.post(f"/digests/{week}/send", {}, key=f"send-{week}")
    digests = answer["digests"]
    repeated = sum(digest["repeated"] for digest in digests)
    unsent = sum(digest["sent_at"] is None for digest in digests)
    lines = [f"{week} 周报 {len(digests)} 份：本次生成 {len(digests) - repeated} 份，此前已有 {repeated} 份。"]
    if unsent:
        lines.append(f"其中 {unsent} 份尚未发送，可再执行一次。")
    if in_doubt := [digest["manager"] for digest in digests if digest["in_doubt"]]:
        lines.append(
            f"其中 {'、'.join(in_doubt)} 的发送途中中断过，不能确定是否送达，不会自动重发："
            "请向本人核实，再在「投递记录」页决定重新发送还是标为已发送。"
        )
    silent = sorted({name for digest in digests for name in digest["silent"]})
    if silent:
        lines.append(f"生成时尚未收到这些服务的数据：{'、'.join(silent)}；之后到达的会列入下期更正。")
    return Result("\n".join(lines), answer)


async def load_codes(settings: Settings, account: str, file: Path, version: str, valid_from: str) -> Result:
    """Load an official table of industry codes."""
    codes = await asyncio.to_thread(_read_codes, file)
    body = {"version": version or file.stem, "valid_from": valid_from or date.today().isoformat(), "codes": codes}  # noqa: DTZ011 - the operator's own calendar day
    async with connect(settings, account) as client:
        answer = await client.post("/industry-codes", body)
    return Result(f"已载入 {len(codes)} 条行业代码（{body['version']}）。", answer)


async def doctor(settings: Settings) -> Result:
    """What an operator looks at first."""
    checks: dict[str, Any] = {
        "python": sys.version.split()[0],
        "sqlite": sqlite_version(),
        "data": str(settings.data),
        "running": running_url(settings.data),
        "disk_free": f"{free_bytes(settings.data) // 2**20} MB",
    }
    ok = True
    try:
        check_version()
    except FileRefused as error:
        checks["sqlite"], ok = str(error), False
    for path in sorted(settings.data.glob("*.db")):
        checks[path.name] = verdict = await asyncio.to_thread(_integrity, path)
        ok = ok and verdict == "ok"
    made = last_backup(settings.data)
    checks["last_backup"] = f"{made['at']} {made['file']}" if made else "还没有备份过，请执行 quce backup"
    checks["ok"] = ok
    return Result("\n".join(f"{name:<16} {value}" for name, value in checks.items()), checks, ok)


def _integrity(path: Path) -> str:
    try:
        return integrity(path)
    except FileRefused as error:
        return str(error)


async def _wait(client: Client, id: str) -> dict[str, Any]:
    while True:
        job: dict[str, Any] = await client.get(f"/jobs/{id}")
        if job["state"] not in UNFINISHED:
            return job
        await asyncio.sleep(POLL)


async def _all_rows(client: Client, id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = await client.get(f"/imports/{id}/rows", limit=200, cursor=cursor)
        rows += page["items"]
        cursor = page["next"]
        if cursor is None:
            return rows


def _read_codes(file: Path) -> list[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = list(csv.DictReader(source))
    except UnicodeDecodeError as error:
        raise CommandFailed(f"{file.name} 不是 UTF-8 编码的 CSV，请另存为 UTF-8 再试。") from error
    wanted = ("code", "section", "level", "name")
    if not rows or any(name not in rows[0] for name in wanted):
        raise CommandFailed(f"{file.name} 应有表头 {','.join(wanted)} 和至少一行代码。")
    return [{name: row[name].strip() for name in wanted} for row in rows]

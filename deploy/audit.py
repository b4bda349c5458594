"""``quce audit``: what an operator asks of the audit log, beside the running suite or without it."""

from __future__ import annotations

from deploy.result import CommandFailed, Result
from gateway.audit.keeping import COLLECTIONS
from gateway.audit.verifying import verify
from kit.secrets import read_secret
from kit.settings import Settings
from operating.opening import kept_here, open_store


async def verify_log(settings: Settings) -> Result:
    """Compute every chain again; not ok where something was changed.

    Raises:
        CommandFailed: there is no log here, or no key to verify it with.
    """
    key = settings.data / "keys" / "installation.key"
    on_this_machine = [settings.data / "gateway.db"] if kept_here(settings) else []
    for needed in (*on_this_machine, key):
        if not needed.exists():
            raise CommandFailed(f"没有找到 {needed}，请核对 QUCE_DATA。")
    store = open_store("gateway", settings)
    try:
        await store.ensure(*COLLECTIONS)
        verdict = await verify(store, read_secret(key), settings.audit_anchor_file)
    finally:
        await store.close()
    lines = [f"{verdict.offices} 条链、{verdict.entries} 条记录、{verdict.anchors} 行锚定，"
             + ("全部完好。" if verdict.ok else f"发现 {len(verdict.findings)} 处不符：")]  # fmt: skip
    lines += [f"  {each}" for each in verdict.findings]
    document = {
        "ok": verdict.ok,
        "entries": verdict.entries,
        "offices": verdict.offices,
        "anchors": verdict.anchors,
        "findings": [{"office": each.office, "number": each.number, "what": each.what} for each in verdict.findings],
    }
    return Result("\n".join(lines), document, verdict.ok)

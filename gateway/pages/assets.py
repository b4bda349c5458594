"""The assets of the pages: an explicit table of files installed from the npm lock, and our own folder beside it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, PlainTextResponse, Response

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = ROOT / "node_modules"
OWN = ROOT / "gateway" / "static"

TABLE: Mapping[str, tuple[str, str]] = {
    "tabler.css": ("@tabler/core/dist/css/tabler.min.css", "text/css"),
    "htmx.js": ("htmx.org/dist/htmx.min.js", "text/javascript"),
    "echarts.js": ("echarts/dist/echarts.common.min.js", "text/javascript"),
    "sortable.js": ("sortablejs/Sortable.min.js", "text/javascript"),
}
"""Name under ``/assets/`` to its file and type; nothing else of ``node_modules`` is served."""

DAY = "public, max-age=86400"

TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
OWN_FILES: Mapping[str, Path] = {
    path.relative_to(OWN).as_posix(): path for path in sorted(OWN.rglob("*.*")) if path.suffix in TYPES
}

router = APIRouter()


@router.get("/assets/{name}")
async def asset(name: str) -> Response:
    """One installed file."""
    if name not in TABLE:
        return Response(status_code=404)
    path, media_type = TABLE[name]
    file = INSTALLED / path
    if not file.is_file():
        log.error("the assets of the pages are not installed: run npm ci beside package-lock.json")
        return PlainTextResponse("页面资源没有安装：请在程序所在目录执行 npm ci，然后刷新页面。", status_code=404)
    return FileResponse(file, media_type=media_type, headers={"Cache-Control": DAY})


@router.get("/static/{name:path}")
async def own_file(name: str) -> Response:
    """One file of ours."""
    path = OWN_FILES.get(name)
    if path is None:
        return Response(status_code=404)
    return FileResponse(path, media_type=TYPES[path.suffix], headers={"Cache-Control": DAY})


@cache
def version() -> str:
    """Changes whenever one of our own files does, so that browsers fetch it anew."""
    digest = sha256()
    for path in OWN_FILES.values():
        digest.update(path.read_bytes())
    return digest.hexdigest()[:10]

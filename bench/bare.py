"""What the edge is compared with: one FastAPI route with the same models under the same uvicorn settings.

``python -m bench.bare PORT`` serves it.
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI

from services.leads.bench_routes import Empty
from services.leads.schemas import LeadInput

app = FastAPI(openapi_url=None)


@app.get("/empty")
async def empty_get() -> Empty:
    """A read of nothing."""
    return Empty(ok=True)


@app.post("/empty", status_code=201)
async def empty_post(body: LeadInput) -> Empty:
    """A registration that stores nothing."""
    return Empty(ok=bool(body.title))


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=False,
        log_config=None,
        server_header=False,
    )

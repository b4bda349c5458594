"""Sends the spans of a process to a collector, where the settings name one; else nothing of it is even loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from types import ModuleType
from urllib.parse import urlsplit

from kit.settings import Settings, SettingsRefused
from kit.telemetry import NOWHERE, trace_to


@asynccontextmanager
async def tracing(settings: Settings) -> AsyncIterator[None]:
    """Spans are collected while inside.

    Raises:
        SettingsRefused: the collector's address is none, or what sends to it is not installed.
    """
    if not settings.otlp_endpoint:
        yield
        return
    _check(settings.otlp_endpoint)
    sending = _sdk().Sending(settings)
    trace_to(sending.tracers)
    try:
        yield
    finally:
        trace_to(NOWHERE)
        await asyncio.to_thread(sending.end)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
        right = right and not (parts.query or parts.fragment)
    except ValueError:
        right = False
    if not right:
        raise SettingsRefused("QUCE_OTLP_ENDPOINT：应为收集器的地址 http://主机:4318，不带账号和参数。")


def _sdk() -> ModuleType:
    try:
        return import_module("deploy.otlp")
    except ModuleNotFoundError as error:
        raise SettingsRefused(
            f"QUCE_OTLP_ENDPOINT：缺少 {error.name}。要发送追踪，请先安装："
            "pip install --require-hashes -r requirements-cluster.lock；不需要追踪，就不要设置它。"
        ) from error

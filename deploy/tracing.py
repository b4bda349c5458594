"""Sends the spans of a process to a collector, where the settings name one; else nothing of it is even loaded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from types import ModuleType

from gateway.replicas import names_server
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
    if not names_server(settings.otlp_endpoint):
        raise SettingsRefused("QUCE_OTLP_ENDPOINT：应为收集器的地址 http://主机:4318，不带账号和参数。")
    sending = _sdk().Sending(settings)
    trace_to(sending.tracers)
    try:
        yield
    finally:
        trace_to(NOWHERE)
        await asyncio.to_thread(sending.end)


def _sdk() -> ModuleType:
    try:
        return import_module("deploy.otlp")
    except ModuleNotFoundError as error:
        raise SettingsRefused(
            f"QUCE_OTLP_ENDPOINT：缺少 {error.name}。要发送追踪，请先安装："
            "pip install --require-hashes -r requirements-cluster.lock；不需要追踪，就不要设置它。"
        ) from error

"""Leaves a service alone for a while once it has stopped answering, so that callers do not queue behind it."""

from __future__ import annotations

import math
from collections import deque

from prometheus_client import Gauge

from gateway.errors import ServiceUnavailable
from gateway.settings import BREAKER_FAILURES, BREAKER_PAUSE, BREAKER_WINDOW
from kit.clock import Clock

BREAKER_OPEN = Gauge("quce_breaker_open", "Whether a service that fell silent is left alone.", ["service"])
SERVICE_NAMES = {"leads": "招商线索", "incentives": "惠企政策", "notify": "通知与周报", "gateway": "门户与账号"}


class Breaker:
    """Opens after some failures within a while, lets one call through after a pause, closes when that succeeds."""

    def __init__(self, service: str, clock: Clock) -> None:
        self._service, self._clock = service, clock
        self._failures: deque[float] = deque(maxlen=BREAKER_FAILURES)
        self._open_until: float | None = None
        self._shown = BREAKER_OPEN.labels(service)

    @property
    def open(self) -> bool:
        """Whether the service is being left alone, but for the one call that tries it."""
        return self._open_until is not None

    def admit(self) -> None:
        """Let a call through, or refuse it.

        Raises:
            ServiceUnavailable: the service is being left alone.
        """
        if self._open_until is None:
            return
        now = self._now()
        if self._open_until - BREAKER_PAUSE <= now < self._open_until:  # a clock set back must not keep it open
            raise unavailable(self._service, math.ceil(self._open_until - now))
        self._open_until = now + BREAKER_PAUSE

    def succeeded(self) -> None:
        """The service answered."""
        if self._failures:
            self._failures.clear()
        if self._open_until is not None:
            self._open_until = None
            self._shown.set(0)

    def failed(self) -> None:
        """It did not."""
        now = self._now()
        self._failures.append(now)
        if len(self._failures) == BREAKER_FAILURES and now - self._failures[0] <= BREAKER_WINDOW:
            self._open_until = now + BREAKER_PAUSE
            self._shown.set(1)

    def _now(self) -> float:
        return self._clock.now().timestamp()


def unavailable(service: str, seconds: int = math.ceil(BREAKER_PAUSE)) -> ServiceUnavailable:
    """What a caller is told when a service gives no answer."""
    return ServiceUnavailable(
        f"「{SERVICE_NAMES.get(service, service)}」服务暂时没有响应，请约 {seconds} 秒后重试；"
        "提交未得到答复时，请用同一个 Idempotency-Key 重试，不会重复执行。",
        headers={"Retry-After": str(seconds)},
        service=service,
    )

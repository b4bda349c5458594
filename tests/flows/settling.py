"""Waits until a world has heard all that was said in it."""

from __future__ import annotations

from typing import Any

from tests.flows.world import World

SERVICES = ("leads", "incentives", "notify", "gateway")


def settle(world: World) -> None:
    """Return when no group of any service lags."""
    world.wait(lambda: not any(group["lag"] for group in groups(world)))


def come_to_peace(world: World) -> None:
    """Return when nothing waits either until somebody decides on it."""
    world.wait(lambda: not any(group["lag"] or group["parked"] for group in groups(world)))


def groups(world: World) -> list[dict[str, Any]]:
    """How far every group of every service is."""
    return [group for service in SERVICES for group in world.get("admin", f"/system/{service}")["groups"]]

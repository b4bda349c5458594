"""Reads ``docker-compose.yml`` as Compose does: what an environment file sets, else each variable's default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "docker-compose.yml"
ENVIRONMENTS = ROOT / "deploy" / "env"
OURS = ("gateway", "leads", "incentives", "notify", "topics", "quce")
"""What runs our image."""
SERVICES = ("gateway", "leads", "incentives", "notify")
ONE_SHOT = ("topics", "mongo-members")
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::-([^}]*))?\}")


def variables_of(name: str) -> dict[str, str]:
    """What an example of an environment file sets."""
    lines = (ENVIRONMENTS / name).read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


class Composed:
    """The file, with its variables filled in."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self.variables = variables or {}

    @cached_property
    def document(self) -> dict[str, Any]:
        """All of it."""
        text = VARIABLE.sub(lambda found: self.variables.get(found[1], found[2]), FILE.read_text("utf-8"))
        read: dict[str, Any] = yaml.safe_load(text)
        return read

    @property
    def services(self) -> dict[str, dict[str, Any]]:
        """Every service, whatever its profile."""
        found: dict[str, dict[str, Any]] = self.document["services"]
        return found

    @property
    def started(self) -> set[str]:
        """The services that ``docker compose up`` starts."""
        active = set(filter(None, self.variables.get("COMPOSE_PROFILES", "").split(",")))
        return {
            name for name, each in self.services.items() if not each.get("profiles") or active & {*each["profiles"]}
        }

    def named(self, beginning: str) -> list[str]:
        """The numbered services of a kind that are started: ``kafka`` gives kafka1, kafka2, kafka3."""
        return sorted(name for name in self.started if re.fullmatch(rf"{beginning}\d", name))

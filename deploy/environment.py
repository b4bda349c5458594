"""Reads the settings of a process from its environment."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from kit.settings import Settings, SettingsRefused


def read_settings(**given: Any) -> Settings:
    """The settings of this process; what is ``given`` goes before the environment.

    Raises:
        SettingsRefused: one of them does not hold.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [_said(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_input=False)]
        raise SettingsRefused("\n".join(lines)) from None


def _said(name: str, message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"QUCE_{name.upper()}：{text}。" if name else f"{text}。"

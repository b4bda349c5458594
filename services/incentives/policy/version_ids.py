"""The name of one version of a policy, in the store and where it goes on beside a later one: ``policy@2``."""

from __future__ import annotations

from typing import Final

_MARK: Final = "@"


def version_id(policy: str, version: int) -> str:
    """The id of one immutable version of a policy."""
    return f"{policy}{_MARK}{version}"


def base_of(id: str) -> str:
    """The id under which people know a policy, of it or of one of its versions."""
    return id.partition(_MARK)[0]

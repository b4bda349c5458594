"""Why an installation is not moved, or not further; every message says what to do."""

from __future__ import annotations


class MoveRefused(RuntimeError):
    """Nothing was changed at the target, or no more than what a repeated command goes on with."""


GONE = "目标里没有上次迁移写下的内容。请清空目标，删除数据目录里的 migration.json，再从头迁移。"

"""What a fair-competition review says: the rules it answers, and the purposes for which an exception may be made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

RuleId = Literal[
    "named-firm",
    "hand-picked",
    "local-registration",
    "relocation",
    "tax-here",
    "tax-refund",
    "no-leaving",
    "fiscal-contribution",
    "cheap-factors",
]
"""The rules whose flags a review answers."""

GroundId = Literal["security", "technology", "public_interest", "law"]
"""The purposes that 公平竞争审查条例 Art. 12 lists."""

GROUNDS: Final[Mapping[GroundId, str]] = {
    "security": "维护国家安全和发展利益",
    "technology": "促进科学技术进步、增强国家自主创新能力",
    "public_interest": "节约能源、保护环境、救灾救助等社会公共利益",
    "law": "法律、行政法规规定的其他情形",
}

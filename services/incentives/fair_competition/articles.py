"""The articles that rules rest on, quoted with their source; what was not seen word for word is marked 大意."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_REGULATION: Final = "公平竞争审查条例（国务院令第783号）"
_MEASURES: Final = "公平竞争审查条例实施办法（市场监管总局令第99号）"


@dataclass(frozen=True, slots=True)
class Article:
    """One provision: where it stands, and what it says."""

    source: str
    number: str
    text: str

    @property
    def place(self) -> str:
        """``公平竞争审查条例（国务院令第783号）第九条第（一）项``."""
        return f"{self.source}{self.number}"

    def __str__(self) -> str:
        """``公平竞争审查条例（国务院令第783号）第九条第（一）项：…``."""
        return f"{self.place}：{self.text}"


NO_WAY_OUT: Final = Article(
    _REGULATION,
    "第九条第（一）项",
    "不得含有限制外地或者进口商品、要素进入本地市场，或者阻碍本地经营者迁出，商品、要素输出的内容。",
)
LOCAL_BRANCHES: Final = Article(
    _REGULATION,
    "第九条第（二）项",
    "不得含有排斥、限制、强制或者变相强制外地经营者在本地投资经营或者设立分支机构的内容。",
)
TAXES: Final = Article(
    _REGULATION,
    "第十条第（一）项",
    "没有法律、行政法规依据或者未经国务院批准，不得给予特定经营者税收优惠。",
)
GRANTS: Final = Article(
    _REGULATION,
    "第十条第（二）项",
    "没有法律、行政法规依据或者未经国务院批准，不得给予特定经营者选择性、差异化的财政奖励或者补贴。",
)
FACTORS: Final = Article(
    _REGULATION,
    "第十条第（三）项",
    "没有法律、行政法规依据或者未经国务院批准，"
    "不得给予特定经营者要素获取、行政事业性收费、政府性基金、社会保险费等方面的优惠。",
)
ENTRY: Final = Article(
    _MEASURES,
    "第十二条第（二）项",
    "不得根据经营者所有制形式、注册地、组织形式、规模等设置歧视性的市场准入、退出条件。",
)
CUT_TAXES: Final = Article(_MEASURES, "第十八条", "大意：不得减轻、免除或者变相支持特定经营者少缴、不缴税款。")
CHOSEN_FIRMS: Final = Article(
    _MEASURES,
    "第十九条第（一）项",
    "不得以直接确定受益经营者或者设置不明确、不合理入选条件的名录库、企业库等方式，实施财政奖励或者补贴。",
)
LOCAL_GRANTS: Final = Article(
    _MEASURES,
    "第十九条第（三）项",
    "大意：不得以外地经营者将注册地迁移至本地、在本地纳税、纳入本地统计等为条件，实施财政奖励或者补贴。",
)
REFUNDS: Final = Article(
    _MEASURES,
    "第十九条第（四）项",
    "大意：不得采取列收列支或者违法违规采取先征后返、即征即退等形式，对特定经营者返还，或者给予奖励、补贴。",
)
CHEAP_FACTORS: Final = Article(
    _MEASURES,
    "第二十条",
    "大意：不得以直接确定受益经营者或者没有客观明确条件的方式，在要素获取、收费、基金、社会保险费上给予优惠。",
)
UNREVIEWED: Final = Article(
    _REGULATION,
    "第十八条",
    "大意：未经公平竞争审查，或者经审查违反第八条至第十一条且不符合第十二条的政策措施，不得出台。",
)

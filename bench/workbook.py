"""A ledger of any length for the import benchmark, as an office would keep it."""

from __future__ import annotations

import random
from pathlib import Path

from openpyxl import Workbook

HEADER = (
    "序号", "项目名称", "投资方", "产业链", "行业代码", "项目简介", "总投资（亿元）", "固定资产投资（亿元）",
    "用地需求（亩）", "线索来源", "首谈时间", "跟踪负责人", "意向落户区", "当前阶段",
    "最新进展", "更新时间", "联系人", "联系电话",
)  # fmt: skip
CHAINS = (
    ("集成电路", "3973"),
    ("智能网联汽车", "3962"),
    ("生命健康", "2770"),
    ("人工智能", "6513"),
    ("新能源", "3841"),
)
ZONES = ("光谷", "车谷", "临空港", "江夏区", "蔡甸区", "黄陂区")
STAGES = ("线索", "研判", "在谈", "评审", "签约", "开工")
MODES = ("产业链招商", "平台招商", "以商招商", "资本招商")


def write_ledger(path: Path, rows: int, seed: int) -> None:
    """A workbook with title row, header and ``rows`` different projects of invented investors."""
    rng = random.Random(seed)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("招商线索台账")
    sheet.append(["2026年招商引资线索台账"])
    sheet.append(list(HEADER))
    for number in range(1, rows + 1):
        sheet.append(_row(number, rng))
    book.save(path)


def _row(number: int, rng: random.Random) -> list[str | int | float]:
    chain, code = rng.choice(CHAINS)
    investment = rng.randint(5, 300) / 10
    day = f"2026-{rng.randint(1, 10):02d}-{rng.randint(1, 28):02d}"
    return [
        number,
        f"{chain}基准项目{number}号",
        f"示例基准{number:05d}有限公司",
        chain,
        code,
        f"拟建设{chain}项目，配套研发与生产设施。",
        investment,
        f"约{investment * 0.6:.2f}亿",
        rng.choice((0, 30, 80, 120)),
        rng.choice(MODES),
        day,
        "示例负责人",
        rng.choice(ZONES),
        rng.choice(STAGES),
        "已与企业视频沟通。",
        day,
        "示例联系人",
        f"138{rng.randint(0, 99_999_999):08d}",
    ]

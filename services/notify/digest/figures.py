"""The figures of a digest: label, unit, definition, and which records they count, each said once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.vocabulary.stages import STAGE_LABELS, Stage
from services.notify.digest import selections
from services.notify.digest.english import ILLUSTRATIVE_NOTE as ILLUSTRATIVE_NOTE_EN
from services.notify.digest.rows import Row, Selection, Sources
from services.notify.digest.window import Window
from services.notify.model.lead_line import BACK, RESUMED
from services.notify.model.money import MoneySum

Measure = Literal["count", "money", "number"]
ILLUSTRATIVE = "illustrative"
ILLUSTRATIVE_NOTE = "含示例政策测算，非政府发布，不构成承诺。"
MONEY_BASIS = "人民币逐笔精确相加；区间按下限计入；外币、待定和未填的不计入，另行注明"


@dataclass(frozen=True, slots=True)
class FigureKind:
    """What a figure is.

    ``revisable`` figures go by business dates, so that a late arrival becomes a correction; the others are
    readings at an instant. ``always`` ones are shown even where they are zero now and were before.
    """

    id: str
    section: str
    label: str
    unit: str
    measure: Measure
    formula: str
    basis: str
    rows: Selection
    revisable: bool = True
    always: bool = True

    def definition(self, window: Window) -> str:
        """公式、口径、截止."""
        return f"公式：{self.formula}。口径：{self.basis}。截止：{window.cutoff_text}。"


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure of one week: its records and what they come to. ``high`` differs from ``value`` where ranges do."""

    kind: FigureKind
    rows: Sequence[Row]
    value: int
    high: int | None
    note: str | None
    note_en: str | None


SECTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "new_leads": ("新增线索", ("new_leads",)),
    "stage_moves": ("阶段推进", ("stage_moves",)),
    "signed": ("签约", ("signed_count",)),
    "clocks": ("到期提醒", ("respond_overdue", "protect_overdue", "respond_due", "protect_due")),
    "calls": ("值得联系的匹配", ("calls",)),
    "imports": ("台账导入", ("imports",)),
}
"""Section id to its title and the figures whose first records are shown under it."""

_BY_DATE = "按业务日期归入本周（导入的台账按原日期，落在旧的周次）"
_AT_INSTANT = "只数推进中的线索；为截止时点的读数，事后不追溯更正"


def _move_kind(target: str, label: str) -> FigureKind:
    return FigureKind(
        f"moves_{target}", "stage_moves", label, "次", "count",
        f"本周{label}的次数", _BY_DATE, selections.moves_to(target), always=False,
    )  # fmt: skip


def _clock_kinds(clock: str, label: str, overdue: str) -> tuple[FigureKind, FigureKind]:
    return (
        FigureKind(
            f"{clock}_due", "clocks", f"7天内{label}到期", "条", "count",
            f"截止后7天内{label}期限届满、尚未完成的线索数", _AT_INSTANT,
            selections.clocks_due(clock), revisable=False,
        ),
        FigureKind(
            f"{clock}_overdue", "clocks", overdue, "条", "count",
            f"截止时{label}期限已过、尚未完成的线索数", _AT_INSTANT,
            selections.clocks_overdue(clock), revisable=False,
        ),
    )  # fmt: skip


FIGURES: tuple[FigureKind, ...] = (
    FigureKind(
        "new_leads", "new_leads", "新增线索", "条", "count",
        "登记日期在本周的线索数", _BY_DATE, selections.new_leads,
    ),
    FigureKind(
        "new_investment", "new_leads", "新增线索总投资额", "fen", "money",
        "登记日期在本周的线索的总投资额之和", MONEY_BASIS, selections.new_leads,
    ),
    FigureKind(
        "stage_moves", "stage_moves", "阶段变动", "次", "count",
        "本周阶段推进、退回、暂缓、恢复和终止的次数之和", _BY_DATE, selections.all_moves,
    ),
    *(_move_kind(stage.value, f"进入{STAGE_LABELS[stage][0]}") for stage in Stage),
    _move_kind("on_hold", "转为暂缓"),
    _move_kind("closed", "终止"),
    _move_kind(RESUMED, "恢复推进"),
    _move_kind(BACK, "退回上一阶段"),
    FigureKind(
        "signed_count", "signed", "签约项目", "个", "count",
        "签约日期在本周的项目数", _BY_DATE, selections.signed,
    ),
    FigureKind(
        "signed_amount", "signed", "签约金额", "fen", "money",
        "签约日期在本周的项目的签约金额之和", MONEY_BASIS, selections.signed,
    ),
    *_clock_kinds("respond", "响应", "响应已逾期"),
    *_clock_kinds("protect", "首谈保护", "首谈保护已到期"),
    FigureKind(
        "calls", "calls", "值得联系的匹配", "条", "count",
        "尚未签约、政策测算有确定金额、本周没有跟进的线索数", "金额取确定金额最高的区；" + _AT_INSTANT,
        selections.calls, revisable=False,
    ),
    FigureKind(
        "calls_certain", "calls", "可争取的确定金额", "fen", "money",
        "上述线索在最优区的确定金额之和", "测算结果仅供参考，以正式审核为准；" + _AT_INSTANT,
        selections.calls, revisable=False,
    ),
    FigureKind(
        "imports", "imports", "导入台账", "次", "count",
        "本周完成的台账导入次数", "按导入完成日期", selections.imports,
    ),
    FigureKind(
        "imported_leads", "imports", "导入新增线索", "条", "number",
        "本周完成的导入所新建的线索数", "按导入完成日期，不论线索的登记日期", selections.imports,
    ),
)  # fmt: skip

BY_ID: Mapping[str, FigureKind] = {kind.id: kind for kind in FIGURES}


def read(kind: FigureKind, sources: Sources, window: Window) -> Reading:
    """What a figure comes to in a week."""
    return measure(kind, sources.select(kind.rows, window))


def measure(kind: FigureKind, rows: Sequence[Row]) -> Reading:
    """What these rows come to."""
    if kind.measure == "count":
        return Reading(kind, rows, len(rows), len(rows), *_notes(rows, None))
    if kind.measure == "number":
        total = sum(row.adds for row in rows if isinstance(row.adds, int))
        return Reading(kind, rows, total, total, None, None)
    money = MoneySum.over(row.adds if isinstance(row.adds, Mapping) else None for row in rows)
    return Reading(kind, rows, money.low, money.high, *_notes(rows, money))


def _notes(rows: Sequence[Row], money: MoneySum | None) -> tuple[str | None, str | None]:
    """What the number alone would hide, in Chinese and English."""
    illustrative = any(ILLUSTRATIVE in row.values.get("standing", ()) for row in rows)
    chinese = [money.note() if money else None, ILLUSTRATIVE_NOTE if illustrative else None]
    english = [money.note_in_english() if money else None, ILLUSTRATIVE_NOTE_EN if illustrative else None]
    return "".join(filter(None, chinese)) or None, " ".join(filter(None, english)) or None

"""Why a workbook cannot be read as a ledger: each refusal says what is wrong and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

_AGAIN = "请用 Excel 或 WPS 打开，另存为 .xlsx 后再导入。"
_COPY = "请把台账所在的表复制到新工作簿，保存后再导入。"
MESSAGES: Mapping[str, str] = {
    "empty_file": "文件是空的，请重新选择台账文件。",
    "too_big": "文件有 {packed} MB，超过 20 MB。请删去图片和无关的工作表，或拆成几个工作簿分别导入。",
    "zip_bomb": "文件解压后有 {unpacked} MB（{entries} 个部分），不像一份台账，没有打开。" + _COPY,
    "not_a_workbook": "这不是 Excel 工作簿（可以是 xlsx、xls、xlsb 或 ods）。" + _AGAIN,
    "password": "工作簿设了打开密码，无法读取。请用 Excel 或 WPS 打开，取消密码并保存后再导入。",
    "too_many_rows": "工作簿有 {rows} 行，一次最多导入 20,000 行。请拆成几个工作簿分别导入。",
    "far_rows": "「{sheet}」第 {limit} 行以后还有内容，不像台账。请删去远离数据的单元格，保存后再导入。",
    "too_many_columns": "「{sheet}」有 {columns} 列，超过 200 列。请删去多余的列，保存后再导入。",
    "too_large": "工作簿的内容太多，超出了读取的限度。" + _COPY,
    "too_slow": "读取工作簿超过 {seconds} 秒，已停止。" + _COPY,
    "broken": "工作簿打不开，可能已损坏，或在远离数据的地方有零散内容。" + _AGAIN,
    "formulas": "第{row}行「{column}」（{place}单元格）等 {count} 格是公式，但文件里没有保存计算结果，读不出数值。"
    "请用 Excel 或 WPS 打开，保存一次后重新导入；或把这些公式改成数值。",
    "no_sheet": "工作簿里没有可见的工作表。请取消隐藏台账所在的表，保存后再导入。",
    "no_header": "没有找到台账的表头。请确认前 {searched} 行里有一行是列名，其中有「项目名称」或「投资方」"
    "（企业名称、投资主体也可以），以及总投资、阶段、落户区等列。",
    "no_rows": "找到了表头（「{sheet}」第{row}行），但下面没有数据行，请检查后再导入。",
}
"""By code. {braces} are filled with the figures of the case."""


class LedgerError(ValueError):
    """The workbook cannot be read as a ledger; ``code`` names why, the message says it in Chinese."""

    def __init__(self, code: str, **figures: object) -> None:
        super().__init__(MESSAGES[code].format(**figures))
        self.code, self.figures = code, figures

"""Ledgers of other offices: other column names, order and units, headers in two rows, several sheets."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from contracts.vocabulary.amount import Amount
from contracts.vocabulary.source_modes import SourceMode
from contracts.vocabulary.stages import LeadState, Stage
from services.leads.ledger import LedgerRow
from services.leads.ledger.row import SHEET_STEP
from tests.leads.ledger.conftest import WriteWorkbook, read_here

YI = 10_000_000_000
MANIFEST = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="台账">{}</table:table></office:spreadsheet></office:body></office:document-content>'
)
OTHER = [
    ["某区重点招商项目跟踪表（2026年11月）"],
    [],
    ["填报单位：某局", None, None, "填报人：某某"],
    [
        "填报时间", "项目状态", "*企业名称", "拟投资项目", "社会信用代码", "所属行业", "国民经济行业", "投资总额/万元",
        "其中：固投（万美元）", "占地面积（公顷）", "招商模式", "介绍人", "首次接触\n日期", "责任人", "拟落地区域",
        "建设内容", "工作进展", "企业联系人及电话", "职务", "责任人电话", "预计年产值（亿元）", "其他",
    ],
    [
        date(2026, 11, 20), "已签约未开工", "示例 智造（武汉）有限公司", "机器人整机项目", " 9135 0100 m000 100y 43",
        "机器人产业链",
        "C3491 工业机器人制造", "１２，０００", 500, 2, "以商招商", "某商会", "26.4.9", "李四", "东湖高新区",
        "整机产线", "已选址", "王五 138-1234-5678", "总经理", "13900000000", 3.5, None,
    ],
    [
        "2026年10月", "暂缓（在谈）", "示例二公司", "食品工厂", None, "健康食品", 1491, "约1.5亿元", "待定",
        "租赁厂房2000㎡",
        "展会", "无", 46121, "赵六、钱七", "上海", None, None, "027-87654321", None, None, "/", "重点",
    ],
    ["二、储备项目"],
    [
        None, "推进", "示例三公司", None, "123", "不明行业", "烘焙", "一个亿", None, None, "缘分", None, "去年", None,
        "江夏、蔡甸", None, None, None, None, None, None, None,
    ],
    [None, None, None, "只有项目名的项目", None, None, None, "3000-5000"],
    ["备注：以上数据为初步统计"],
    [None, None, "小计", None, None, None, None, 99],
    ["填表人：某某", None, None, "审核："],
]  # fmt: skip


def rows_of(write_workbook: WriteWorkbook, *sheets: Any, **shape: Any) -> tuple[LedgerRow, ...]:
    return tuple(read_here(write_workbook(*sheets, **shape)))


def problems(row: LedgerRow) -> dict[str, str]:
    return {problem.column: problem.value for problem in row.problems}


def test_only_data_rows_are_read(write_workbook: WriteWorkbook) -> None:
    assert [row.row for row in rows_of(write_workbook, OTHER)] == [5, 6, 8, 9]


def test_another_offices_columns(write_workbook: WriteWorkbook) -> None:
    row = rows_of(write_workbook, OTHER)[0]
    assert (row.title, row.investor) == ("机器人整机项目", "示例智造（武汉）有限公司")
    assert (row.unified_social_credit_code, row.code_valid) == ("91350100M000100Y43", True)
    assert (row.industry_chain, row.industry_code) == ("robotics", "3491")
    assert row.total_investment == Amount(low=12_000_000_000, high=12_000_000_000, as_written="１２，０００万元")
    assert row.fixed_asset_investment == Amount(
        low=500_000_000, high=500_000_000, currency="USD", as_written="500万美元"
    )
    assert row.land_mu == 30_000_000
    assert (row.source_mode, row.referrer, row.owner) == (SourceMode.enterprise_referral, "某商会", "李四")
    assert (row.first_contact, row.updated, row.zone) == ("2026-04-09", "2026-11-20", "donghu")
    assert (row.stage, row.state) == (Stage.signed, LeadState.active)
    assert (row.summary, row.progress) == ("整机产线", "已选址")
    assert (row.contact_name, row.contact_phone) == ("王五", "13812345678")


def test_columns_without_a_field_go_to_the_remark_but_never_a_phone(write_workbook: WriteWorkbook) -> None:
    row = rows_of(write_workbook, OTHER)[0]
    assert row.remark == "职务：总经理；预计年产值（亿元）：3.5"
    assert problems(row) == {"责任人电话": ""}
    assert "13900000000" not in row.model_dump_json()


def test_disorder_is_kept_as_what_it_is(write_workbook: WriteWorkbook) -> None:
    row = rows_of(write_workbook, OTHER)[1]
    assert row.total_investment == Amount(
        low=15_000_000_000, high=15_000_000_000, approximate=True, as_written="约1.5亿元"
    )
    assert row.fixed_asset_investment == Amount(pending=True, as_written="待定")
    assert (row.stage, row.state) == (Stage.negotiating, LeadState.on_hold)
    assert (row.first_contact, row.updated) == ("2026-04-09", "2026-10")
    assert (row.land_mu, row.referrer, row.owner) == (None, None, "赵六、钱七")
    assert (row.industry_chain, row.industry_code, row.suggested_codes) == ("modern_food", "1491", ("1491",))
    assert row.remark == "重点；占地面积（公顷）：租赁厂房2000㎡"
    assert (row.contact_name, row.contact_phone) == ("（未填姓名）", "027-87654321")
    assert problems(row) == {"拟落地区域": "上海"}


def test_a_bad_cell_is_a_problem_and_stays_as_written(write_workbook: WriteWorkbook) -> None:
    row = rows_of(write_workbook, OTHER)[2]
    assert problems(row) == {
        "拟投资项目": "", "社会信用代码": "123", "国民经济行业": "烘焙", "投资总额/万元": "一个亿", "招商模式": "缘分",
        "首次接触\n日期": "去年", "拟落地区域": "江夏、蔡甸", "项目状态": "推进",
    }  # fmt: skip
    assert row.total_investment == Amount(pending=True, as_written="一个亿")
    assert (row.unified_social_credit_code, row.code_valid) == ("123", False)
    assert row.zone == "jiangxia"
    assert row.title == "示例三公司（项目名称待补）"
    assert row.remark == "所属行业：不明行业"
    assert all(problem.message for problem in row.problems)


def test_a_row_with_either_name_is_a_lead(write_workbook: WriteWorkbook) -> None:
    row = rows_of(write_workbook, OTHER)[3]
    assert (row.title, row.investor) == ("只有项目名的项目", "只有项目名的项目（投资方待补）")
    assert row.total_investment is not None
    assert (row.total_investment.low, row.total_investment.high) == (3_000_000_000, 5_000_000_000)


def test_a_row_with_neither_name_is_refused_with_its_reason(write_workbook: WriteWorkbook) -> None:
    row, _ = rows_of(
        write_workbook, [["项目名称", "投资方", "阶段"], [None, None, "在谈"], ["甲项目", "乙公司", "在谈"]]
    )
    assert row.is_refused
    assert row.problems[0].column == "项目名称"
    assert "补上后重新导入" in row.problems[0].message


def test_a_header_in_two_rows(write_workbook: WriteWorkbook) -> None:
    def merge(workbook: Workbook) -> None:
        for place in ("A2:A3", "B2:B3", "C2:D2", "E2:F2", "G2:G3", "H2:I2"):
            workbook["台账"].merge_cells(place)

    rows = [
        ["在谈项目台账（单位：万元）"],
        ["序号", "项目名称", "投资额", None, "首谈", None, "投资主体", "企业方", None],
        [None, None, "总投资", "固投（亿元）", "时间", "责任人", None, "联系人", "手机"],
        [1, "甲项目", 12000, 0.5, "2026年3月", "张三", "乙公司", "丙", 13812345678],
    ]
    (row,) = rows_of(write_workbook, rows, shape=merge)
    assert row.total_investment == Amount(low=12_000_000_000, high=12_000_000_000, as_written="12000万元")
    assert row.fixed_asset_investment == Amount(low=5_000_000_000, high=5_000_000_000, as_written="0.5亿元")
    assert (row.title, row.investor, row.first_contact) == ("甲项目", "乙公司", "2026-03")
    assert (row.contact_name, row.contact_phone) == ("丙", "13812345678")


def test_merged_cells_hold_for_every_row_but_amounts_are_not_multiplied(write_workbook: WriteWorkbook) -> None:
    def merge(workbook: Workbook) -> None:
        for place in ("B2:B4", "C2:C4", "D2:D4"):
            workbook["台账"].merge_cells(place)

    rows = [
        ["项目名称", "投资方", "落户区", "总投资（亿元）", "阶段"],
        ["一期", "甲公司", "光谷", 30, "签约"],
        ["二期", None, None, None, "在谈"],
        ["三期", None, None, None, "线索"],
    ]
    first, second, third = rows_of(write_workbook, rows, shape=merge)
    assert {row.investor for row in (first, second, third)} == {"甲公司"}
    assert {row.zone for row in (first, second, third)} == {"donghu"}
    assert first.total_investment is not None
    assert (second.total_investment, third.total_investment) == (None, None)


def test_every_visible_ledger_sheet_is_read_with_rows_of_its_own(write_workbook: WriteWorkbook) -> None:
    def hide(workbook: Workbook) -> None:
        workbook["旧台账"].sheet_state = "hidden"

    header = ["项目名称", "投资方", "阶段"]
    sheets = {
        "说明": [["本表由某局填报"]],
        "旧台账": [header, ["旧项目", "旧公司", "终止"]],
        "在谈": [header, ["甲项目", "乙公司", "在谈"]],
        "签约": [["签约项目"], header, ["丙项目", "丁公司", "签约"]],
    }
    rows = rows_of(write_workbook, sheets, shape=hide)
    assert [(row.sheet, row.row, row.row_in_sheet) for row in rows] == [("在谈", 2, 2), ("签约", SHEET_STEP + 3, 3)]


def test_rows_with_a_number_only_and_repeated_headers_are_no_leads(write_workbook: WriteWorkbook) -> None:
    header = ["序号", "项目名称", "投资方", "阶段"]
    rows = [header, [1, "甲", "乙", "在谈"], header, [2, "丙", "丁", "签约"], [3], [4], ["总 计", "2个"]]
    assert [row.title for row in rows_of(write_workbook, rows)] == ["甲", "丙"]


def test_a_total_row_may_hold_formulas_without_results(write_workbook: WriteWorkbook) -> None:
    rows = [["项目名称", "投资方", "总投资（亿元）"], ["甲", "乙", 3], ["合计", None, "=SUM(C2:C2)"]]
    assert [row.title for row in rows_of(write_workbook, rows)] == ["甲"]


def test_a_bare_number_without_any_unit_is_asked_for(write_workbook: WriteWorkbook) -> None:
    (row,) = rows_of(write_workbook, [["项目名称", "投资方", "总投资"], ["甲", "乙", 3]])
    assert row.total_investment == Amount(pending=True, as_written="3")
    assert "单位" in row.problems[0].message


def test_a_range_that_became_a_date_is_named(write_workbook: WriteWorkbook) -> None:
    (row,) = rows_of(
        write_workbook, [["项目名称", "投资方", "总投资（亿元）"], ["甲", "乙", datetime.fromisoformat("2026-03-05")]]
    )
    assert "被表格自动改成了日期" in row.problems[0].message


def test_without_a_stage_column_short_progress_tells_the_stage(write_workbook: WriteWorkbook) -> None:
    header = ["项目名称", "投资方", "进展情况"]
    rows = rows_of(write_workbook, [header, ["甲", "乙", "已签约"], ["丙", "丁", "11月9日与企业沟通后拟签约，待评审"]])
    assert [row.stage for row in rows] == [Stage.signed, None]
    assert rows[0].progress == "已签约"


def test_a_ledger_of_libreoffice_is_read(tmp_path: Path) -> None:
    rows = [["项目名称", "投资方", "总投资（亿元）"], ["甲项目", "乙公司", "约3亿元"]]
    body = "".join(f"<table:table-row>{''.join(map(ods_cell, row))}</table:table-row>" for row in rows)
    path = tmp_path / "台账.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.format(body))
    (row,) = read_here(path)
    assert (row.title, row.investor) == ("甲项目", "乙公司")
    assert row.total_investment == Amount(low=3 * YI, high=3 * YI, approximate=True, as_written="约3亿元")


def ods_cell(text: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'

"""Where each fact of the registry is to be found: the paper that an officer asks for and a claim is checked by."""

from __future__ import annotations

from collections.abc import Mapping

EVIDENCE: Mapping[str, str] = {
    **dict.fromkeys(
        ("industry_code", "enterprise_kind", "registered_capital"),
        "营业执照或国家企业信用信息公示系统",
    ),
    **dict.fromkeys(
        ("industry_chain", "project_kind", "total_investment", "fixed_asset_investment", "equipment_investment",
         "technology_investment", "software_investment", "build_cost", "expected_annual_output", "expected_annual_tax",
         "jobs", "land_mu", "floor_area_sqm", "multi_storey_plant", "public_platform", "headquarters", "entry_date",
         "expected_production_date"),
        "项目备案证或投资协议",
    ),
    **dict.fromkeys(("rd_spending", "rd_ratio"), "年度审计报告或研发费用加计扣除申报表"),
    "annual_revenue": "年度审计报告",
    **dict.fromkeys(("paid_in_capital", "funds_in_place", "foreign_capital"), "验资报告或银行到账凭证"),
    "valuation": "最近一轮投资协议",
    **dict.fromkeys(("loan_amount", "first_loan"), "贷款合同和企业信用报告"),
    "contract_value": "合同和发票",
    **dict.fromkeys(("upper_level_grant", "national_programme_award"), "立项文件和拨款凭证"),
    **dict.fromkeys(("aid_received", "existing_similar_aid", "years_since_payment"), "此前的拨款凭证"),
    **dict.fromkeys(
        ("rent_annual", "rent_price_sqm_month", "rent_area_sqm", "lease_months", "self_use", "sublet",
         "years_since_entry", "rent_entry_year"),
        "租赁合同",
    ),
    **dict.fromkeys(("foreign_share", "equity_share", "foreign_invested", "hk_funded"), "公司章程或股东名册"),
    "energy_tce": "节能报告",
    "land_metric_multiple": "用地合同和准入标准",
    **dict.fromkeys(("local_first_jobs", "insured_headcount", "insured_months"), "社会保险缴费记录"),
    **dict.fromkeys(("rd_staff", "trained_and_hired", "contract_years"), "劳动合同和人员名册"),
    "patents": "专利证书",
    **dict.fromkeys(
        ("headquarters_level", "city_recognised_headquarters", "fortune_500", "industry_leader", "little_giant",
         "recognised_on", "qualifications", "international_organisation"),
        "认定文件、证书或公布的名单",
    ),
    "listed": "证券交易所公告",
    **dict.fromkeys(("national_hightech", "hightech_valid_until"), "高新技术企业证书"),
    "panel_ruling": "评审会纪要",
    "yearly_check_passed": "年度复核结果",
    **dict.fromkeys(("construction_started", "start_date"), "施工许可证"),
    "in_production": "投产证明",
    **dict.fromkeys(("funds_misused", "supported_assets_sold"), "资金使用检查或审计结果"),
    "serious_dishonesty": "“信用中国”查询结果",
    "environmental_approval": "环评批复",
    **dict.fromkeys(("introducer_public_employee", "introducer_controls_investor", "beneficiary_role"), "申报人的声明"),
    "local_registration": "营业执照、税务登记和统计入库证明",
    **dict.fromkeys(("fiscal_contribution", "affiliates_fiscal_contribution"), "财政部门核定数"),
    **dict.fromkeys(("stay_years", "capital_reduction"), "入驻协议和工商变更记录"),
}  # fmt: skip

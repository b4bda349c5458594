"""The rows of the fact registry: name, kind, Chinese and English label, question, unit, choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Kind = Literal["amount", "integer", "decimal", "ratio", "boolean", "date", "code", "choice", "tags", "text"]
Row = tuple[str, Kind, str, str, str, str, Mapping[str, str]]

_LEVELS = {"national": "全国总部", "regional": "区域总部", "city": "市级总部"}
_ENTERPRISES = {"enterprise": "企业", "institution": "事业单位", "social_org": "社会组织", "person": "个人"}
_PROJECTS = {
    "manufacturing": "生产制造", "rd": "研发中心", "headquarters": "总部", "platform": "平台", "logistics": "物流",
    "service": "服务", "agriculture": "农业",
}  # fmt: skip
_ROLES = {"enterprise": "企业", "introducer": "引荐人", "person": "个人", "park_operator": "园区运营方"}
_QUALIFICATIONS = {
    "national_hightech": "国家高新技术企业", "little_giant": "专精特新“小巨人”", "unicorn": "独角兽企业",
    "manufacturing_champion": "制造业单项冠军", "gazelle": "瞪羚企业", "tech_sme": "科技型中小企业",
    "national_lab": "国家级研发平台", "provincial_lab": "省级研发平台", "green_factory": "绿色工厂",
    "provincial_specialised": "省级专精特新中小企业", "aaa_logistics": "A级物流企业",
    "design_centre": "国家级工业设计中心", "listed": "上市公司",
}  # fmt: skip
_CHAINS = {
    "integrated_circuit": "集成电路", "display": "新型显示", "optoelectronics": "光电子信息", "ai": "人工智能",
    "software": "软件和信息服务", "cybersecurity": "网络安全", "connected_vehicle": "智能网联汽车",
    "new_energy_vehicle": "新能源汽车", "auto_parts": "汽车零部件", "new_energy": "新能源", "robotics": "机器人",
    "low_altitude": "低空经济", "commercial_space": "商业航天", "aviation": "航空制造", "equipment": "装备制造",
    "life_health": "生命健康", "medical_device": "医疗器械", "modern_food": "现代食品", "logistics": "现代物流",
    "industrial_design": "工业设计", "human_resources": "人力资源服务", "fintech": "科技金融", "smart_home": "智能家居",
    "new_material": "新材料", "green": "节能环保", "digital_economy": "数字经济", "fashion": "时尚创意",
    "other": "其他",
}  # fmt: skip


def _amount(name: str, label: str, label_en: str) -> Row:
    return (name, "amount", label, label_en, f"{label}是多少？可写区间，或写待定", "元", {})


def _count(name: str, label: str, label_en: str, unit: str) -> Row:
    return (name, "integer", label, label_en, f"{label}是多少{unit}？", unit, {})


def _decimal(name: str, label: str, label_en: str, unit: str) -> Row:
    return (name, "decimal", label, label_en, f"{label}是多少{unit}？", unit, {})


def _ratio(name: str, label: str, label_en: str) -> Row:
    return (name, "ratio", label, label_en, f"{label}是多少？如 15%", "%", {})


def _yes_no(name: str, label: str, label_en: str, question: str) -> Row:
    return (name, "boolean", label, label_en, question, "", {})


def _date(name: str, label: str, label_en: str) -> Row:
    return (name, "date", label, label_en, f"{label}是哪一天？", "", {})


def _choice(name: str, label: str, label_en: str, choices: Mapping[str, str]) -> Row:
    return (name, "choice", label, label_en, f"{label}属于哪一类？", "", choices)


FACT_LIST: tuple[Row, ...] = (
    ("industry_code", "code", "行业", "Industry", "属于哪个行业？（GB/T 4754-2017）", "", {}),
    _choice("industry_chain", "产业链", "Industry chain", _CHAINS),
    _choice("project_kind", "项目类型", "Kind of project", _PROJECTS),
    _amount("total_investment", "总投资额", "Total investment"),
    _amount("fixed_asset_investment", "固定资产投资", "Fixed-asset investment"),
    _amount("equipment_investment", "设备投资", "Equipment investment"),
    _amount("technology_investment", "技术投入", "Technology investment"),
    _amount("software_investment", "软件投入", "Software investment"),
    _amount("build_cost", "平台建设费用", "Build cost"),
    _amount("rd_spending", "年研发费用", "Yearly R&D spending"),
    _ratio("rd_ratio", "研发费用占营业收入比例", "R&D share of revenue"),
    _amount("annual_revenue", "年营业收入", "Yearly revenue"),
    _amount("expected_annual_output", "预计年产值", "Expected yearly output"),
    _amount("expected_annual_tax", "预计年税收", "Expected yearly tax"),
    _amount("paid_in_capital", "实缴资本", "Paid-in capital"),
    _amount("registered_capital", "注册资本", "Registered capital"),
    _amount("foreign_capital", "外资到资额", "Foreign capital paid in"),
    _amount("funds_in_place", "到位资金", "Funds in place"),
    _amount("valuation", "企业估值", "Valuation"),
    _amount("loan_amount", "贷款金额", "Loan"),
    _amount("contract_value", "合同金额", "Contract value"),
    _amount("upper_level_grant", "上级资金实际到账额", "Grant received from a higher level"),
    _amount("aid_received", "此前已获同类支持金额", "Similar aid received before"),
    _amount("rent_annual", "年租金", "Yearly rent"),
    _amount("rent_price_sqm_month", "每平方米月租金", "Rent per square metre and month"),
    _ratio("foreign_share", "外资占比", "Foreign share"),
    _ratio("equity_share", "持股比例", "Equity share"),
    _decimal("land_mu", "用地需求", "Land", "亩"),
    _decimal("floor_area_sqm", "建筑面积", "Floor area", "平方米"),
    _decimal("rent_area_sqm", "租用面积", "Rented area", "平方米"),
    _decimal("energy_tce", "年综合能耗", "Yearly energy", "吨标准煤"),
    _decimal("land_metric_multiple", "亩均指标为准入标准的倍数", "Multiple of the land standard", "倍"),
    _count("jobs", "新增就业", "Jobs", "人"),
    _count("local_first_jobs", "首次在本地就业人数", "First local jobs", "人"),
    _count("insured_headcount", "参保人数", "Insured headcount", "人"),
    _count("rd_staff", "研发人员", "R&D staff", "人"),
    _count("trained_and_hired", "培训结业并就业人数", "Trained and hired", "人"),
    _count("patents", "发明专利", "Invention patents", "件"),
    _count("lease_months", "租期", "Lease", "个月"),
    _count("contract_years", "劳动合同年限", "Contract years", "年"),
    _count("insured_months", "连续参保月数", "Months insured", "个月"),
    _count("years_since_entry", "入驻年数", "Years since entry", "年"),
    _count("years_since_payment", "领取支持后年数", "Years since payment", "年"),
    _count("rent_entry_year", "租金支持第几年", "Year of rent support", "年"),
    _yes_no("headquarters", "总部项目", "Headquarters", "是总部项目吗？"),
    _choice("headquarters_level", "总部级别", "Level of headquarters", _LEVELS),
    _yes_no("city_recognised_headquarters", "市级认定总部", "City-recognised headquarters", "经市级认定为总部企业吗？"),
    _yes_no("listed", "上市公司", "Listed", "是上市公司吗？"),
    _yes_no("fortune_500", "500强企业", "Fortune 500", "是世界、中国或民营企业500强投资吗？"),
    _yes_no("industry_leader", "行业领军企业", "Industry leader", "是行业领军企业吗？"),
    _yes_no("national_hightech", "国家高新技术企业", "High-tech enterprise", "是国家高新技术企业吗？"),
    _date("hightech_valid_until", "高新技术企业证书有效期至", "High-tech certificate valid until"),
    _yes_no("little_giant", "专精特新“小巨人”", "Little giant", "是国家级专精特新“小巨人”企业吗？"),
    _yes_no("public_platform", "公共服务平台", "Public platform", "建设的是公共服务平台吗？"),
    _yes_no("self_use", "自用", "Self-use", "用房全部自用吗？"),
    _yes_no("sublet", "转租", "Sublet", "有转租、分租吗？"),
    _yes_no("first_loan", "首贷户", "First loan", "此前没有银行贷款记录吗？"),
    _yes_no("existing_similar_aid", "已享受同类支持", "Similar aid received", "同一事项已享受过同类支持吗？"),
    _yes_no("panel_ruling", "评审会认定", "Ruling of the panel", "评审会已认定符合吗？（由招商部门记录）"),
    _yes_no("yearly_check_passed", "年度复核通过", "Yearly check passed", "年度复核通过了吗？"),
    _yes_no("construction_started", "已开工", "Construction started", "项目已开工吗？"),
    _yes_no("in_production", "已投产", "In production", "项目已投产吗？"),
    _yes_no("funds_misused", "支持资金挪作他用", "Funds misused", "支持资金挪作他用了吗？"),
    _yes_no("supported_assets_sold", "受支持资产已转让", "Supported assets sold", "受支持的设备或用房转让了吗？"),
    _yes_no("serious_dishonesty", "严重失信", "Serious dishonesty", "列入严重失信主体名单吗？"),
    _yes_no("environmental_approval", "环评批复", "Environmental approval", "已取得环评批复吗？"),
    _yes_no("multi_storey_plant", "多层厂房", "Multi-storey plant", "建设多层厂房（工业上楼）吗？"),
    _yes_no("hk_funded", "港资", "Hong Kong funded", "是港资企业吗？"),
    _yes_no("foreign_invested", "外商投资", "Foreign invested", "是外商投资企业吗？"),
    _yes_no(
        "introducer_public_employee", "引荐人为公职人员", "Introducer is a public employee", "引荐人是公职人员吗？"
    ),
    _yes_no(
        "introducer_controls_investor",
        "引荐人为投资方控制人",
        "Introducer controls the investor",
        "引荐人是投资方的实际控制人吗？",
    ),
    _yes_no("international_organisation", "国际组织地区总部", "International body", "是国际组织（机构）的地区总部吗？"),
    _yes_no("national_programme_award", "获国家级项目支持", "National programme award", "获得过国家级项目支持吗？"),
    _choice("enterprise_kind", "主体类型", "Kind of applicant", _ENTERPRISES),
    _choice("beneficiary_role", "申报身份", "Role of applicant", _ROLES),
    _date("entry_date", "意向入驻时间", "Entry date"),
    _date("start_date", "开工日期", "Start of construction"),
    _date("recognised_on", "认定日期", "Recognised on"),
    _date("expected_production_date", "预计投产日期", "Expected production"),
    ("qualifications", "tags", "资质荣誉", "Qualifications", "有哪些资质？可多选", "", _QUALIFICATIONS),
    _yes_no(
        "local_registration",
        "在当地登记、纳税、纳统",
        "Registered locally",
        "历史条款要求在当地登记、纳税、纳统，是否如此？",
    ),
    _amount("fiscal_contribution", "年地方财政贡献", "Yearly fiscal contribution"),
    _amount("affiliates_fiscal_contribution", "关联企业年地方财政贡献", "Yearly fiscal contribution of affiliates"),
    _count("stay_years", "承诺不迁出年限", "Years promised to stay", "年"),
    _yes_no("capital_reduction", "减少注册资本", "Capital reduced", "承诺期内减少过注册资本吗？"),
)

MONTHS: Mapping[str, int] = {
    **dict.fromkeys(
        ("rd_spending", "annual_revenue", "expected_annual_output", "expected_annual_tax", "rent_annual", "energy_tce",
         "fiscal_contribution", "affiliates_fiscal_contribution"), 12,
    ),
    "rent_price_sqm_month": 1,
}  # fmt: skip
"""For how many months a fact is stated, where it is for a period."""

# Judgements that the office records (一事一议): what an applicant says of them is refused, and no form asks them to.
RECORDED_BY_OFFICE = frozenset({"panel_ruling"})

# Only published clauses of the past ask these. 公平竞争审查条例 bars them today: no form asks them, no new policy may.
HISTORICAL_ONLY = frozenset(
    {
        "local_registration",
        "fiscal_contribution",
        "affiliates_fiscal_contribution",
        "stay_years",
        "capital_reduction",
    }
)

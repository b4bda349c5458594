"""The rules as data: what each forbids, which facts and words trip it, and what an author can do about it.

Words are looked for in texts without spaces and in half width (NFKC), one clause between commas at a time. Too many
hits are better than too few: each is answered with a reason, and what is missed is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.vocabulary.fair_competition import RuleId
from services.incentives.fair_competition import articles
from services.incentives.fair_competition.articles import Article


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    ``facts`` and ``instruments`` trip it wherever a condition or a benefit uses them, ``words`` in a text; a hit that
    ends in ``harmless`` is none.
    """

    id: RuleId
    name: str
    articles: tuple[Article, ...]
    advice: str
    words: re.Pattern[str]
    facts: frozenset[str] = frozenset()
    instruments: frozenset[str] = frozenset()
    harmless: re.Pattern[str] | None = None


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


_HERE: Final = r"(?:[本当]地|[本我该][区市县]|[区市县园]内|辖区)"
_NO_REGISTER: Final = r"(?!资本|商标|证|会计|工程|建筑|人数|用户)"
_RUN: Final = r"[^,。;、:!?()“”\"]"

_RULES: Final = (
    Rule(
        "named-firm",
        "点名特定企业",
        (articles.GRANTS, articles.CHOSEN_FIRMS),
        "改写成公开、可核对的条件，让符合条件的企业都能申请；不写企业名称和信用代码。",
        _any(
            rf"{_RUN}{{2,30}}?(?:有限责任公司|有限公司)",
            rf"{_RUN}{{0,16}}?(?:公司|集团(?!化|内|公司|总部|成员)|厂(?![房区家商址长]))",
            r"(?<![0-9A-Za-z])(?i:[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10})(?![0-9A-Za-z])",
            r"(?i:(?<![a-z])(?:ltd|gmbh)(?![a-z])|inc\.)",
        ),
        harmless=_any(
            r"(?:^|上市|项目|[子分母总本该各其的或和与及家型类]|控股|参股|关联|成员|任一|国有|民营|外资|合资|跨国|企业)"
            r"(?:公司|集团|厂)$",
            r"工厂$",
        ),
    ),
    Rule(
        "hand-picked",
        "一企一策、不公开的名录库",
        (articles.GRANTS, articles.CHOSEN_FIRMS),
        "写明入选的客观条件和程序并公开；确需名录的，说明名录依据哪份公开文件、谁都可以申请列入。",
        _any(
            r"一[企户厂]一[策议]|一事一议|点对点|白名单|名录|[特指]定(?:的)?企业",
            r"(?:企业|种子|培育|扶持|重点)库",
            r"(?:扶持|支持|重点|推荐|培育|种子)企业(?:名单|目录)",
        ),
    ),
    Rule(
        "local-registration",
        "以登记地为条件",
        (articles.ENTRY, articles.LOCAL_BRANCHES, articles.LOCAL_GRANTS),
        "改成以实际投资、生产经营或就业为条件，对本地和外地登记的企业一样适用；确有依据的，在审查中写明。",
        _any(
            rf"[在于]{_RUN}{{1,10}}?(?:注册|登记){_NO_REGISTER}",
            r"(?:注册|登记)[地在于]|属地(?:注册|登记)|独立法人|落户|登记、税务",
            rf"新(?:注册|设立|登记){_NO_REGISTER}",
            rf"{_HERE}{_RUN}{{0,6}}(?:设立|成立|注册|登记){_NO_REGISTER}",
        ),
        facts=frozenset({"local_registration"}),
    ),
    Rule(
        "relocation",
        "以迁入为条件",
        (articles.GRANTS, articles.LOCAL_GRANTS),
        "不以从外地迁来为条件或加码；改成对新增投资给予支持，不问企业原来在哪里。",
        _any(r"迁入|迁[至来到]|迁移[至到]|搬迁?[至入到]|新迁|迁建"),
    ),
    Rule(
        "tax-here",
        "以在当地纳税、纳统为条件",
        (articles.GRANTS, articles.LOCAL_GRANTS),
        "删去纳税、纳统要求和按税收设的门槛，改用投资、研发、就业等指标。",
        _any(
            r"纳税(?!信用|人识别|申报)|税务关系|税收(?!违法)|缴税|利税|税额",
            r"[纳入]统(?!一|筹|计年鉴)|纳入[^,。;]{0,4}统计|统计关系",
        ),
        facts=frozenset({"expected_annual_tax"}),
    ),
    Rule(
        "tax-refund",
        "按缴税额返还、先征后返",
        (articles.TAXES, articles.CUT_TAXES, articles.REFUNDS),
        "财政支出不与缴税额挂钩；国家统一的税收政策由税务机关执行，不必写进来。",
        _any(
            r"[先即][征缴交][后即][返退]|列收列支|返税|留成|核定征收|税收优惠",
            r"[减免](?:征|缴)?(?:所得|增值|城建|房产)?税(?!店)",
            rf"(?:缴纳|纳税|税收|税额|缴税|税款){_RUN}{{0,12}}(?:返还|奖励|补贴|补助|奖补|给予|支持)",
            r"(?<!保证金)(?<!押金)返还",
        ),
    ),
    Rule(
        "no-leaving",
        "承诺不迁、不减资，迁出追回",
        (articles.NO_WAY_OUT,),
        "删去不迁出、不减资、经营若干年的要求；违约追回只限于没有完成约定的建设、投入或弄虚作假。",
        _any(
            r"不(?:得|再)?外?迁(?!就)[出离走移]?|[迁搬撤][出离走]|外迁",
            r"不(?:得|再)?撤资|不(?:得|再)?减资|撤资|减资|减少注册资本",
            rf"(?:承诺|须|应){_RUN}{{0,10}}(?:经营|存续){_RUN}{{0,6}}年",
            r"经营(?:期限?|年限)(?:不少于|不低于|满)",
        ),
        facts=frozenset({"stay_years", "capital_reduction"}),
    ),
    Rule(
        "fiscal-contribution",
        "与财政贡献挂钩",
        (articles.GRANTS, articles.REFUNDS),
        "不以财政贡献为条件、基数或上限；改按投资、研发投入等实际支出计算，上限写固定金额。",
        _any(
            rf"(?:财政|地方|财力|综合|经济|区级|市级|税收|本级){_RUN}{{0,6}}贡献",
            r"贡献(?:额|度|奖|大小|程度)|(?:地方|区级|市级)留存|留存部分",
        ),
        facts=frozenset({"fiscal_contribution", "affiliates_fiscal_contribution"}),
    ),
    Rule(
        "cheap-factors",
        "低于标准的地价、租金、水电气",
        (articles.FACTORS, articles.CHEAP_FACTORS),
        "要素价格按统一的标准和公开程序执行；确有法律、行政法规依据的，在审查中写明依据和标准。",
        _any(
            rf"地价|底价|(?:土地|出让){_RUN}{{0,4}}(?:价款|金|收入)|免租|行政事业性收费|政府性基金",
            rf"低于{_RUN}{{0,10}}(?:市场|标准|评估|基准|成本){_RUN}{{0,4}}[价租]",
            rf"[减免]{_RUN}{{0,4}}(?:租金|房租)|(?:租金|房租|场租){_RUN}{{0,4}}(?:减|免|优惠|折)",
            r"(?:用[水电气热](?![动子池站机器])|[水电气热][价费])[^,。;]{0,10}?(?:优惠|[减免补折])",
            rf"(?:社会保险|社保){_RUN}{{0,6}}[减免缓]",
        ),
        instruments=frozenset({"land"}),
    ),
)

RULES: Final[Mapping[str, Rule]] = {rule.id: rule for rule in _RULES}

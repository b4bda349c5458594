"""What the API of incentives takes and gives, a module for each subject."""

from services.incentives.schemas.authoring import (
    ChecksAnswer,
    FindingAnswer,
    FlagAnswer,
    OverrideInput,
    PolicyReceipt,
    ReviewInput,
    WithdrawalInput,
)
from services.incentives.schemas.codes import (
    CodeAnswer,
    CodePage,
    CodeTableReceipt,
)
from services.incentives.schemas.decisions import (
    DecisionInput,
    DecisionItem,
    DecisionReceipt,
)
from services.incentives.schemas.dry_run import (
    ChangedLead,
    DryRunAnswer,
    PoolCost,
    YearCost,
)
from services.incentives.schemas.eligibility import (
    ConditionAnswer,
    EligibilityInput,
    LimitAnswer,
    MatchAnswer,
    NearestAnswer,
    PolicyAnswer,
    QuestionAnswer,
    SourceAnswer,
    TermAnswer,
    ValidAnswer,
    YearAnswer,
    ZoneAnswer,
)
from services.incentives.schemas.replays import (
    DifferenceAnswer,
    ReplayAnswer,
    TodayAnswer,
    VersionThenAndNow,
)
from services.incentives.schemas.words import Day, Fit, HiddenBecause, StandingName, Status, Verdict

__all__ = [
    "ChangedLead",
    "ChecksAnswer",
    "CodeAnswer",
    "CodePage",
    "CodeTableReceipt",
    "ConditionAnswer",
    "Day",
    "DecisionInput",
    "DecisionItem",
    "DecisionReceipt",
    "DifferenceAnswer",
    "DryRunAnswer",
    "EligibilityInput",
    "FindingAnswer",
    "Fit",
    "FlagAnswer",
    "HiddenBecause",
    "LimitAnswer",
    "MatchAnswer",
    "NearestAnswer",
    "OverrideInput",
    "PolicyAnswer",
    "PolicyReceipt",
    "PoolCost",
    "QuestionAnswer",
    "ReplayAnswer",
    "ReviewInput",
    "SourceAnswer",
    "StandingName",
    "Status",
    "TermAnswer",
    "TodayAnswer",
    "ValidAnswer",
    "Verdict",
    "VersionThenAndNow",
    "WithdrawalInput",
    "YearAnswer",
    "YearCost",
    "ZoneAnswer",
]

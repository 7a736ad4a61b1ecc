"""What can be done in the Challenge."""

from app.challenge.services.boards import write
from app.challenge.services.editions import (
    CaseDetails,
    CriterionDetails,
    EditionDetails,
    EditionFrozen,
    YearTaken,
    change_case,
    change_edition,
    prepare_edition,
    set_criteria,
    set_rounds,
)
from app.challenge.services.entrusting import NotTheAnswer, TrusteeDetails, entrust, pass_trial
from app.challenge.services.nominating import (
    NotEligible,
    TooLate,
    agree,
    decline,
    forget_nominee,
    nominate,
    withdraw,
)
from app.challenge.services.opening import (
    STEPS,
    NotTheBallots,
    close_due,
    close_edition,
    take_in_ballots,
)
from app.challenge.services.transitions import (
    NotReady,
    cancel_edition,
    locked,
    open_edition,
    open_nominations,
)
from app.challenge.services.working import ChangedElsewhere, Work, save_work

__all__ = [
    "STEPS",
    "CaseDetails",
    "ChangedElsewhere",
    "CriterionDetails",
    "EditionDetails",
    "EditionFrozen",
    "NotEligible",
    "NotReady",
    "NotTheAnswer",
    "NotTheBallots",
    "TooLate",
    "TrusteeDetails",
    "Work",
    "YearTaken",
    "agree",
    "cancel_edition",
    "change_case",
    "change_edition",
    "close_due",
    "close_edition",
    "decline",
    "entrust",
    "forget_nominee",
    "locked",
    "nominate",
    "open_edition",
    "open_nominations",
    "pass_trial",
    "prepare_edition",
    "save_work",
    "set_criteria",
    "set_rounds",
    "take_in_ballots",
    "withdraw",
    "write",
]

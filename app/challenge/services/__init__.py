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
from app.challenge.services.nominating import (
    NotEligible,
    TooLate,
    agree,
    decline,
    forget_nominee,
    nominate,
    withdraw,
)
from app.challenge.services.transitions import (
    STEPS,
    NotReady,
    cancel_edition,
    close_edition,
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
    "TooLate",
    "Work",
    "YearTaken",
    "agree",
    "cancel_edition",
    "change_case",
    "change_edition",
    "close_edition",
    "decline",
    "forget_nominee",
    "locked",
    "nominate",
    "open_edition",
    "open_nominations",
    "prepare_edition",
    "save_work",
    "set_criteria",
    "set_rounds",
    "withdraw",
    "write",
]

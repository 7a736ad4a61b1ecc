"""What can be done in permanent education."""

from app.development.services.certificates import choose_shown_name, draw_up, facts_of, printed, withdraw
from app.development.services.crediting import DAILY_AT, credit, credit_all
from app.development.services.entries import (
    OwnEntry,
    Proof,
    change_own,
    enter_own,
    forget_removed,
    remove_own,
    restore_own,
)
from app.development.services.forgetting import forget_learner
from app.development.services.registrations import (
    AlreadyRegistered,
    end_registration,
    register,
    resume_registration,
)
from app.development.services.schemes import (
    RulesDetails,
    SchemeDetails,
    details_of,
    open_scheme,
    revise_scheme,
    rules_as,
    set_rules,
)

__all__ = [
    "DAILY_AT",
    "AlreadyRegistered",
    "OwnEntry",
    "Proof",
    "RulesDetails",
    "SchemeDetails",
    "change_own",
    "choose_shown_name",
    "credit",
    "credit_all",
    "details_of",
    "draw_up",
    "end_registration",
    "enter_own",
    "facts_of",
    "forget_learner",
    "forget_removed",
    "open_scheme",
    "printed",
    "register",
    "remove_own",
    "restore_own",
    "resume_registration",
    "revise_scheme",
    "rules_as",
    "set_rules",
    "withdraw",
]

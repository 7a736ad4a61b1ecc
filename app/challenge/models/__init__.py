"""The tables of the Interim Challenge: the edition and its rules, who stands, who judges, and the board."""

from app.challenge.models.board import BoardEntry
from app.challenge.models.edition import (
    BALLOT_METHODS,
    METHODS_OF,
    NEXT,
    UNFROZEN,
    Criterion,
    Edition,
    EditionState,
    Method,
    Model,
    Round,
    RoundKind,
    Scope,
    TieRule,
)
from app.challenge.models.jury import Juror, JurorState, Recusal, RecusalReason, Score
from app.challenge.models.nominee import Nomination, NominationKind, Nominee, NomineeState

__all__ = [
    "BALLOT_METHODS",
    "METHODS_OF",
    "NEXT",
    "UNFROZEN",
    "BoardEntry",
    "Criterion",
    "Edition",
    "EditionState",
    "Juror",
    "JurorState",
    "Method",
    "Model",
    "Nomination",
    "NominationKind",
    "Nominee",
    "NomineeState",
    "Recusal",
    "RecusalReason",
    "Round",
    "RoundKind",
    "Scope",
    "Score",
    "TieRule",
]

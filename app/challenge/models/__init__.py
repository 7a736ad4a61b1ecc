"""The tables of the Interim Challenge: the edition and its rules, who stands, who judges, the board, and the bundle."""

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
from app.challenge.models.files import COPIES, BundleFile, Trial, Trustee
from app.challenge.models.jury import (
    ChairScore,
    EditedReason,
    HandedIn,
    Juror,
    JurorState,
    Recusal,
    RecusalReason,
    Score,
    Sheet,
)
from app.challenge.models.nominee import Nomination, NominationKind, Nominee, NomineeState
from app.challenge.models.release import Release, ReleaseRole
from app.challenge.models.voting import Envelope, Invitee, RollEntry

__all__ = [
    "BALLOT_METHODS",
    "COPIES",
    "METHODS_OF",
    "NEXT",
    "UNFROZEN",
    "BoardEntry",
    "BundleFile",
    "ChairScore",
    "Criterion",
    "EditedReason",
    "Edition",
    "EditionState",
    "Envelope",
    "HandedIn",
    "Invitee",
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
    "Release",
    "ReleaseRole",
    "RollEntry",
    "Round",
    "RoundKind",
    "Scope",
    "Score",
    "Sheet",
    "TieRule",
    "Trial",
    "Trustee",
]

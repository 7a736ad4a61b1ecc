"""Counting ballots: pure functions on whole numbers, by named, standard rules (V6).

No lot and no float; the order in which ballots come in and the numbers that candidates have play no part. What the
rules leave open, the order frozen at the opening resolves, and the count tells where it did.
"""

from __future__ import annotations

from app.challenge.counting.pairwise import Matrix, SchulzeCount, matrix, schulze
from app.challenge.counting.papers import NotCountable, Placing, Poll, Ranks, Tie, placed, poll
from app.challenge.counting.points import (
    Mean,
    PointCount,
    ScoreCount,
    Scores,
    approval,
    as_single_group,
    borda,
    borda_of,
    first_preferences,
    plurality,
    score,
)
from app.challenge.counting.runoff import Round, RunoffCount, runoff

__all__ = [
    "Matrix",
    "Mean",
    "NotCountable",
    "Placing",
    "PointCount",
    "Poll",
    "Ranks",
    "Round",
    "RunoffCount",
    "SchulzeCount",
    "ScoreCount",
    "Scores",
    "Tie",
    "approval",
    "as_single_group",
    "borda",
    "borda_of",
    "first_preferences",
    "matrix",
    "placed",
    "plurality",
    "poll",
    "runoff",
    "schulze",
    "score",
]

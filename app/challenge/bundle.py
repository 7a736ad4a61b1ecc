"""The bundle: everything that decided an edition, in one file that anybody can check and count again (V5, V7).

The formats are those of docs/challenge/bundle.md.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from app.challenge.board import canonical, hash_of
from app.challenge.counting import Poll, Ranks, runoff, schulze
from app.challenge.deciding import Method, Model, Outcome, Rules, Step, Votes, ballots_for, count, count_scores, decide
from app.challenge.jury import Panel, panel
from app.challenge.sealing import Paper

FILES = ("board", "rules", "sealed", "ballots", "jury", "result")
NO_BALLOT = "none"
"""What stands for the kind of ballot where the jury alone decides."""
AGES_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip, so that the same content is the same file."""

Json = dict[str, Any]


def rules_file(
    rules: Rules,
    *,
    edition: str,
    kind: str,
    names: Mapping[int, str],
    keys: Mapping[str, str],
    about: Mapping[str, Any] | None = None,
) -> Json:
    """Write down what is frozen at the opening; `about` is what else was laid down, and is not counted with."""
    return {
        "criteria": [{"code": code, "weight": weight} for code, weight in rules.weights.items()],
        "edition": edition,
        "floor": rules.floor,
        "jury_weight": rules.jury_weight,
        "keys": dict(keys),
        "kind": kind,
        "method": rules.method.value,
        "model": rules.model.value,
        "no_award": rules.no_award,
        "nominees": [{"name": names[one], "number": one} for one in sorted(rules.order)],
        "order": list(rules.order),
        "quorum": rules.quorum,
        "shortlist": rules.shortlist,
        "ties": [step.value for step in rules.ties],
        **({"about": dict(about)} if about else {}),
    }


def rules_of(written: Mapping[str, Any]) -> Rules:
    """Read what was frozen."""
    return Rules(
        model=Model(written["model"]),
        method=Method(written["method"]),
        order=tuple(written["order"]),
        weights={each["code"]: each["weight"] for each in written["criteria"]},
        jury_weight=written["jury_weight"],
        quorum=written["quorum"],
        floor=written["floor"],
        shortlist=written["shortlist"],
        no_award=written["no_award"],
        ties=tuple(Step(each) for each in written["ties"]),
    )


def paper_of(written: Mapping[str, Any]) -> Paper:
    """Return what these rules allow on a ballot."""
    rules = rules_of(written)
    return Paper(written["edition"], written["kind"], rules.on_ballot, tuple(rules.weights))


def no_ballots(sealed: Mapping[str, Any]) -> Json:
    """Write down that nobody voted because the jury alone decides: then there is no trustee who signs."""
    return {
        "ballots": [],
        "edition": sealed["edition"],
        "sealed": hash_of(sealed),
        "signature": "",
        "unreadable": [],
    }


def jury_file(
    edition: str,
    marks: Mapping[tuple[int, int, str], int],
    *,
    decided: Mapping[tuple[int, str], int],
    recused: Sequence[tuple[int, int]] = (),
) -> Json:
    """Write down what the jurors, by number, gave; who recused for whom; and what the chair decided."""
    return {
        "chair": [{"criterion": each[1], "nominee": each[0], "score": decided[each]} for each in sorted(decided)],
        "edition": edition,
        "marks": [
            {"criterion": criterion, "halves": marks[juror, nominee, criterion], "juror": juror, "nominee": nominee}
            for juror, nominee, criterion in sorted(marks)
        ],
        "recused": [{"juror": juror, "nominee": nominee} for juror, nominee in sorted(recused)],
    }


def result_file(
    rules: Mapping[str, Any],
    jury: Mapping[str, Any],
    ballots: Sequence[Mapping[str, Any]],
    withdrawn: Sequence[int] = (),
) -> Json:
    """Count and decide from the published files alone, and write the result down."""
    frozen = rules_of(rules)
    standing = tuple(one for one in frozen.order if one not in withdrawn)
    marked = None
    if jury["marks"] or jury["chair"]:
        marked = panel(
            {(each["juror"], each["nominee"], each["criterion"]): each["halves"] for each in jury["marks"]},
            standing,
            frozen.weights,
            decided={(each["nominee"], each["criterion"]): each["score"] for each in jury["chair"]},
        )
    members, votes = _members(frozen, marked, ballots, standing, withdrawn)
    outcome = decide(frozen, marked, votes)
    return {
        "edition": rules["edition"],
        "jury": _jury(marked) if marked else {},
        "members": members,
        **_outcome(outcome),
    }


def _members(
    rules: Rules,
    jury: Panel | None,
    ballots: Sequence[Mapping[str, Any]],
    standing: tuple[int, ...],
    withdrawn: Sequence[int],
) -> tuple[Json, Votes]:
    if rules.method is Method.SCORE:
        given = [({int(one): marks for one, marks in each["scores"].items()}, 1) for each in ballots]
        votes = count_scores(standing, given, rules.weights)
        return {"cast": votes.cast, "groups": _groups(votes), "shares": _keyed(votes.shares or {})}, votes
    papers: Counter[Ranks] = Counter(tuple(tuple(group) for group in each["ranks"]) for each in ballots)
    poll = ballots_for(rules, papers, withdrawn=withdrawn, jury=jury)
    votes = count(poll, rules.method)
    assert votes.matrix is not None
    told: Json = {
        "blank": poll.blank,
        "borda_leaders": list(votes.borda_leaders),
        "cast": votes.cast,
        "condorcet": votes.matrix.condorcet_winner,
        "firsts": _keyed(votes.firsts),
        "groups": _groups(votes),
        "matrix": _pairs(votes.matrix.above),
        **_how(poll, rules.method),
    }
    return told | ({} if votes.shares is None else {"shares": _keyed(votes.shares)}), votes


def _how(poll: Poll, method: Method) -> Json:
    if method is Method.SCHULZE:
        return {"paths": _pairs(schulze(poll).paths)}
    if method is not Method.RUNOFF:
        return {}
    return {
        "rounds": [
            {"exhausted": each.exhausted, "leaving": list(each.leaving), "tallies": _keyed(each.tallies)}
            for each in runoff(poll).rounds
        ]
    }


def _jury(jury: Panel) -> Json:
    return {
        str(nominee): {
            criterion: {"contribution": cell.contribution, "score": cell.score} for criterion, cell in cells.items()
        }
        for nominee, cells in jury.cells.items()
    }


def _outcome(outcome: Outcome) -> Json:
    return {
        "awards": [
            {
                "basis": award.basis.value,
                "places": [sorted(group) for group in award.places],
                "prize": award.prize.value,
                "step": award.step.value,
                "winners": sorted(award.winners),
            }
            for award in outcome.awards
        ],
        "quorum_met": outcome.quorum_met,
        "rows": {
            str(one): {
                "jury": row.jury,
                "jury_part": row.jury_part,
                "members": row.members,
                "members_part": row.members_part,
                "total": row.total,
            }
            for one, row in outcome.rows.items()
        },
    }


def _keyed(values: Mapping[int, int]) -> dict[str, int]:
    return {str(one): value for one, value in values.items()}


def _groups(votes: Votes) -> list[list[int]]:
    return [list(group) for group in votes.placing.groups]


def _pairs(pairs: Mapping[tuple[int, int], int]) -> dict[str, int]:
    return {f"{one}>{other}": value for (one, other), value in pairs.items()}


def zipped(files: Mapping[str, Any]) -> bytes:
    """Put the six files into one; the same content makes the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in FILES:
            archive.writestr(zipfile.ZipInfo(f"{name}.json", AGES_AGO), canonical(files[name]), zipfile.ZIP_DEFLATED)
    return out.getvalue()

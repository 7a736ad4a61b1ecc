"""How the deeds of the Challenge read in the audit log (B6)."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from app.audit import services as audit
from app.audit.services import Field, ObjectKind, Page, Thing
from app.audit.values import choice, day, kilobytes, moment
from app.challenge import words
from app.challenge.models import Edition, Juror, Nominee, ReleaseRole, Scope
from app.core.db import db
from app.core.i18n import _l
from app.core.permissions import Permission

SENTENCES = {
    "edition.prepared": (_l("Challenge prepared"), _l("%(actor)s began to prepare “%(object)s”")),
    "edition.changed": (_l("Challenge changed"), _l("%(actor)s changed “%(object)s”")),
    "edition.case_changed": (_l("Business case set"), _l("%(actor)s set the business case of “%(object)s”")),
    "edition.criteria_set": (_l("Criteria set"), _l("%(actor)s laid down the criteria and weights of “%(object)s”")),
    "edition.rounds_set": (_l("Rounds set"), _l("%(actor)s laid down the rounds of “%(object)s”")),
    "edition.nomination": (_l("Nominations opened"), _l("%(actor)s opened the nominations of “%(object)s”")),
    "edition.open": (_l("Challenge opened"), _l("%(actor)s opened “%(object)s” for the verdict and froze its rules")),
    "edition.closed": (_l("Challenge closed"), _l("%(actor)s closed “%(object)s”")),
    "edition.entrusted": (
        _l("Key of the trustee entered"),
        _l("%(actor)s entered the key of the trustee of “%(object)s”"),
    ),
    "edition.test_opened": (
        _l("Test opening passed"),
        _l("%(actor)s handed in a test opening of “%(object)s” that passed"),
    ),
    "edition.opened": (_l("Ballots taken in"), _l("%(actor)s took in the opened ballots of “%(object)s”")),
    "edition.counted": (_l("Challenge counted"), _l("%(actor)s had the verdict on “%(object)s” counted")),
    "edition.release_agreed": (
        _l("Publication agreed to"),
        _l("%(actor)s agreed to make the result of “%(object)s” public"),
    ),
    "edition.release_taken_back": (
        _l("Publication held back"),
        _l("%(actor)s no longer agrees to make the result of “%(object)s” public"),
    ),
    "edition.published": (_l("Result made public"), _l("%(actor)s made the result of “%(object)s” public")),
    "edition.cancelled": (_l("Challenge cancelled"), _l("%(actor)s cancelled “%(object)s”: %(reason)s")),
    "edition.voters_invited": (_l("Voters invited"), _l("%(actor)s invited others to vote in “%(object)s”")),
    "edition.voters_uninvited": (
        _l("Invited voters taken back"),
        _l("%(actor)s took the list of invited voters of “%(object)s” back"),
    ),
    "edition.voter_added": (_l("Voter added"), _l("%(actor)s put somebody on the roll of “%(object)s”: %(reason)s")),
    "edition.voter_removed": (
        _l("Voter taken off"),
        _l("%(actor)s took somebody off the roll of “%(object)s”: %(reason)s"),
    ),
    "nominee.nominated": (_l("Nominee put forward"), _l("%(actor)s put %(person)s forward for “%(object)s”")),
    "nominee.agreed": (_l("Nominee takes part"), _l("%(actor)s takes part in “%(object)s”")),
    "nominee.declined": (_l("Nominee declined"), _l("%(actor)s does not take part in “%(object)s”")),
    "nominee.withdrawn": (_l("Nominee withdrew"), _l("%(person)s withdrew from “%(object)s”")),
    "nominee.work_begun": (_l("Work on the case begun"), _l("%(actor)s began to work on the case of “%(object)s”")),
    "nominee.naming_chosen": (
        _l("Name beside the points"),
        _l("%(actor)s chose whether their name stands by their points in “%(object)s”"),
    ),
    "nominee.file_handed_in": (_l("Plan handed in"), _l("%(actor)s handed in a plan for “%(object)s”")),
    "edition.chair_decided": (_l("Chair decided"), _l("%(actor)s decided on a panel score of “%(object)s”")),
    "edition.reasons_edited": (_l("Reasons edited"), _l("%(actor)s edited reasons of the jury of “%(object)s”")),
    "juror.asked": (_l("Juror asked"), _l("%(actor)s asked %(person)s for the jury of “%(object)s”")),
    "juror.accepted": (_l("Juror sits"), _l("%(actor)s sits in the jury of “%(object)s”")),
    "juror.declined": (_l("Juror declined"), _l("%(person)s does not sit in the jury of “%(object)s”")),
    "juror.removed": (_l("Juror removed"), _l("%(actor)s took %(person)s out of the jury of “%(object)s”")),
    "juror.chairs": (_l("Chair chosen"), _l("%(actor)s let %(person)s chair the jury of “%(object)s”")),
    "juror.began": (_l("Scoring begun"), _l("%(actor)s began to score a nominee of “%(object)s”")),
    "juror.handed_in": (_l("Scores handed in"), _l("%(actor)s handed in the scores for “%(object)s”")),
    "juror.recused": (
        _l("Juror recused"),
        _l("%(actor)s recused %(person)s from a nominee of “%(object)s”"),
    ),
    "juror.recusal_lifted": (
        _l("Recusal lifted"),
        _l("%(actor)s let %(person)s judge a nominee of “%(object)s” after all: %(reason)s"),
    ),
}
ROLES = {ReleaseRole.OFFICER: _l("Returning officer"), ReleaseRole.CHAIR: _l("Chair of the jury")}
SCOPES = {
    Scope.BROAD: _l("Everybody in the circle"),
    Scope.DISCIPLINE: _l("One discipline"),
    Scope.SECTOR: _l("One sector"),
}


def _rounds(told: str) -> str:
    kind, _colon, method = told.partition(":")
    return f"{words.ROUNDS[kind]}, {words.METHODS[method]}"  # type: ignore[index]


FIELDS = {
    "year": Field(_l("Year")),
    "scope": Field(_l("For whom"), choice(SCOPES)),
    "title": Field(_l("Title")),
    "nominations_from": Field(_l("Nominations from"), moment),
    "nominations_until": Field(_l("Nominations until"), moment),
    "work_until": Field(_l("Work on the case until"), moment),
    "opens_at": Field(_l("Verdict from"), moment),
    "closes_at": Field(_l("Verdict until"), moment),
    "eligible_on": Field(_l("Nominees are members on"), day),
    "is_blind": Field(_l("The jury sees no names")),
    "model": Field(_l("Jury and members"), choice({model: name for model, (name, _hint) in words.MODELS.items()})),
    "jury_share": Field(_l("Part of the jury in the result"), lambda value: words.percent(int(value))),
    "quorum_percent": Field(_l("Part of the members that has to vote"), lambda value: f"{value}%"),
    "tie_order": Field(_l("When two end equal"), choice(words.TIES)),
    "terms_version": Field(_l("Version of the terms")),
    "weights": Field(_l("Criteria and weights")),
    "rounds": Field(_l("Rounds"), _rounds),
    "role": Field(_l("As"), choice(ROLES)),
    "named": Field(_l("Named off the podium")),
    "size": Field(_l("Size of the file"), kilobytes),
    "sha256": Field(_l("Digest of the file")),
    "voters": Field(_l("Voters")),
    "voter": Field(_l("Number on the roll")),
    "length": Field(_l("Characters")),
    "kind": Field(_l("Put forward by"), choice(words.NOMINATIONS)),
    "fingerprint": Field(_l("Fingerprint of the key")),
    "copy": Field(_l("Copy of the key")),
    "reason": Field(_l("Reason")),
    "nominee": Field(_l("Number of the nominee")),
    "criterion": Field(_l("Criterion")),
    "score": Field(_l("Panel score"), lambda value: words.score(int(value))),
    "shown": Field(_l("Reasons shown")),
    "of": Field(_l("Reasons in all")),
    "recused_for": Field(_l("Recused because of"), choice(words.RECUSALS)),
    "note": Field(_l("Explanation")),
    "state": Field(_l("State"), choice({state: label for state, (_tone, label) in words.STATES.items()})),
}


def register() -> None:
    """Tell the log its names and sentences."""
    for action, (name, text) in SENTENCES.items():
        audit.sentence(action, text, name=name)
    for scope in ("edition", "nominee", "juror"):
        audit.fields(scope, FIELDS)
    audit.objects("nominee", ObjectKind(_l("Nominee"), audit.by_id(_nominees)))
    audit.objects("juror", ObjectKind(_l("Juror"), audit.by_id(_jurors)))
    page = Page("challenge_bureau.show", Permission.CHALLENGE_READ)
    audit.objects("edition", ObjectKind(_l("Interim Challenge"), audit.by_id(_editions), page))


def _editions(ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(select(Edition.id, Edition.title).where(Edition.id.in_(ids)))
    return {row.id: Thing(row.title) for row in rows}


def _nominees(ids: list[UUID]) -> dict[UUID, Thing]:
    return _places(Nominee, ids)


def _jurors(ids: list[UUID]) -> dict[UUID, Thing]:
    return _places(Juror, ids)


def _places(kind: type[Nominee | Juror], ids: list[UUID]) -> dict[UUID, Thing]:
    rows = db.session.execute(
        select(kind.id, kind.account_id, Edition.title)
        .join(Edition, Edition.id == kind.edition_id)
        .where(kind.id.in_(ids))
    )
    return {row.id: Thing(row.title, row.account_id) for row in rows}

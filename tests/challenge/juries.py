"""An edition with a jury of four, two nominees with work, and marks; made through the services as the portal makes one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from app.accounts.models import Account
from app.challenge import demo, queries, services
from app.challenge.models import Edition, Juror, NominationKind, Nominee
from app.challenge.services import Mark
from app.core.db import atomic, db
from app.membership.models import Company

from .conftest import NOMINATING, fresh, make_edition, make_member

CODES = ("c1", "c2", "c3", "c4", "c5")


@dataclass
class Judged:
    """An edition that a jury judges."""

    edition: Edition
    jurors: list[Juror]
    people: list[Account]
    nominees: list[Nominee]

    @property
    def chair(self) -> Account:
        """Who chairs: the first of the jury."""
        return self.people[0]

    def place(self, juror: int = 0, nominee: int | None = None) -> str:
        """The address of a juror's pages."""
        desk = f"/challenge/jury/{self.jurors[juror].id}"
        return desk if nominee is None else f"{desk}/nominees/{self.nominees[nominee].number}"

    def bureau(self) -> str:
        return f"/bureau/challenge/{self.edition.id}/jury"

    def gives(self, juror: int, nominee: int, *halves: int | None, reason: str = "") -> None:
        """Let a juror give marks, one per criterion."""
        db.session.commit()
        marks = {code: Mark(given, reason) for code, given in zip(CODES, halves, strict=False)}
        sheet = queries.sheet(self.jurors[juror].id, self.nominees[nominee].id)
        with atomic():
            number, by = self.nominees[nominee].number, self.people[juror].id
            services.save_sheet(self.jurors[juror].id, number, marks, seen=sheet.version if sheet else 0, by=by)

    def becomes(self, state: str) -> Edition:
        """Put the edition in a state, as a step does that others test."""
        db.session.execute(text("UPDATE challenge_edition SET state = :state").bindparams(state=state))
        db.session.commit()
        self.edition = fresh(self.edition)
        return self.edition


def add_nominees(edition: Edition) -> list[Nominee]:
    """Two who put themselves forward and hand in their work."""
    nominees = []
    for given, family in (("Sanne", "de Graaf"), ("Karim", "Benali")):
        person = make_member(given_name=given, family_name=family)
        kind, why = NominationKind.SELF, "Omdat ik rust breng waar het nodig is."
        nominee = services.nominate(edition.id, person.id, kind=kind, reason=why, by=person.id)
        services.agree(nominee.id, terms_version=1, by=person.id)
        services.save_work(nominee.id, demo.work_of(), seen=0, by=person.id)
        nominees.append(nominee)
    return nominees


def make_judged(officer: Account, *, opened: bool = True, size: int = 4, **changes: Any) -> Judged:
    """An edition with two nominees and a jury; open unless told otherwise."""
    edition = make_edition(officer, days=NOMINATING, **changes)
    services.open_nominations(edition.id, by=officer.id)
    nominees = add_nominees(edition)
    jurors, people = [], []
    for number in range(size):
        person = make_member(given_name="Jurylid", family_name=f"Nummer {number + 1}")
        juror = services.invite_juror(edition.id, person.id, by=officer.id)
        services.accept_seat(juror.id, by=person.id)
        jurors.append(juror)
        people.append(person)
    services.choose_chair(jurors[0].id, by=officer.id)
    for number, company in enumerate(db.session.scalars(select(Company).order_by(Company.id))):
        company.kvk = f"{10_000_000 + number}"
    db.session.commit()
    found = Judged(fresh(edition), jurors, people, nominees)
    if opened:
        found.becomes("open")
    return found

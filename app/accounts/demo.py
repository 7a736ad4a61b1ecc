"""The demo's accounts: staff and people in every state with a known password, and any number of members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from random import Random
from uuid import UUID, uuid5

from app.accounts import hashing, queries, totp
from app.accounts.models import Account, RoleGrant
from app.accounts.roles import Role
from app.core import clock
from app.core.db import db, insert_rows
from app.core.demo import DOMAIN, PASSWORD, DemoPlan, Person, cast_of, names

_SPACE = UUID("6a0d7f5e-2f3b-4c58-9d6a-0c1f8b1e7a42")
NEWEST, OLDEST = 200, 2000


@dataclass(frozen=True)
class Known:
    """Somebody with an address of their own in the demo, and what there is to see as them."""

    who: str
    given_name: str
    family_name: str
    shows: str
    role: Role | None = None

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.who}@{DOMAIN}"


KNOWN: tuple[Known, ...] = (
    Known("lid", "Marjolein", "van Asperen", "a member, paid up; waits for a seat, and is offered one"),
    Known("aspirant", "Ruben", "Hoekstra", "an applicant with a half-filled application"),
    Known("coordinator", "Annelies", "Brouwer", "staff: members, applications, sessions", Role.COORDINATOR),
    Known("treasurer", "Henk", "Terpstra", "staff: payments, codes, plans", Role.TREASURER),
    Known("returning-officer", "Fatima", "el Idrissi", "staff: the Interim Challenge", Role.RETURNING_OFFICER),
    Known("admin", "Joost", "Wiersma", "staff: accounts, roles, audit, the test clock", Role.ADMINISTRATOR),
    Known("inbeoordeling", "Nienke", "Dijkgraaf", "applied; one referee called, the other not reached"),
    Known("uitgenodigd", "Karim", "Benali", "invited by the bureau; still to name a company"),
    Known("toegelaten", "Elske", "Postma", "admitted; a discount code on the bill, a payment refused"),
    Known("gesponsord", "Thijs", "Verkerk", "admitted on a sponsored place; nothing to pay"),
    Known("buitenland", "Lotte", "Claes", "admitted with a Belgian company; the VAT is to be decided"),
    Known(
        "verlegd",
        "Jonas",
        "Lindner",
        "a member with a German company: VAT reverse-charged; transferred too much",
    ),
    Known("verschil", "Mirjam", "Haverkort", "admitted; the bank passed on another amount than was asked"),
    Known("erelid", "Bernadette", "Kuijpers", "admitted; the first year given without payment just now"),
    Known("korting", "Sjoerd", "Wagenaar", "a member who paid with a discount code"),
    Known("zomer", "Imke", "Roelofs", "a member who paid with a code that is over now"),
    Known("jubileum", "Dirk", "Hogenboom", "a member on a place given by the bureau"),
    Known("overboeking", "Wilma", "Sanders", "a member whose transfer the bank statement brought"),
    Known("verlengen", "Casper", "Nauta", "a member whose renewal bill is open"),
    Known("incasso", "Yvonne", "Bakhuis", "a member who pays automatically; the charge is announced"),
    Known(
        "opgezegd",
        "Gijs",
        "Terlouw",
        "resigned as of the end of the year; transferred for the next all the same",
    ),
    Known("gepauzeerd", "Hanneke", "Vroom", "paused, and billed through another company lately"),
    Known("stil", "Pieter-Jan", "Oosterhuis", "a silent member, invited in person, who left such mail"),
    Known("respijt", "Saskia", "Blankers", "in grace; paid with the invoice number only, so the bank line waits"),
    Known("onderweg", "Maarten", "Kleinhout", "in grace; a direct debit is under way"),
    Known("opgeschort", "Roos", "Wijnhoven", "suspended; paid too little"),
    Known("vervallen", "Evert", "Stolk", "lapsed; can come back by the link in the mail"),
    Known("terug", "Judith", "Ploeger", "came back after the membership had lapsed"),
    Known("vrijgesteld", "Leendert", "van Zon", "a year given without payment, in place of the bill"),
    Known("betwist", "Anouk", "Rademaker", "took the payment back; the dispute is open"),
    Known("gewonnen", "Floris", "Bijleveld", "took the payment back; the dispute was won"),
    Known("verloren", "Simone", "Achterberg", "took the payment back; the dispute was lost"),
    Known("terugbetaald", "Wouter", "Tjalma", "refunded in full, so the membership lost its cover"),
    Known("deels", "Carla", "Meeuwsen", "refunded in part; the bank says another amount"),
    Known("terugweg", "Sjoerd", "Haanstra", "refunded in part; the money is on its way"),
    Known("mislukt", "Arjan", "Schuitema", "refunded in part, but the money came back"),
    Known("dubbel", "Els", "Kamphuis", "paid twice"),
    Known("handmatig", "Rogier", "Daalder", "refunded by hand; the transfer is still to be made"),
    Known("sponsor", "Margriet", "Holtkamp", "sponsor: three places, paid by transfer"),
    Known("sponsor-laat", "Hugo", "Leemans", "sponsor: reminded three times"),
    Known("sponsor-wacht", "Petra", "Zwart", "sponsor: reminded, then left alone for a while"),
    Known("sponsor-nieuw", "Olaf", "Brinkman", "sponsor: just past the due date"),
    Known("gesloten", "Ferdinand", "Moll", "the account was closed by an administrator"),
)


@dataclass(frozen=True)
class DemoAccount:
    """What is printed, to sign in with."""

    email: str
    password: str
    totp_secret: str | None
    shows: str


def demo_id(who: str) -> UUID:
    """Return the id of a demo account, such as "lid": the same on every machine."""
    return uuid5(_SPACE, who)


def known_people(plan: DemoPlan) -> dict[str, Person]:
    """Return everybody with an address of their own, with a company and a home, by what stands before the @."""
    chance = plan.chance("known")
    drawn = cast_of(len(KNOWN), chance)
    return {known.who: _as(known, person, chance) for known, person in zip(KNOWN, drawn, strict=True)}


def _as(known: Known, person: Person, chance: Random) -> Person:
    return replace(
        person,
        id=demo_id(known.who),
        given_name=known.given_name,
        family_name=known.family_name,
        email=known.email,
        company=names.firm(chance, known.family_name),
    )


def seed(plan: DemoPlan) -> list[DemoAccount]:
    """Make an account for everybody who is known and for everybody in the cast; only the known can sign in."""
    hash_ = hashing.hashed(PASSWORD)
    chance = plan.chance("accounts")
    now, midday = clock.now(), clock.at_home(datetime.combine(plan.today, time(12)))
    made = []
    for known in KNOWN:
        secret = totp.new_secret() if known.role else None
        joined = midday - timedelta(days=chance.randrange(NEWEST, OLDEST))
        account = Account(
            id=demo_id(known.who),
            email=known.email,
            given_name=known.given_name,
            family_name=known.family_name,
            password=hash_,
            password_set_at=now,
            created_at=joined,
            confirmed_at=joined,
            totp_secret=secret,
            totp_since=now if secret else None,
        )
        account.grants = [RoleGrant(role=known.role)] if known.role else []
        db.session.add(account)
        made.append(_printed(known, account))
    db.session.flush()
    insert_rows(
        Account,
        [
            {
                "id": person.id,
                "email": person.email,
                "given_name": person.given_name,
                "family_name": person.family_name,
                "locale": "nl",
                "active": True,
                "created_at": (joined := midday - timedelta(days=chance.randrange(30, OLDEST))),
                "confirmed_at": joined,
            }
            for person in plan.people
        ],
    )
    return made


def printed() -> list[DemoAccount]:
    """Return the demo accounts as they stand in the database, to print them again."""
    found = [(known, queries.by_email(known.email)) for known in KNOWN]
    return [_printed(known, account) for known, account in found if account is not None]


def _printed(known: Known, account: Account) -> DemoAccount:
    secret = totp.plain(account.totp_secret) if account.totp_secret else None
    return DemoAccount(account.email, PASSWORD, secret, known.shows)

"""V5: voting in secret: what the vote is, the ballot, the check with the code, and the receipt.

Each page stands twice: for members, who sign in, and for invited voters, who come by a personal link. Nothing here
leaves a line in the logs or a moment at somebody's session (`untraced`), and no browser or proxy keeps a page.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.challenge import filling, links, queries, words
from app.challenge.ballot_form import BallotForm, Candidate, ballot_form, criteria_of
from app.challenge.bundle import NO_BALLOT, paper_of
from app.challenge.models import Edition, EditionState, Nominee, NomineeState
from app.challenge.queries import voting
from app.challenge.sealing import Illegal, Paper, new_code, read_code
from app.challenge.services import casting, files, slots
from app.challenge.services.casting import Box, CastElsewhere, VoteClosed
from app.challenge.services.electorate import NotOnRoll
from app.challenge.services.slots import KeyLost
from app.core import access, clock
from app.core.codes import in_parts
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.forms import render_form
from app.core.limits import limiter, spend
from app.core.web import untraced

bp = Blueprint("ballot", __name__, url_prefix="/challenge")
LIMIT = "60/minute"
CASTS = "30 per hour"
"""Each cast stays on the board for good; who casts is counted by slot, so that the counters name nobody."""
UP = "up"


@dataclass(frozen=True)
class Voter:
    """Who votes in which edition; with a token where they came by a personal link."""

    edition: Edition
    person: UUID
    rules: dict[str, Any]
    token: str = ""

    def at(self, page: str) -> str:
        """Return the address of a page of theirs."""
        if self.token:
            return url_for(f".{page}_by_link", token=self.token)
        return url_for(f".{page}", id=self.edition.id)

    @property
    def paper(self) -> Paper:
        """What their edition allows on a ballot."""
        return paper_of(self.rules)

    @property
    def box(self) -> Box:
        """Where their envelope lies; KeyLost when that cannot be known any more."""
        return casting.box_of(self.rules)

    @property
    def own(self) -> int | None:
        """Their own number, for who is a nominee."""
        place = queries.own_place(self.edition.id, self.person)
        return place.number if place else None

    @property
    def is_open(self) -> bool:
        """Whether votes are taken now, as far as this machine's clock knows."""
        edition = self.edition
        if edition.state is not EditionState.OPEN or not edition.opens_at or not edition.closes_at:
            return False
        return edition.opens_at <= clock.now() < edition.closes_at


View = Callable[[Voter], ResponseReturnValue]


def _page(path: str, name: str, *methods: str) -> Callable[[View], View]:
    """Put a page up for members and, beside it, for who comes by a personal link."""

    def put_up(view: View) -> View:
        def for_members(id: UUID) -> ResponseReturnValue:
            return _kept_nowhere(view(_signed_in(id)))

        def by_link(token: str) -> ResponseReturnValue:
            return _kept_nowhere(view(_named_by(token)))

        for_members.__name__, by_link.__name__ = name, f"{name}_by_link"
        own = access.signed_in(untraced(for_members))
        linked = access.public(untraced(limiter.limit(LIMIT)(by_link)))
        bp.add_url_rule(f"/<uuid:id>/vote{path}", name, own, methods=methods or ("GET",))
        bp.add_url_rule(f"/vote/<token>{path}", f"{name}_by_link", linked, methods=methods or ("GET",))
        return view

    return put_up


def _kept_nowhere(answer: ResponseReturnValue) -> ResponseReturnValue:
    """Let no browser, proxy or other site keep a page with a code, or the address of a personal link."""
    response = make_response(answer)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _signed_in(id: UUID) -> Voter:
    edition = queries.public_edition(id)
    return Voter(edition, current_account().id, _rules(edition))


def _named_by(token: str) -> Voter:
    named = links.voter_named_by(token)
    invitee = voting.invitee(named[0]) if named else None
    if named is None or invitee is None or not links.is_mailed_to(named[1], invitee):
        raise NotFound
    edition = queries.public_edition(invitee.edition_id)
    return Voter(edition, invitee.id, _rules(edition), token)


def _rules(edition: Edition) -> dict[str, Any]:
    """Return the rules as they were frozen; an edition without a ballot of members has no such pages."""
    rules = files.read(edition.id, "rules")
    if rules is None or rules["kind"] == NO_BALLOT:
        raise NotFound
    return rules


@_page("", "home")
def home(voter: Voter) -> ResponseReturnValue:
    """V5: what this vote is, until when, how it stays secret, and what one has to know about that."""
    entry = voting.roll_entry(voter.edition.id, voter.person)
    return render_template(
        "challenge/ballot/home.html",
        voter=voter,
        edition=voter.edition,
        on_roll=entry is not None,
        voted=entry is not None and entry.voted,
        paused=voter.is_open and not _has_key(voter),
        turnout=voting.turnout(voter.edition.id),
        head=queries.last_entry(voter.edition.id),
        not_yet=_is_to_come(voter.edition),
        opened=files.read(voter.edition.id, "ballots") is not None,
    )


def _is_to_come(edition: Edition) -> bool:
    return edition.state is EditionState.OPEN and edition.opens_at is not None and edition.opens_at > clock.now()


def _has_key(voter: Voter) -> bool:
    try:
        slots.slot_key(voter.edition.id)
    except KeyLost:
        return False
    return True


@_page("/ballot", "fill", "GET", "POST")
def fill(voter: Voter) -> ResponseReturnValue:
    """V5, V6: fill the ballot in; places by number, by buttons or by hand; then see it again, with the code."""
    form = _ballot(voter)
    if request.method == "GET" or "change" in request.form:
        return _filling(voter, form)
    number, _dash, way = request.form.get("move", "").partition("-")
    fine = form.validate_on_submit()
    if number.isdigit() and int(number) in form.order and form.kind == "ranked":
        form.put(filling.moved(form.places, form.order, int(number), up=way == UP))
        return _filling(voter, form)
    if not fine or "sort" in request.form:
        return _filling(voter, form)
    code = new_code()
    return render_template(
        "challenge/ballot/review.html",
        voter=voter,
        edition=voter.edition,
        form=form,
        code=code,
        shown_code=in_parts(code),
        mark=links.code_mark(code, voter.edition.id, voter.person),
        standing=voting.digest_in(voter.box.place(voter.person)) or "",
    )


def _ballot(voter: Voter) -> BallotForm:
    """Make the ballot of this voter: without their own name, in an order that is theirs."""
    if voting.roll_entry(voter.edition.id, voter.person) is None:
        raise NotOnRoll
    if not voter.is_open:
        raise VoteClosed(_("The vote is not open now."))
    paper, own = voter.paper, voter.own
    stood = queries.nominees_of(voter.edition.id, NomineeState.TAKING_PART, NomineeState.WITHDRAWN)
    names = _names(voter, stood)
    gone = {one.number for one in stood if one.state is NomineeState.WITHDRAWN}
    standing = [one for one in paper.numbers if one not in (own, voter.rules["no_award"])]
    order = filling.drawn_order(standing, voter.box.place(voter.person))
    candidates = [Candidate(one, names[one], one in gone) for one in order]
    if voter.rules["no_award"] is not None:
        candidates.append(Candidate(voter.rules["no_award"], _("No award: nobody gets the title")))
    return ballot_form(paper, candidates, criteria_of(voter.edition, paper))


def _names(voter: Voter, stood: list[Nominee]) -> dict[int | None, str]:
    """Return by number how the ballot calls the nominees: in full, since who votes has to know for whom.

    The rules, which are published, name only who agreed to be named whatever the result.
    """
    known = accounts.names({one.account_id for one in stood})
    return {one.number: words.nominee_name(voter.edition, one.number or 0, known[one.account_id]) for one in stood}


def _filling(voter: Voter, form: BallotForm) -> ResponseReturnValue:
    is_nominee = voter.own is not None
    return render_form("challenge/ballot/fill.html", form, voter=voter, edition=voter.edition, is_nominee=is_nominee)


@_page("/cast", "cast", "POST")
def cast(voter: Voter) -> ResponseReturnValue:
    """V5: take the vote in, once; the answer leads to the receipt."""
    form = _ballot(voter)
    code = read_code(request.form.get("code", "")) or ""
    if not form.validate_on_submit():
        return _filling(voter, form)
    if not links.is_code_of(code, request.form.get("mark", ""), voter.edition.id, voter.person):
        return redirect(voter.at("fill"), 303)
    spend(CASTS, "vote", voter.box.place(voter.person))
    try:
        envelope = casting.sealed(form.vote(code), voter.box, own=voter.own)
    except Illegal:
        form.refuse(_("This ballot does not follow the rules. Fill it in again."))
        return _filling(voter, form)
    try:
        with atomic():
            casting.cast(
                voter.edition.id,
                voter.person,
                envelope,
                voter.box,
                replaces=request.form.get("standing") or None,
            )
    except CastElsewhere as refusal:
        flash(str(refusal.message), "info")
    return redirect(voter.at("receipt"), 303)


@_page("/cast", "cast_again")
def cast_again(voter: Voter) -> ResponseReturnValue:
    """Lead who reloads or comes back by the address of a sent vote to how it stands."""
    return redirect(voter.at("home"), 303)


@_page("/receipt", "receipt")
def receipt(voter: Voter) -> ResponseReturnValue:
    """V5: the signed receipt of the vote that counts, as long as it is known whose it is."""
    told = _receipt(voter)
    if told is None:
        return redirect(voter.at("home"), 303)
    return render_template("challenge/ballot/receipt.html", voter=voter, edition=voter.edition, receipt=told)


@_page("/receipt.json", "receipt_file")
def receipt_file(voter: Voter) -> ResponseReturnValue:
    """V5: the same receipt as a file, for whoever checks the bundle."""
    told = _receipt(voter)
    if told is None:
        raise NotFound
    response = make_response(json.dumps(told, indent=1, sort_keys=True) + "\n")
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment; filename=ontvangstbewijs.json"
    return response


def _receipt(voter: Voter) -> dict[str, object] | None:
    if not _has_key(voter):
        return None
    place = voter.box.place(voter.person)
    return casting.receipt_in(place, voter.edition.id, slots.server_key(voter.edition.id))

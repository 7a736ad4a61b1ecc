"""M8: renewing by the link in a mail: without signing in, in every state, paying only and naming nobody."""

from __future__ import annotations

from functools import wraps
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core import access, clock
from app.core.db import atomic
from app.core.forms import render_form
from app.core.i18n import language
from app.core.limits import limiter
from app.core.money import vat_amount
from app.core.web import let_forms_lead_to
from app.membership import services
from app.membership.renew_links import LinkState, named_by
from app.membership.services import Offer, Renewing
from app.payments import providers, queries, settings, shown
from app.payments import services as payments
from app.payments.forms import PayForm, ways_to_pay
from app.payments.models import Bill, Method
from app.payments.queries import Outcome

bp = Blueprint("membership_renewing", __name__, url_prefix="/renew")
GONE = 410
PAYING = (Outcome.PENDING, Outcome.PAID, Outcome.REVIEW)


def _linked(view: Any) -> Any:
    """Find the membership that a link is for; a forged link is no page, one that is over says so."""

    @wraps(view)
    def open_link(token: str) -> ResponseReturnValue:
        named = named_by(token)
        if named.state is LinkState.EXPIRED:
            return _private(make_response(render_template("membership/renew_over.html"), GONE))
        if named.membership_id is None:
            abort(404)
        return _private(make_response(view(token, named.membership_id)))

    return open_link


def _private(response: Any) -> Any:
    """Keep the address to whoever has it, since it is a key: stored nowhere, not indexed, told to no other site."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@bp.get("/<token>")
@access.public
@limiter.limit("60/minute")
@_linked
def show(token: str, membership_id: UUID) -> ResponseReturnValue:
    """Show what there is to pay and how it stands; looking, as mail scanners do, changes nothing."""
    how = services.renewing(membership_id, clock.today())
    bill = queries.any_bill(how.bill_id) if how.bill_id else None
    if bill is not None and queries.outcome(bill) in PAYING:
        return redirect(url_for(".outcome", token=token), 303)
    return _page(token, how, bill, PayForm(formdata=None, method=ways_to_pay()[0].value))


def _page(token: str, how: Renewing, bill: Bill | None, form: PayForm) -> ResponseReturnValue:
    if providers.accepting() and (elsewhere := providers.preferred().pages):
        let_forms_lead_to(elsewhere)
    return render_form(
        "membership/renew.html",
        form,
        token=token,
        how=how,
        bill=bill,
        due_cents=payments.left_to_pay(bill) if bill else None,
        gross_cents=_gross(how),
        Offer=Offer,
    )


def _gross(how: Renewing) -> int | None:
    """Return what a year costs that has no bill yet, with VAT."""
    if how.year is None:
        return None
    rate = payments.vat_rate(how.year.vat_code, clock.today())
    return how.year.net_cents + vat_amount(how.year.net_cents, rate.basis_points)


@bp.post("/<token>")
@access.public
@limiter.limit("20/minute")
@_linked
def pay(token: str, membership_id: UUID) -> ResponseReturnValue:
    """Begin to pay: at the provider's page, or by transfer."""
    how = services.renewing(membership_id, clock.today())
    form = PayForm()
    if how.offer not in (Offer.PAY, Offer.REVIVE):
        return redirect(url_for(".show", token=token), 303)
    if not form.validate_on_submit():
        return _page(token, how, queries.any_bill(how.bill_id) if how.bill_id else None, form)
    with atomic():
        bill_id = services.revive(membership_id)
        if form.method.data is Method.TRANSFER:
            payments.choose_transfer(bill_id, by=None)
    if form.method.data is Method.TRANSFER:
        return redirect(url_for(".outcome", token=token), 303)
    back = settings.public(url_for(".outcome", token=token))
    url = payments.pay(bill_id, method=form.method.data, by=None, email="", locale=language(), back=(back, back))
    return redirect(url, 303)


@bp.get("/<token>/done")
@access.public
@limiter.limit("60/minute")
@_linked
def outcome(token: str, membership_id: UUID) -> ResponseReturnValue:
    """Tell how paying stands; the redirect that brought somebody here proves nothing (ux 6)."""
    how = services.renewing(membership_id, clock.today())
    bill = queries.any_bill(how.bill_id) if how.bill_id else None
    transfer = shown.transfer_facts(bill) if bill is not None and bill.transfer_chosen_at else None
    return render_template(
        "membership/renew_outcome.html",
        token=token,
        how=how,
        bill=bill,
        stands=queries.outcome(bill) if bill else Outcome.PAID,
        transfer=transfer,
        Offer=Offer,
    )


@bp.post("/<token>/check")
@access.public
@limiter.limit("60/minute")
@_linked
def check(token: str, membership_id: UUID) -> ResponseReturnValue:
    """Ask the provider now."""
    how = services.renewing(membership_id, clock.today())
    attempt = queries.latest_attempt(how.bill_id) if how.bill_id else None
    if attempt is not None and attempt.reference:
        payments.converge(attempt.reference)
    return redirect(url_for(".outcome", token=token), 303)

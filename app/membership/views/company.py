"""M4, M11: the company that is billed: named by whoever was invited, changed by a member at any time."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.accounts.current import current_account
from app.core import access, clock
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.forms import render_form
from app.membership import queries, services, words
from app.membership.forms import AdmittedForm, OwnCompanyForm
from app.membership.models import ApplicationState
from app.membership.views.base import bp
from app.payments import queries as bills


@bp.route("/application/admitted", methods=["GET", "POST"])
@access.signed_in
def admitted() -> ResponseReturnValue:
    """M4: whoever was invited names the company to bill and agrees to the texts, and goes on to paying."""
    account = current_account()
    application = queries.current_application(account.id)
    if application is None or application.invited_at is None or application.state is not ApplicationState.ACCEPTED:
        raise NotFound
    texts = queries.invited_texts(clock.today())
    form = AdmittedForm.with_fields(texts)()
    if application.company_id is None and form.validate_on_submit():
        with atomic():
            services.accept_admission(application, form.details(), consents=texts, by=account)
            application = queries.application(application.id)
    if application.company_id is not None:
        period = queries.open_period(account.id)
        bill = bills.bill_for("membership_period", period.id) if period else None
        return redirect(url_for("payments.pay", bill_id=bill.id) if bill else url_for("membership.application"), 303)
    assert application.plan_id is not None
    plan = queries.plan(application.plan_id)
    return render_form(
        "membership/admitted.html",
        form,
        application=application,
        plan=plan,
        price=queries.price_on(plan, clock.today()),
        texts=[(words.CONSENTS[text.kind], form[f"consent-{text.id}"]) for text in texts],
    )


@bp.route("/membership/company", methods=["GET", "POST"])
@access.signed_in
def company() -> ResponseReturnValue:
    """M11: see and change the company that bills go to."""
    account = current_account()
    standing = queries.standing(account.id, clock.today())
    now = queries.company_of(standing.company_id) if standing else None
    if now is None:
        raise NotFound
    current = {name: getattr(now, name) for name in ("kvk", "vat_id", "address", "postcode", "city")}
    form = OwnCompanyForm(data=current | {"company_name": now.name})
    if form.validate_on_submit():
        with atomic():
            services.change_company(form.details(), by=account)
        flash(_("Saved. The next bill goes to this company; earlier invoices stay as they are."), "success")
        return redirect(url_for("membership.mine"), 303)
    return render_form("membership/company.html", form)

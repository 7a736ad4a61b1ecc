"""B5, G6: which mails somebody gets, besides those that always come."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.accounts.current import current_account
from app.accounts.forms import mail_choices_form
from app.accounts.views.blueprint import SEE_OTHER, bp
from app.core import access
from app.core.db import atomic
from app.core.forms import render_form
from app.core.i18n import _
from app.mail import services as mail
from app.mail import topics


@bp.route("/account/mail", methods=["GET", "POST"])
@access.signed_in
def mail_choices() -> ResponseReturnValue:
    """Show which kinds of mail come, and keep another choice."""
    account = current_account()
    kinds, left = topics.every(), mail.is_unsubscribed(account.email)
    coming = [kind for kind in kinds if kind.in_service_mail or not left]
    form = mail_choices_form([kind.name for kind in coming if mail.wants(account.id, kind.name)])
    if not form.validate_on_submit():
        return render_form("accounts/mail_choices.html", form)
    wanted = form.wanted.data or []
    with atomic():
        mail.choose(account.id, {kind.name: kind.name in wanted for kind in kinds})
        if any(kind.name in wanted for kind in kinds if not kind.in_service_mail):
            mail.resubscribe(account.email)
    flash(_("Your choice is saved."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)

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
    names = [topic.name for topic in topics.every()]
    left = mail.is_unsubscribed(account.email)
    form = mail_choices_form([name for name in names if not left and mail.wants(account.id, name)])
    if not form.validate_on_submit():
        return render_form("accounts/mail_choices.html", form)
    wanted = form.wanted.data or []
    with atomic():
        mail.choose(account.id, {name: name in wanted for name in names})
        if wanted:
            mail.resubscribe(account.email)
    flash(_("Your choice is saved."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)

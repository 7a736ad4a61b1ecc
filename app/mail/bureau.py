"""The outbox as staff see it: what went to whom, what failed and why, and another try (B5)."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.core import access
from app.core.db import atomic
from app.core.forms.choices import Option
from app.core.i18n import _, _l, _n
from app.core.listing import Badge, ChoiceFilter, Column, DateFilter, Kind, Listing
from app.core.permissions import Permission
from app.mail import queries, services
from app.mail.models import MailState

bp = Blueprint("mail_bureau", __name__, url_prefix="/bureau/mail")

STATES = {
    MailState.QUEUED: Badge("info", _l("Waiting")),
    MailState.SENT: Badge("ok", _l("Sent")),
    MailState.FAILED: Badge("bad", _l("Failed")),
    MailState.HELD: Badge("", _l("Held back")),
}
REASONS = {
    "unsubscribed": _l("The reader has unsubscribed from this kind of mail."),
    "bounced": _l("Mail to this address came back."),
    "unreachable": _l("Who this is was forgotten at their own wish, so nothing is sent."),
}

OUTBOX = Listing(
    title=_l("Outgoing mail"),
    columns=[
        Column("subject", _l("Subject"), href=lambda mail: url_for("mail_bureau.show", id=mail.id)),
        Column("recipient", _l("Recipient"), Kind.EMAIL),
        Column("created_at", _l("Written"), Kind.MOMENT, sort=True),
        Column("sent_at", _l("Sent"), Kind.MOMENT, shown=False),
        Column("state", _l("State"), Kind.BADGE, badge=lambda state: STATES[state]),
        Column("attempts", _l("Attempts"), Kind.NUMBER, shown=False),
    ],
    search=["subject", "recipient"],
    search_label=_l("Search by address or subject"),
    filters=[
        ChoiceFilter("state", _l("State"), options=[Option(state, badge.label) for state, badge in STATES.items()]),
        DateFilter("written", _l("Written"), sql="created_at"),
    ],
    default_sort="-created_at",
    counted=lambda number: _n("mail", "mails", number),
    choose_columns=True,
    export=True,
    keep=("about",),
)


@bp.get("")
@access.needs(Permission.MAIL_READ)
def outbox() -> ResponseReturnValue:
    """List what was written, the newest first; with `about` only what was written about one thing."""
    about = request.args.get("about", type=UUID)
    return OUTBOX.respond("mail/bureau/outbox.html", queries.outbox(about), failed=queries.failed_count(), about=about)


@bp.get("/<uuid:id>")
@access.needs(Permission.MAIL_READ)
def show(id: UUID) -> str:
    """Show what became of a mail and, unless it holds a secret, what it says."""
    mail = queries.mail(id)
    return render_template(
        "mail/bureau/show.html",
        mail=mail,
        state=STATES[mail.state],
        reason=REASONS.get(mail.last_error or "", mail.last_error),
        server_says=mail.last_error not in REASONS,
        may_retry=access.may(Permission.JOB_RETRY),
    )


@bp.post("/<uuid:id>/resend")
@access.needs(Permission.JOB_RETRY)
def resend(id: UUID) -> Response:
    """Try a failed mail again."""
    mail = queries.mail(id)
    with atomic():
        again = services.resend(mail.id)
    if again:
        flash(_("The mail is on its way again."), "success")
    else:
        flash(_("This mail does not wait for another try."), "info")
    return redirect(url_for(".show", id=id), 303)

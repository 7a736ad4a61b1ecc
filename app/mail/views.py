"""Leaving mail that is not service mail: one click in the mail program (RFC 8058), or a page with one button."""

from __future__ import annotations

from flask import Blueprint, abort, render_template

from app.core import access
from app.core.db import atomic
from app.mail import queries, services, topics
from app.mail.models import OutboxMail
from app.mail.unsubscribing import mail_named_by

bp = Blueprint("mail", __name__)


def _mail_of(token: str) -> OutboxMail:
    named = mail_named_by(token)
    mail = queries.by_id(named) if named else None
    return mail or abort(404)


def _page(mail: OutboxMail, token: str, *, left: bool) -> str:
    return render_template("mail/leaving.html", token=token, left=left, kind=topics.label_of(mail.topic))


@bp.get("/unsubscribe/<token>")
@access.public
def leaving(token: str) -> str:
    """Show what leaving means; reading this page, as mail scanners do, changes nothing."""
    mail = _mail_of(token)
    return _page(mail, token, left=services.has_left(mail))


@bp.post("/unsubscribe/<token>")
@access.public
def unsubscribe(token: str) -> str:
    """Leave at once, as the mail program's own button asks; the token is the proof, so there is no CSRF check."""
    mail = _mail_of(token)
    with atomic():
        services.leave(mail)
    return _page(mail, token, left=True)


@bp.post("/unsubscribe/<token>/undo")
@access.public
def resubscribe(token: str) -> str:
    """Take leaving back."""
    mail = _mail_of(token)
    with atomic():
        services.rejoin(mail)
    return _page(mail, token, left=services.has_left(mail))

"""`/dev/mail` (development only): what the outbox sent, readable without a mail program."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, make_response, render_template, send_file
from werkzeug.wrappers import Response

from app.core import access
from app.mail import attachments, queries, smtp
from app.mail.bureau import STATES

bp = Blueprint("mail_reading", __name__, url_prefix="/dev/mail")
FRAME = "allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"


@bp.get("")
@access.public
def index() -> str:
    """List the newest mails."""
    return render_template("mail/reading/index.html", mails=queries.newest())


@bp.get("/<uuid:id>")
@access.public
def show(id: UUID) -> str:
    """Show one mail: as HTML, as text, and as it goes over the wire."""
    mail = queries.mail(id)
    headers = [(name, str(value)) for name, value in smtp.as_parsed(mail).items()]
    return render_template("mail/reading/show.html", mail=mail, state=STATES[mail.state], headers=headers, frame=FRAME)


@bp.get("/<uuid:id>/html")
@access.public
def html(id: UUID) -> Response:
    """Give the HTML alone, for the frame; its links lead the whole window there."""
    mail = queries.mail(id)
    response = make_response(mail.html.replace("<head>", '<head><base target="_top">', 1))
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox {FRAME}"
    )
    return response


@bp.get("/<uuid:id>/attachment/<int:number>")
@access.public
def attachment(id: UUID, number: int) -> Response:
    """Give an attachment to keep."""
    kept = queries.mail(id).attachments
    if number >= len(kept):
        abort(404)
    loaded = attachments.load(kept[number])
    return send_file(BytesIO(loaded.content), loaded.content_type, as_attachment=True, download_name=loaded.filename)

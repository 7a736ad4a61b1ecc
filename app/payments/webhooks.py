"""Where providers tell that something happened: proven to be theirs, kept once, looked into by a job."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, abort, request
from werkzeug.wrappers import Response

from app.core import access
from app.core.db import atomic
from app.payments import providers, services
from app.payments.providers import HookRefused
from app.payments.providers.stripe import Stripe

bp = Blueprint("payment_webhooks", __name__, url_prefix="/webhooks")
LARGEST_MESSAGE = 256 * 1024


@bp.post("/stripe")
@access.public
def stripe() -> Response:
    """P3: keep a message that is Stripe's, of now and of our mode; anything else leaves no trace."""
    provider = cast("Stripe | None", providers.named(Stripe.name))
    if provider is None:
        abort(404)
    if (request.content_length or 0) > LARGEST_MESSAGE:
        abort(413)
    body = request.get_data(cache=False)
    if len(body) > LARGEST_MESSAGE:
        abort(413)
    try:
        hook = provider.read_hook(body, request.headers.get("Stripe-Signature", ""))
    except HookRefused:
        abort(400)
    if hook is not None:
        with atomic():
            services.receive_hook(hook)
    return Response(status=200)

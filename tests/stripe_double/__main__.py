"""Start the double by hand: `make stripe-double`, and the portal beside it with the settings printed here."""

from __future__ import annotations

import os
import threading

import click

from tests.stripe_double import KEY, SECRET, running
from tests.stripe_double.server import telling


def main() -> None:
    port = int(os.environ.get("STRIPE_DOUBLE_PORT", "12111"))
    portal = os.environ.get("PORTAL_URL", "http://localhost:5000").rstrip("/")
    with running(port) as double, telling(double):
        double.webhook_url = f"{portal}/webhooks/stripe"
        click.echo(
            f"The Stripe double serves {double.url} and tells {double.webhook_url} what happens.\n"
            f"Let things happen at {double.url}/dashboard\n\n"
            "Start the portal beside it with:\n\n"
            f"  STRIPE_SECRET_KEY={KEY} STRIPE_WEBHOOK_SECRET={SECRET} STRIPE_API_BASE={double.url} make run\n",
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("The double is gone, with all it knew.")


if __name__ == "__main__":
    main()

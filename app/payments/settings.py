"""What payments ask of the configuration: who sells, and where this portal is found."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import current_app

from app.core.i18n import _
from config import Seller


def seller() -> Seller:
    """Return whose name and account stand on what is issued from now on."""
    return current_app.config["SELLER"]


def seller_snapshot() -> dict[str, Any]:
    """Return the seller as an invoice keeps it (P5)."""
    house = current_app.config["HOUSE"]
    return asdict(seller()) | {"name": house.name, "email": house.email, "phone": house.phone}


def public(path: str) -> str:
    """Return the full address of a path of this portal, for providers and mails."""
    return f"{current_app.config['PUBLIC_URL']}{path}"


def mandate() -> tuple[str, ...]:
    """Return what a payer agrees to about later bills, in the reader's language, paragraph by paragraph (P8)."""
    house, holder = current_app.config["HOUSE"].name, seller().account_holder
    return (
        _(
            "%(house)s may charge my contribution of later years to the account or card I pay with now. Before every"
            " charge I get a mail with the amount and the day. I can stop this at any time on my membership page, until"
            " the day of the charge.",
            house=house,
        ),
        _(
            "For a bank account this is a SEPA mandate: I authorise %(holder)s and its payment service provider to"
            " instruct my bank to debit my account, and my bank to do so. I can have a debit returned by my bank within"
            " eight weeks.",
            holder=holder,
        ),
    )


def consent() -> str:
    """Return the words that somebody who ticks the box has before them, to be kept with the payment (P8)."""
    return "\n".join((_("Yes, pay my later contributions automatically this way"), *mandate()))

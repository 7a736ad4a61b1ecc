"""How often a visitor may try: per account and address, before anything costly is done (ASVS 6.3.1).

Both together make the key, so that a stranger's attempts never keep the owner out from elsewhere.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from flask import request

from app.accounts import secrecy
from app.accounts.models import Account
from app.core.limits import spend

PER_ACCOUNT = "10 per 5 minutes"
PER_ADDRESS = "60 per 5 minutes"
MAILS = "6 per hour"
CEREMONIES = "60 per 5 minutes"


def _network() -> str:
    """Return the visitor's address; of an IPv6 one the network, since a household has billions of those."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return "unknown"
    return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else str(address)


def password_attempt(email: str) -> None:
    """Count one attempt at a password; too many answer 429."""
    network = _network()
    spend(PER_ADDRESS, "sign-in", network)
    spend(PER_ACCOUNT, "sign-in", secrecy.digest(email.strip().lower()), network)


def mail_asked(email: str) -> None:
    """Count one mail asked for; too many answer 429."""
    network = _network()
    spend(PER_ADDRESS, "mail", network)
    spend(MAILS, "mail", secrecy.digest(email.strip().lower()), network)


def code_attempt(account: Account) -> None:
    """Count one attempt at a code by somebody whose first factor is known: here the account alone counts."""
    spend(PER_ACCOUNT, "code", str(account.id))


def link_attempt() -> None:
    """Count one attempt at a link or a ceremony from here."""
    spend(CEREMONIES, "link", _network())

"""Passkeys: the device checks the person and signs our challenge, so there is nothing to remember or to phish."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app.accounts import queries, secrecy
from app.accounts.models import Account, AccountToken, Passkey, Purpose
from app.accounts.services import tokens
from app.accounts.services.factors import StaffNeedsFactor
from app.audit import services as audit
from app.core import clock
from app.core.db import db
from app.core.errors import Refusal
from app.core.i18n import _, _l

MOST_PASSKEYS = 20
LONGEST_NAME = 60
VERIFIED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True)
class Party:
    """Who asks, as the browser and its authenticator see it: the host, the whole origin, and a name to show."""

    id: str
    origin: str
    name: str


class PasskeyRefused(Refusal):
    """The authenticator's answer does not hold; a cancelled or repeated ceremony ends here too."""

    status = 422
    message = _l("This passkey was not accepted. Try again, or sign in another way.")


def registration_options(account: Account, *, party: Party) -> tuple[AccountToken, dict[str, Any]]:
    """Start adding a passkey of this device, phone or security key; return the challenge's token and the options."""
    token, challenge = _challenge(account)
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=account.id.bytes,
        user_name=account.email,
        user_display_name=account.name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=VERIFIED
        ),
        exclude_credentials=_descriptors(account),
    )
    return token, json.loads(options_to_json(options))


def add_passkey(account: Account, credential: str, *, token_id: UUID, name: str, party: Party) -> Passkey:
    """Keep the passkey that an authenticator made for our challenge."""
    token = _use_challenge(token_id, account)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(token.details["challenge"]),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyRefused from error
    if queries.passkey_by_credential(made.credential_id) or len(account.passkeys) >= MOST_PASSKEYS:
        raise PasskeyRefused
    passkey = Passkey(
        account_id=account.id,
        credential_id=made.credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=_transports(credential),
        name=" ".join(name.split())[:LONGEST_NAME] or _("Passkey"),
    )
    db.session.add(passkey)
    db.session.flush()
    audit.record("accounts.passkey_added", by=account.id, on=("account", account.id), after={"passkey": passkey.name})
    return passkey


def sign_in_options(*, party: Party, account: Account | None = None) -> tuple[AccountToken, dict[str, Any]]:
    """Start signing in; without an account the device itself knows which passkeys it has for us, so nothing leaks."""
    token, challenge = _challenge(account)
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        user_verification=VERIFIED,
        allow_credentials=_descriptors(account) if account else [],
    )
    return token, json.loads(options_to_json(options))


def signed_in_with(credential: str, *, token_id: UUID, party: Party, account: Account | None = None) -> Account:
    """Return whose passkey signed our challenge; given an account, only one of its own will do."""
    token = _use_challenge(token_id, account)
    try:
        raw = json.loads(credential)
        passkey = queries.passkey_by_credential(base64url_to_bytes(raw["rawId"]))
        if passkey is None or (account is not None and passkey.account_id != account.id):
            raise PasskeyRefused
        proven = verify_authentication_response(
            credential=raw,
            expected_challenge=base64url_to_bytes(token.details["challenge"]),
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, TypeError, KeyError) as error:
        raise PasskeyRefused from error
    owner = queries.account(passkey.account_id)
    if not owner.active or owner.confirmed_at is None:
        raise PasskeyRefused
    passkey.sign_count, passkey.last_used_at = proven.new_sign_count, clock.real_now()
    return owner


def remove_passkey(passkey: Passkey) -> None:
    """Forget a passkey; staff keep at least one second factor."""
    account = passkey.account
    if account.is_staff and account.totp_since is None and len(account.passkeys) == 1:
        raise StaffNeedsFactor
    account.passkeys.remove(passkey)
    audit.record(
        "accounts.passkey_removed", by=account.id, on=("account", account.id), before={"passkey": passkey.name}
    )


def _challenge(account: Account | None) -> tuple[AccountToken, bytes]:
    text = secrecy.new_secret()
    token = tokens.ask(Purpose.PASSKEY, account_id=account.id if account else None, details={"challenge": text})
    return token, base64url_to_bytes(text)


def _use_challenge(token_id: UUID, account: Account | None) -> AccountToken:
    token = db.session.get(AccountToken, token_id)
    if token is None or token.purpose is not Purpose.PASSKEY or token.account_id != (account.id if account else None):
        raise PasskeyRefused
    try:
        return tokens.use(token)
    except tokens.LinkIsOver as over:
        raise PasskeyRefused from over


def _descriptors(account: Account) -> list[PublicKeyCredentialDescriptor]:
    known = {transport.value for transport in AuthenticatorTransport}
    return [
        PublicKeyCredentialDescriptor(
            id=passkey.credential_id,
            transports=[AuthenticatorTransport(value) for value in passkey.transports if value in known],
        )
        for passkey in account.passkeys
    ]


def _transports(credential: str) -> list[str]:
    response = json.loads(credential).get("response", {})
    given = response.get("transports", []) if isinstance(response, dict) else []
    return [value for value in given if isinstance(value, str)][:6] if isinstance(given, list) else []

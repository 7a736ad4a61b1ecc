"""What the audit log says about accounts, in words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask import current_app

from app.accounts import queries
from app.accounts.forms import LANGUAGES, ROLE_NAMES
from app.audit import services as audit
from app.audit.services import Field, ObjectKind, Page, Thing
from app.audit.values import choice
from app.core import navigation
from app.core.i18n import _, _l
from app.core.permissions import Permission

SENTENCES = {
    "accounts.opened": (_l("Account opened"), _l("%(actor)s opened an account for %(object)s")),
    "accounts.confirmed": (_l("E-mail address confirmed"), _l("%(actor)s confirmed the e-mail address")),
    "accounts.details_changed": (
        _l("Name or language changed"),
        _l("%(actor)s changed the name or language of %(object)s"),
    ),
    "accounts.signed_in": (_l("Signed in"), _l("%(actor)s signed in")),
    "accounts.sign_in_failed": (_l("Sign-in failed"), _l("A sign-in for %(object)s failed")),
    "accounts.signed_out": (_l("Signed out"), _l("%(actor)s signed out")),
    "accounts.session_ended": (_l("Session ended"), _l("%(actor)s ended a session of %(object)s")),
    "accounts.sessions_ended": (_l("Other sessions ended"), _l("All other sessions of %(object)s were ended")),
    "accounts.second_factor_proven": (_l("Second factor proven"), _l("%(actor)s proved the second factor")),
    "accounts.identity_proven": (_l("Identity proven again"), _l("%(actor)s proved who it is once more")),
    "accounts.password_changed": (_l("Password changed"), _l("%(actor)s chose a new password")),
    "accounts.totp_set_up": (_l("Authenticator app set up"), _l("%(actor)s took an authenticator app into use")),
    "accounts.totp_removed": (_l("Authenticator app removed"), _l("%(actor)s removed the authenticator app")),
    "accounts.recovery_codes_made": (_l("Recovery codes made"), _l("%(actor)s made new recovery codes")),
    "accounts.recovery_code_used": (_l("Recovery code used"), _l("%(actor)s used a recovery code")),
    "accounts.passkey_added": (_l("Passkey added"), _l("%(actor)s added a passkey")),
    "accounts.passkey_removed": (_l("Passkey removed"), _l("%(actor)s removed a passkey")),
    "accounts.email_change_asked": (
        _l("Other e-mail address asked for"),
        _l("%(actor)s asked for another e-mail address"),
    ),
    "accounts.email_changed": (_l("E-mail address changed"), _l("%(actor)s changed the e-mail address")),
    "accounts.roles_changed": (_l("Roles changed"), _l("%(actor)s changed the roles of %(object)s: %(roles)s")),
    "accounts.anonymised": (_l("Person forgotten"), _l("%(actor)s had it forgotten who this account was")),
    "accounts.disabled": (_l("Account closed"), _l("%(actor)s closed the account of %(object)s")),
    "accounts.enabled": (_l("Account opened again"), _l("%(actor)s opened the account of %(object)s again")),
    "accounts.factors_reset": (
        _l("Second factors taken away"),
        _l("%(actor)s took away the second factors of %(object)s"),
    ),
    "accounts.denied": (_l("Access refused"), _l("%(actor)s got no access to %(object)s")),
}
PROOFS = {
    "password": _l("Password"),
    "mail_link": _l("Link by mail"),
    "passkey": _l("Passkey"),
    "totp": _l("Authenticator app"),
    "recovery_code": _l("Recovery code"),
    "code": _l("Code by mail"),
    "invitation": _l("By an invitation"),
    "reset": _l("By a link to choose a new one"),
    "account": _l("On the page of the account"),
}
REASONS = {
    "signed_out": _l("Signed out"),
    "ended_by_owner": _l("Ended by the owner"),
    "ended_by_staff": _l("Ended by the bureau"),
    "password_changed": _l("Password changed"),
    "email_changed": _l("E-mail address changed"),
    "roles_changed": _l("Roles changed"),
    "factors_changed": _l("Second factors changed"),
    "factors_reset": _l("Second factors taken away"),
    "disabled": _l("Account closed"),
}
FIELDS = {
    "active": Field(_l("Open")),
    "email": Field(_l("E-mail address")),
    "family_name": Field(_l("Family name")),
    "given_name": Field(_l("Given name")),
    "how": Field(_l("By means of"), lambda value: choice(PROOFS)(str(value).removeprefix("proof_"))),
    "locale": Field(_l("Language"), choice({option.value: option.label for option in LANGUAGES})),
    "method": Field(_l("By means of"), choice(PROOFS)),
    "passkey": Field(_l("Passkey")),
    "reason": Field(_l("Reason"), choice(REASONS)),
    "roles": Field(_l("Roles"), choice(ROLE_NAMES)),
    "second_factor": Field(_l("Second factor"), choice(PROOFS)),
}


def register() -> None:
    """Give the log its words and the names of people."""
    for action, (name, text) in SENTENCES.items():
        audit.sentence(action, text, name=name)
    audit.names_from(queries.names, queries.staff)
    audit.fields("accounts", FIELDS)
    audit.objects("account", ObjectKind(_l("Account"), _people, Page("accounts_bureau.show", Permission.ACCOUNT_READ)))
    audit.objects("endpoint", ObjectKind(_l("Page"), _pages))


def _people(keys: Iterable[str]) -> dict[str, Thing]:
    known = {str(key): Thing("", key) for key in audit.ids_of(keys)}
    return {"unknown": Thing(_("an unknown address")), **known}


def _pages(keys: Iterable[str]) -> dict[str, Thing]:
    return {key: Thing(_("the page %(name)s", name=navigation.label_of(key) or _address(key))) for key in keys}


def _address(endpoint: str) -> str:
    """Return the address of a page, its variable parts left open."""
    rules = current_app.url_map.iter_rules(endpoint) if endpoint in current_app.view_functions else ()
    return next((re.sub(r"<[^>]*>", "…", rule.rule) for rule in rules), endpoint)

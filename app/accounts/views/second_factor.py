"""The second factor: asking for it, setting it up, and proving once more who you are."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts import hashing, identity, mails, queries, throttle, totp
from app.accounts.current import current_account, current_session
from app.accounts.forms import MailedCodeForm, PasskeyNameForm, ProveForm, RecoveryForm, TotpForm
from app.accounts.models import Account, AccountSession
from app.accounts.services import entering, factors, passkeys, passwords, sessions, tokens
from app.accounts.views.blueprint import SEE_OTHER, asked_next, attempt, bp, go_on, party, second_factor_asked
from app.accounts.views.sign_in import ceremony
from app.core import access
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.forms import Form, render_form
from app.core.i18n import _, _l, _n

SETUP = "totp_setup"
FEW_CODES = 3


class WrongProof(Refusal):
    """What was typed does not prove who it is."""

    status = 422
    message = _l("That is not right. Try again.")


def _waiting() -> AccountSession | None:
    """Return the session of this browser whose second factor is still to be proven, whether half open or open."""
    row = identity.half_session()
    if row is not None:
        return row
    account = identity.visitor()
    return None if account is None or account.second_factor_proven else account.session


@bp.get("/second-factor")
@access.public
def second_factor() -> ResponseReturnValue:
    """Ask for the second factor, or lead whoever has none to setting it up."""
    row = _waiting()
    if row is None:
        account = identity.visitor()
        return (
            go_on(account, asked_next())
            if account
            else redirect(url_for(".sign_in", next=asked_next() or None), SEE_OTHER)
        )
    if not queries.has_second_factor(row.account):
        return redirect(url_for(".set_up", next=asked_next() or None), SEE_OTHER)
    return _challenge(row, TotpForm(formdata=None), RecoveryForm(formdata=None))


def _challenge(row: AccountSession, code_form: TotpForm, recovery_form: RecoveryForm) -> ResponseReturnValue:
    shown: Form = recovery_form if recovery_form.problems else code_form
    return render_form(
        "accounts/second_factor.html",
        shown,
        code_form=code_form,
        recovery_form=recovery_form,
        factors=queries.factors(row.account),
        next_page=asked_next(),
    )


@bp.post("/second-factor")
@access.public
def prove_second_factor() -> ResponseReturnValue:
    """Take a code of the app, or a recovery code."""
    row = _waiting()
    if row is None:
        return redirect(url_for(".sign_in", next=asked_next() or None), SEE_OTHER)
    recovering = "recovery_code" in request.form
    code_form = TotpForm(formdata=None) if recovering else TotpForm()
    recovery_form = RecoveryForm() if recovering else RecoveryForm(formdata=None)
    form = recovery_form if recovering else code_form
    if not form.validate():
        return _challenge(row, code_form, recovery_form)
    throttle.code_attempt(row.account)
    left: list[int] = []
    with atomic():
        refused = attempt(
            lambda: (
                left.append(factors.use_recovery_code(row.account, recovery_form.recovery_code.data))
                if recovering
                else factors.check_totp(row.account, code_form.code.data)
            ),
            lambda _refusal: passwords.note_failure(row.account, how="recovery_code" if recovering else "totp"),
        )
        if refused is None:
            _let_in(row, how="recovery_code" if recovering else "totp")
            if left:
                mails.notice(row.account, "recovery_code_used")
    if refused is not None:
        form.refuse(refused, recovery_form.recovery_code if recovering else code_form.code)
        return _challenge(row, code_form, recovery_form)
    if left and left[0] < FEW_CODES:
        flash(
            _n(
                "You have %(num)s recovery code left. Make new ones.",
                "You have %(num)s recovery codes left. Make new ones.",
                left[0],
            ),
            "warning",
        )
    return go_on(row.account, asked_next())


def _let_in(row: AccountSession, *, how: str) -> None:
    identity.complete(row, sessions.prove_second_factor(row, how=how))


@bp.post("/second-factor/passkey/options")
@access.public
def second_factor_passkey_options() -> ResponseReturnValue:
    """Give a challenge for this person's own passkeys."""
    row = _waiting()
    if row is None:
        abort(403)
    throttle.code_attempt(row.account)
    with atomic():
        token, options = passkeys.sign_in_options(party=party(), account=row.account)
    return {"token": str(token.id), "options": options}


@bp.post("/second-factor/passkey")
@access.public
def second_factor_passkey() -> ResponseReturnValue:
    """Take a passkey as second factor."""
    row = _waiting()
    if row is None:
        return redirect(url_for(".sign_in"), SEE_OTHER)
    token_id, credential = ceremony()
    with atomic():
        refused = attempt(
            lambda: passkeys.signed_in_with(credential, token_id=token_id, party=party(), account=row.account),
            lambda _refusal: passwords.note_failure(row.account, how="passkey"),
        )
        if refused is None:
            _let_in(row, how="passkey")
    if refused is not None:
        flash(str(refused.message), "error")
        return redirect(url_for(".second_factor", next=asked_next() or None), SEE_OTHER)
    return go_on(row.account, asked_next())


def _owes_proof(account: Account) -> bool:
    """Say whether a second factor exists that this session did not show: nobody adds or changes one without it."""
    return not account.second_factor_proven and second_factor_asked(account)


@bp.get("/second-factor/set-up")
@access.sudo
@access.arriving
def set_up() -> ResponseReturnValue:
    """Choose a second factor: a passkey or an authenticator app."""
    account = current_account()
    if _owes_proof(account):
        return redirect(url_for(".second_factor", next=asked_next() or None), SEE_OTHER)
    return render_template("accounts/set_up.html", account=account, form=PasskeyNameForm(), next_page=asked_next())


@bp.route("/second-factor/app", methods=["GET", "POST"])
@access.sudo
@access.arriving
def set_up_app() -> ResponseReturnValue:
    """Scan the code, type what the app shows, and keep the recovery codes that follow."""
    account = current_account()
    if _owes_proof(account):
        return redirect(url_for(".second_factor"), SEE_OTHER)
    known = session.get(SETUP)
    if request.method == "POST" and account.totp_secret is not None and known in {None, account.totp_secret}:
        flash(_("Your authenticator app is in use already. Did you miss the codes? Make new ones here."), "info")
        return redirect(url_for(".overview"), SEE_OTHER)
    if not isinstance(known, str):
        session[SETUP] = totp.new_secret()
    secret, form = session[SETUP], TotpForm()
    if not form.validate_on_submit():
        return _app_page(form, account, secret)
    throttle.code_attempt(account)
    with atomic():
        refused = attempt(lambda: factors.set_up_totp(account, secret, form.code.data), lambda _refusal: None)
        if refused is None:
            codes = after_new_factor(account, "totp_set_up")
    if refused is not None:
        form.refuse(refused, form.code)
        return _app_page(form, account, secret)
    session.pop(SETUP, None)
    return render_template("accounts/recovery_codes.html", codes=codes, next_page=asked_next(), fresh=True)


def _app_page(form: TotpForm, account: Account, secret: str) -> ResponseReturnValue:
    return render_form(
        "accounts/set_up_app.html",
        form,
        qr_code=totp.qr_code(secret, account.email),
        key=totp.readable(secret),
        next_page=asked_next(),
    )


def after_new_factor(account: Account, what: str, *, detail: str = "") -> list[str]:
    """End other sessions, count this one as proven and tell by mail; return codes if there were none."""
    row = current_session()
    first = not account.second_factor_proven
    if first:
        identity.complete(row, sessions.prove_second_factor(row, how=what))
    sessions.end_all(account, reason="factors_changed", by=account, but=row)
    mails.notice(account, what, detail=detail)
    return factors.new_recovery_codes(account) if queries.factors(account).recovery_codes == 0 else []


@bp.post("/second-factor/recovery-codes")
@access.sudo
@access.signed_in
def recovery_codes() -> ResponseReturnValue:
    """Make ten new recovery codes and show them this once."""
    account = current_account()
    if not queries.has_second_factor(account) or _owes_proof(account):
        abort(403)
    with atomic():
        codes = factors.new_recovery_codes(account)
        mails.notice(account, "recovery_codes_made")
    return render_template("accounts/recovery_codes.html", codes=codes, next_page="", fresh=False)


@bp.post("/second-factor/app/remove")
@access.sudo
@access.signed_in
def remove_app() -> ResponseReturnValue:
    """Take the authenticator app out of use."""
    account = current_account()
    if _owes_proof(account):
        abort(403)
    with atomic():
        factors.remove_totp(account)
        mails.notice(account, "totp_removed")
    flash(_("Your authenticator app is no longer asked for."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)


@bp.get("/prove")
@access.arriving
def sudo() -> ResponseReturnValue:
    """Ask for a proof of identity before something sensitive; it holds for 30 minutes."""
    if current_session().sudo_proven:
        return go_on(current_account(), asked_next() or url_for(".overview"))
    return _proof_page(ProveForm(formdata=None))


def _proof_page(form: Form) -> ResponseReturnValue:
    account = current_account()
    found = queries.factors(account)
    kind = "totp" if isinstance(form, TotpForm) else "mail" if isinstance(form, MailedCodeForm) else "password"
    context: dict[str, Any] = {
        "password_form": form if kind == "password" else ProveForm(formdata=None),
        "code_form": form if kind == "totp" else TotpForm(formdata=None),
        "mail_form": form if kind == "mail" else MailedCodeForm(formdata=None),
    }
    return render_form(
        "accounts/prove.html",
        form,
        factors=found,
        only_mail=not (found.password or found.totp or found.passkeys),
        mailed=session.get("proof_mailed", False),
        email=account.email,
        next_page=asked_next(),
        **context,
    )


@bp.post("/prove")
@access.arriving
def prove() -> ResponseReturnValue:
    """Take a password, a code of the app, or a code from the mail as proof."""
    way = request.form.get("way", "password")
    form: Any = {"totp": TotpForm, "mail": MailedCodeForm}.get(way, ProveForm)()
    if not form.validate():
        return _proof_page(form)
    account, row = current_account(), current_session()
    throttle.code_attempt(account)
    with atomic():
        right = _is_right(account, row, way, form)
        if right:
            identity.complete(row, sessions.prove_again(row, how=way))
            session.pop("proof_mailed", None)
        else:
            passwords.note_failure(account, how=f"proof_{way}")
    if not right:
        form.refuse(WrongProof(), form.password if way not in {"totp", "mail"} else form.code)
        return _proof_page(form)
    return go_on(account, asked_next() or url_for(".overview"))


def _is_right(account: Account, row: AccountSession, way: str, form: Any) -> bool:
    if way == "totp":
        return attempt(lambda: factors.check_totp(account, form.code.data), lambda _refusal: None) is None
    if way == "mail":
        found = queries.factors(account)
        return not (found.password or found.totp) and tokens.check_sudo_code(row.id, account.id, form.code.data)
    return hashing.fits(form.password.data, account)


@bp.post("/prove/mail")
@access.arriving
def prove_by_mail() -> ResponseReturnValue:
    """Mail a code to whoever has nothing else to prove with."""
    account = current_account()
    throttle.mail_asked(account.email)
    with atomic():
        entering.ask_sudo_code(account)
    session["proof_mailed"] = True
    return redirect(url_for(".sudo", next=asked_next() or None), SEE_OTHER)


@bp.post("/prove/passkey/options")
@access.arriving
def prove_passkey_options() -> ResponseReturnValue:
    """Give a challenge for this person's own passkeys."""
    with atomic():
        token, options = passkeys.sign_in_options(party=party(), account=current_account())
    return {"token": str(token.id), "options": options}


@bp.post("/prove/passkey")
@access.arriving
def prove_by_passkey() -> ResponseReturnValue:
    """Take a passkey as proof."""
    token_id, credential = ceremony()
    account, row = current_account(), current_session()
    with atomic():
        refused = attempt(
            lambda: passkeys.signed_in_with(credential, token_id=token_id, party=party(), account=account),
            lambda _refusal: passwords.note_failure(account, how="proof_passkey"),
        )
        if refused is None:
            identity.complete(row, sessions.prove_again(row, how="passkey"))
    if refused is not None:
        flash(str(refused.message), "error")
        return redirect(url_for(".sudo", next=asked_next() or None), SEE_OTHER)
    return go_on(account, asked_next() or url_for(".overview"))

"""L7: the own account: details, address, password, factors and where one is signed in."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import identity, mails, queries, throttle
from app.accounts.current import current_account, current_session
from app.accounts.forms import ChangeEmailForm, DetailsForm, NewPasswordForm, PasskeyNameForm
from app.accounts.models import Purpose
from app.accounts.services import accounts, addresses, passkeys, passwords, sessions, tokens
from app.accounts.views.blueprint import SEE_OTHER, asked_next, bp, party, second_factor_asked
from app.accounts.views.second_factor import after_new_factor
from app.accounts.views.sign_in import ceremony
from app.core import access, panels
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.forms import render_form
from app.core.i18n import _
from app.core.web import remember_language


@bp.get("/account")
@access.signed_in
def overview() -> ResponseReturnValue:
    """Show everything about signing in, with the way to change each."""
    account = current_account()
    return render_template(
        "accounts/overview.html",
        account=account,
        factors=queries.factors(account),
        passkeys=account.passkeys,
        sessions=queries.open_sessions(account.id),
        this_session=current_session(),
        change=queries.pending_email_change(account.id),
        panels=list(panels.filled("account", account.id)),
    )


@bp.route("/account/details", methods=["GET", "POST"])
@access.signed_in
def details() -> ResponseReturnValue:
    """Correct name and language."""
    account = current_account()
    form = DetailsForm(obj=account)
    if not form.validate_on_submit():
        return render_form("accounts/details.html", form)
    with atomic():
        accounts.change_details(
            account, given_name=form.given_name.data, family_name=form.family_name.data, locale=form.locale.data
        )
    flash(_("Your details are saved."), "success")
    response = redirect(url_for(".overview"), SEE_OTHER)
    remember_language(response, form.locale.data)
    return response


@bp.route("/account/email", methods=["GET", "POST"])
@access.sudo
@access.signed_in
def change_email() -> ResponseReturnValue:
    """Ask for another address; both mailboxes have to say yes."""
    account = current_account()
    form = ChangeEmailForm()
    if not form.validate_on_submit():
        return render_form("accounts/change_email.html", form, account=account)
    throttle.mail_asked(account.email)
    try:
        with atomic():
            change = addresses.ask_email_change(account, form.email.data)
            mails.email_change_links(account, change)
    except Refusal as refusal:
        form.refuse(refusal, form.email)
        return render_form("accounts/change_email.html", form, account=account)
    flash(_("We have mailed both addresses. Open the link in each to confirm."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)


@bp.post("/account/email/cancel")
@access.signed_in
def cancel_email_change() -> ResponseReturnValue:
    """Keep the address as it was."""
    with atomic():
        addresses.cancel_email_change(current_account())
    flash(_("Your e-mail address stays as it was."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)


@bp.route("/account/email/<secret>", methods=["GET", "POST"])
@access.public
def confirm_email_change(secret: str) -> ResponseReturnValue:
    """Confirm a change from one of the two mailboxes, by a button."""
    throttle.link_attempt()
    token = tokens.find(secret, Purpose.EMAIL_OLD, Purpose.EMAIL_NEW)
    state = tokens.state_of(token)
    if token is None or state is not tokens.LinkState.GOOD:
        return render_template(
            "accounts/link_over.html", state=state, secret="", purpose=Purpose.EMAIL_NEW, again=False
        ), 410
    change = addresses.change_of(token)
    if request.method != "POST":
        return render_template("accounts/confirm_email.html", change=change, side=token.purpose)
    visitor = identity.visitor()
    with atomic():
        change = addresses.confirm_side(token, here=visitor.session if visitor else None)
        done = addresses.is_done(change)
        if done:
            mails.email_changed(queries.account(change.account_id), change)
    return render_template("accounts/email_confirmed.html", change=change, done=done)


@bp.route("/account/password", methods=["GET", "POST"])
@access.sudo
@access.signed_in
def change_password() -> ResponseReturnValue:
    """Choose a password, the first or another; other browsers are signed out."""
    account = current_account()
    form = NewPasswordForm.of(account)
    if not form.validate_on_submit():
        return render_form("accounts/change_password.html", form, account=account)
    with atomic():
        passwords.set_password(account, form.password.data, but=current_session(), how="account")
        mails.notice(account, "password_changed")
    flash(_("Your password is changed. Other browsers are signed out."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)


@bp.post("/account/passkeys/options")
@access.sudo
@access.arriving
def add_passkey_options() -> ResponseReturnValue:
    """Give a challenge for making a passkey."""
    account = current_account()
    if not account.second_factor_proven and second_factor_asked(account):
        abort(403)
    throttle.code_attempt(account)
    with atomic():
        token, options = passkeys.registration_options(account, party=party())
    return {"token": str(token.id), "options": options}


@bp.post("/account/passkeys")
@access.sudo
@access.arriving
def add_passkey() -> ResponseReturnValue:
    """Keep a new passkey; for staff it is a second factor at once."""
    account = current_account()
    if not account.second_factor_proven and second_factor_asked(account):
        abort(403)
    token_id, credential = ceremony()
    form = PasskeyNameForm()
    with atomic():
        made = passkeys.add_passkey(account, credential, token_id=token_id, name=form.name.data or "", party=party())
        codes = after_new_factor(account, "passkey_added", detail=made.name) if account.is_staff else []
        if not account.is_staff:
            mails.notice(account, "passkey_added", detail=made.name)
    if codes:
        return render_template("accounts/recovery_codes.html", codes=codes, next_page=asked_next(), fresh=True)
    flash(_("Your passkey is added. Next time you can sign in with it."), "success")
    return redirect(asked_next() or url_for(".overview"), SEE_OTHER)


@bp.post("/account/passkeys/<uuid:id>/remove")
@access.sudo
@access.signed_in
def remove_passkey(id: UUID) -> ResponseReturnValue:
    """Forget one of the own passkeys."""
    account = current_account()
    with atomic():
        passkey = queries.own_passkey(id, owner=account)
        name = passkey.name
        passkeys.remove_passkey(passkey)
        mails.notice(account, "passkey_removed", detail=name)
    flash(_("The passkey is removed. You can also delete it on your device."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)


@bp.post("/account/sessions/<uuid:id>/end")
@access.signed_in
def end_session(id: UUID) -> ResponseReturnValue:
    """L7: sign out one browser from here."""
    account = current_account()
    with atomic():
        sessions.end(queries.own_session(id, owner=account), by=account, reason="ended_by_owner")
    flash(_("That browser is signed out."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)


@bp.post("/account/sessions/end-others")
@access.signed_in
def end_other_sessions() -> ResponseReturnValue:
    """L7: sign out everywhere but here."""
    account = current_account()
    with atomic():
        sessions.end_all(account, reason="ended_by_owner", by=account, but=current_session())
    flash(_("All other browsers are signed out."), "success")
    return redirect(url_for(".overview"), SEE_OTHER)

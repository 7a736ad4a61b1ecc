"""Signing up, invitations and forgotten passwords: what starts with a mail."""

from __future__ import annotations

from flask import flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts import identity, mails, queries, throttle
from app.accounts.forms import EmailOnlyForm, NewPasswordForm, SignUpForm, WelcomeForm
from app.accounts.models import AccountToken, Method, Purpose
from app.accounts.services import entering, passwords, tokens
from app.accounts.views.blueprint import SEE_OTHER, arrive, asked_next, bp, go_on, this_browser, this_sending
from app.accounts.views.sign_in import ASKED, bound_link, remember_asked
from app.core import access
from app.core.db import atomic
from app.core.forms import render_form
from app.core.i18n import _, language


@bp.route("/sign-up", methods=["GET", "POST"])
@access.public
def sign_up() -> ResponseReturnValue:
    """M3: start as an applicant. Whether the address is known here is told by mail to its owner only."""
    account = identity.visitor()
    if account is not None:
        return go_on(account, asked_next())
    browser = this_browser()
    form = SignUpForm(next=asked_next())
    if not form.validate_on_submit():
        return render_form("accounts/sign_up.html", form, next_page=asked_next())
    throttle.mail_asked(form.email.data)
    with atomic():
        asked = entering.sign_up(
            email=form.email.data,
            given_name=form.given_name.data,
            family_name=form.family_name.data,
            password=form.password.data,
            browser=browser,
            sending=this_sending(),
            locale=language(),
            next_page=asked_next(),
        )
    remember_asked(asked, form.email.data, "sign_up")
    return redirect(url_for(".mail_sent"), SEE_OTHER)


@bp.route("/sign-up/link/<secret>", methods=["GET", "POST"])
@access.public
def sign_up_link(secret: str) -> ResponseReturnValue:
    """Confirm the address, by a button: mail scanners look at the page too."""
    return bound_link(secret, Purpose.SIGN_UP)


@bp.route("/password/forgotten", methods=["GET", "POST"])
@access.public
def forgotten() -> ResponseReturnValue:
    """Ask for a link to choose a new password; the answer is the same for every address."""
    form = EmailOnlyForm()
    if not form.validate_on_submit():
        return render_form("accounts/forgotten.html", form)
    throttle.mail_asked(form.email.data)
    with atomic():
        entering.ask_reset(form.email.data, locale=language())
    session[ASKED] = None
    return render_template("accounts/forgotten_sent.html", email=form.email.data)


@bp.route("/password/new/<secret>", methods=["GET", "POST"])
@access.public
def new_password(secret: str) -> ResponseReturnValue:
    """Choose a new password by link; signing in with it, second factor included, comes after."""
    throttle.link_attempt()
    token = tokens.find(secret, Purpose.RESET)
    if token is None or tokens.state_of(token) is not tokens.LinkState.GOOD:
        return _over(token, secret, Purpose.RESET)
    account = queries.by_email(token.email)
    form = NewPasswordForm.of(account) if account else NewPasswordForm()
    if not form.validate_on_submit():
        return render_form("accounts/new_password.html", form, email=token.email)
    with atomic():
        account = entering.reset_password(token, form.password.data)
        mails.notice(account, "password_changed")
    flash(_("Your new password is set. Sign in with it."), "success")
    return redirect(url_for(".sign_in"), SEE_OTHER)


@bp.route("/welcome/<secret>", methods=["GET", "POST"])
@access.public
def welcome(secret: str) -> ResponseReturnValue:
    """Accept an invitation: a password may be chosen now; whoever has a role sets up the second factor next."""
    throttle.link_attempt()
    token = tokens.find(secret, Purpose.SET_UP)
    if token is None or token.account_id is None or tokens.state_of(token) is not tokens.LinkState.GOOD:
        return _over(token, secret, Purpose.SET_UP)
    account = queries.account(token.account_id)
    form = WelcomeForm(names=passwords.known_about(account))
    if not form.validate_on_submit():
        return render_form("accounts/welcome.html", form, account=account)
    with atomic():
        account = entering.accept_invitation(token, password=form.password.data)
        response = arrive(account, method=Method.MAIL_LINK, next_page="")
    flash(_("Welcome. Your account is ready."), "success")
    return response


def _over(token: AccountToken | None, secret: str, purpose: Purpose) -> ResponseReturnValue:
    state = tokens.state_of(token)
    return render_template(
        "accounts/link_over.html", state=state, secret=secret, purpose=purpose, again=token is not None
    ), 410

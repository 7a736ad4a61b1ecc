"""Signing in: the address first, then a passkey, a link by mail, or a password."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts import identity, queries, throttle
from app.accounts.current import current_session
from app.accounts.forms import BrowserCodeForm, PasswordSignInForm, SignInForm
from app.accounts.models import Account, Method, Purpose
from app.accounts.services import entering, passkeys, passwords, sessions, tokens
from app.accounts.views.blueprint import (
    SEE_OTHER,
    arrive,
    asked_next,
    attempt,
    bp,
    go_on,
    known_browser,
    party,
    this_browser,
    this_sending,
)
from app.core import access
from app.core.db import atomic
from app.core.forms import render_form
from app.core.i18n import _, language

ASKED = "asked"


@bp.get("/sign-in")
@access.public
def sign_in() -> ResponseReturnValue:
    """Ask for the address; whoever is signed in goes on."""
    account = identity.visitor()
    if account is not None:
        return go_on(account, asked_next())
    return _first_page(SignInForm(next=asked_next()))


@bp.post("/sign-in")
@access.public
def sign_in_with() -> ResponseReturnValue:
    """Take the address, and show or do what was chosen; the answer is the same for every address."""
    first = SignInForm()
    if not first.validate():
        return _first_page(first)
    email, way = first.email.data, request.form.get("way", "")
    if way == "link":
        return _mail_link(email)
    second = PasswordSignInForm()
    if way != "password":
        second = PasswordSignInForm(formdata=None, email=email, next=asked_next())
        return _second_page(second)
    if not second.validate():
        return _second_page(second)
    return _by_password(second)


def _first_page(form: SignInForm) -> ResponseReturnValue:
    this_browser()
    return render_form("accounts/sign_in.html", form, next_page=asked_next())


def _second_page(form: PasswordSignInForm) -> ResponseReturnValue:
    this_browser()
    return render_form("accounts/sign_in_how.html", form, next_page=asked_next())


def _by_password(form: PasswordSignInForm) -> ResponseReturnValue:
    email, password = form.email.data, form.password.data
    throttle.password_attempt(email)
    found: list[Account] = []
    with atomic():
        refused = attempt(lambda: found.append(passwords.with_password(email, password)), lambda _refusal: None)
        if refused is None:
            return arrive(found[0], method=Method.PASSWORD, next_page=asked_next())
    form.refuse(refused, form.password)
    return _second_page(form)


def _mail_link(email: str) -> ResponseReturnValue:
    throttle.mail_asked(email)
    with atomic():
        asked = entering.ask_sign_in_link(
            email, browser=this_browser(), sending=this_sending(), locale=language(), next_page=asked_next()
        )
    remember_asked(asked, email, "sign_in")
    return redirect(url_for(".mail_sent"), SEE_OTHER)


def remember_asked(asked: entering.Asked, email: str, kind: str) -> None:
    """Keep in this browser what the page after asking shows."""
    session[ASKED] = {"token": str(asked.token_id), "code": asked.code, "email": email, "kind": kind}


@bp.get("/mail-sent")
@access.public
def mail_sent() -> ResponseReturnValue:
    """Tell where to look, show the code for another device, and offer to send again."""
    asked = session.get(ASKED)
    if not isinstance(asked, dict):
        return redirect(url_for(".sign_in"), SEE_OTHER)
    return render_template("accounts/mail_sent.html", asked=asked)


@bp.post("/mail-sent")
@access.public
def send_again() -> ResponseReturnValue:
    """Send the mail again: from the page after asking, or from a link that is used or too old."""
    asked: Any = session.get(ASKED)
    secret = request.form.get("secret", "")
    token = tokens.find(secret, Purpose.SIGN_IN, Purpose.SIGN_UP, Purpose.RESET, Purpose.SET_UP) if secret else None
    if token is None and isinstance(asked, dict):
        token = entering.token_of(UUID(asked["token"]))
    if token is None:
        return redirect(url_for(".sign_in"), SEE_OTHER)
    throttle.mail_asked(token.email)
    email, kind = token.email, token.purpose.value
    with atomic():
        again = entering.ask_again(token, browser=this_browser(), sending=this_sending())
    remember_asked(again, email, kind)
    flash(_("We have sent a new mail. Only the link in the newest one works."), "success")
    return redirect(url_for(".mail_sent"), SEE_OTHER)


@bp.route("/sign-in/link/<secret>", methods=["GET", "POST"])
@access.public
def sign_in_link(secret: str) -> ResponseReturnValue:
    """Open a link from the mail: looking uses nothing up, since mail scanners look too; the button signs in."""
    return bound_link(secret, Purpose.SIGN_IN)


def bound_link(secret: str, purpose: Purpose) -> ResponseReturnValue:
    """Show or use a link that is bound to the browser that asked; elsewhere it takes the code shown there."""
    throttle.link_attempt()
    token = tokens.find(secret, purpose)
    if token is None or tokens.state_of(token) is not tokens.LinkState.GOOD:
        return _over(secret, purpose)
    here = tokens.is_from(token, known_browser())
    form = BrowserCodeForm()
    page: dict[str, Any] = {"here": here, "purpose": purpose, "email": token.email}
    if request.method != "POST" or (not here and not form.validate()):
        return render_form("accounts/link.html", form, **page)
    try:
        with atomic():
            if tokens.admits(token, browser=known_browser(), code=form.code.data or ""):
                next_page = token.details.get("next", "")
                opens = entering.confirm_sign_up if purpose is Purpose.SIGN_UP else entering.sign_in_by_link
                account = opens(token)
                session.pop(ASKED, None)
                return _arrive_by_mail(account, next_page, fresh=purpose is Purpose.SIGN_UP)
    except tokens.LinkIsOver:
        return _over(secret, purpose)
    form.refuse(tokens.WrongCode(), form.code)
    return render_form("accounts/link.html", form, **page)


def _over(secret: str, purpose: Purpose) -> ResponseReturnValue:
    """Tell what became of a link, unless this is the second half of a double click in the browser it let in.

    Without script a browser throws the first answer away, and the cookie with it: so whoever used the link here a
    moment ago is let in again.
    """
    token = tokens.find(secret, purpose)
    if request.method == "POST" and token is not None and tokens.is_from(token, known_browser()):
        next_page, visitor = token.details.get("next", ""), identity.visitor()
        if token.used_at is not None and visitor is not None and visitor.email == token.email:
            return go_on(visitor, next_page)
        account = queries.by_email(token.email)
        if tokens.used_just_now(token) and account is not None and account.active:
            with atomic():
                return _arrive_by_mail(account, next_page, fresh=purpose is Purpose.SIGN_UP)
    page = {"state": tokens.state_of(token), "secret": secret, "purpose": purpose, "again": token is not None}
    return render_template("accounts/link_over.html", **page), 410


def _arrive_by_mail(account: Account, next_page: str, *, fresh: bool) -> ResponseReturnValue:
    response = arrive(account, method=Method.MAIL_LINK, next_page=next_page)
    if fresh:
        flash(_("Welcome. Your e-mail address is confirmed and you are signed in."), "success")
    return response


@bp.post("/sign-in/passkey/options")
@access.public
def passkey_options() -> ResponseReturnValue:
    """Give the browser a challenge for whichever passkeys it has for us."""
    throttle.link_attempt()
    with atomic():
        token, options = passkeys.sign_in_options(party=party())
    return {"token": str(token.id), "options": options}


@bp.post("/sign-in/passkey")
@access.public
def sign_in_passkey() -> ResponseReturnValue:
    """Let in whoever's device signed the challenge."""
    throttle.link_attempt()
    token_id, credential = ceremony()
    found: list[Account] = []
    with atomic():
        refused = attempt(
            lambda: found.append(passkeys.signed_in_with(credential, token_id=token_id, party=party())),
            lambda _refusal: passwords.note_failure(None, how="passkey"),
        )
        if refused is None:
            return arrive(found[0], method=Method.PASSKEY, next_page=asked_next(), verified_by_device=True)
    flash(str(refused.message), "error")
    return redirect(url_for(".sign_in", next=asked_next() or None), SEE_OTHER)


def ceremony() -> tuple[UUID, str]:
    """Read what the script sends after asking the device; anything odd is a refusal."""
    try:
        return UUID(request.form.get("token", "")), request.form.get("credential", "")
    except ValueError as error:
        raise passkeys.PasskeyRefused from error


@bp.post("/sign-out")
@access.arriving
def sign_out() -> ResponseReturnValue:
    """End this session for good; a copy of its cookie opens nothing any more (ASVS 7.4.1)."""
    with atomic():
        row = current_session()
        sessions.end(row, by=row.account, reason="signed_out")
    identity.forget_visitor()
    flash(_("You are signed out."), "success")
    return redirect(url_for(".sign_in"), SEE_OTHER)

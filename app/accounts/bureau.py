"""B7: accounts and roles, for administrators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, exists
from werkzeug.wrappers import Response

from app.accounts import mails, queries
from app.accounts.current import current_account
from app.accounts.forms import ROLE_HINTS, ROLE_NAMES, InviteForm
from app.accounts.models import Account, RoleGrant
from app.accounts.roles import Role
from app.accounts.services import entering, sessions, staff
from app.core import access
from app.core.db import atomic
from app.core.errors import NotFound, Refusal
from app.core.forms import Option, render_form
from app.core.i18n import _, _l, _n
from app.core.listing import Badge, ChoiceFilter, Column, Kind, Listing, YesFilter
from app.core.permissions import Permission

bp = Blueprint("accounts_bureau", __name__, url_prefix="/bureau/accounts")
SEE_OTHER = 303


def _role_words(roles: str | None) -> str:
    return ", ".join(str(ROLE_NAMES[Role(role)]) for role in sorted(roles.split(","))) if roles else ""


def _have_role(roles: Sequence[Role]) -> ColumnElement[bool]:
    return exists().where(RoleGrant.account_id == Account.id, RoleGrant.role.in_(roles))


def _have_any_role() -> ColumnElement[bool]:
    return exists().where(RoleGrant.account_id == Account.id)


ACCOUNTS = Listing(
    title=_l("Accounts"),
    columns=[
        Column(
            "name",
            _l("Name"),
            sort=[Account.family_name, Account.given_name],
            href=lambda row: url_for("accounts_bureau.show", id=row.id),
        ),
        Column("email", _l("E-mail address"), Kind.EMAIL, sort=True),
        Column("roles", _l("Roles"), text=_role_words),
        Column("last_seen_at", _l("Last seen"), Kind.MOMENT, nullable=True),
        Column(
            "active",
            _l("State"),
            Kind.BADGE,
            badge=lambda active: Badge("ok", _l("Open")) if active else Badge("bad", _l("Closed")),
        ),
    ],
    search=[Account.given_name, Account.family_name, Account.email],
    search_label=_l("Name or e-mail address"),
    filters=[
        ChoiceFilter("role", _l("Role"), [Option(role, ROLE_NAMES[role]) for role in Role], where=_have_role),
        YesFilter("staff", _l("Only people with a role"), _have_any_role),
        YesFilter("closed", _l("Only closed accounts"), Account.active.is_(False)),
    ],
    default_sort="name",
    counted=lambda number: _n("account", "accounts", number),
    export=True,
)


@bp.get("")
@access.needs(Permission.ACCOUNT_READ)
def index() -> ResponseReturnValue:
    """List everybody who can sign in."""
    return ACCOUNTS.respond("accounts/bureau/accounts.html", queries.listed())


@bp.route("/new", methods=["GET", "POST"])
@access.sudo
@access.needs(Permission.ROLE_GRANT)
def invite() -> ResponseReturnValue:
    """Invite a colleague: an account with roles, set up by a link in the mail."""
    form = InviteForm()
    if not form.validate_on_submit():
        return render_form("accounts/bureau/invite.html", form)
    by = current_account()
    try:
        with atomic():
            account = entering.open_account(
                email=form.email.data, given_name=form.given_name.data, family_name=form.family_name.data, by=by
            )
            for role in form.roles.data:
                staff.grant_role(account, role, by=by)
    except Refusal as refusal:
        form.refuse(refusal, form.email)
        return render_form("accounts/bureau/invite.html", form)
    flash(_("%(name)s gets an invitation by mail.", name=account.name), "success")
    return _to(account.id)


@bp.get("/<uuid:id>")
@access.needs(Permission.ACCOUNT_READ)
def show(id: UUID) -> ResponseReturnValue:
    """Show an account: roles, factors and sessions; never a secret of either."""
    account = queries.account(id)
    return render_template(
        "accounts/bureau/account.html",
        account=account,
        factors=queries.factors(account),
        sessions=queries.open_sessions(account.id),
        roles=[(role, ROLE_NAMES[role], ROLE_HINTS[role], role in account.roles) for role in Role],
        own=account.id == current_account().id,
    )


@bp.post("/<uuid:id>/roles/<role>/grant")
@access.sudo
@access.needs(Permission.ROLE_GRANT)
def grant(id: UUID, role: str) -> ResponseReturnValue:
    """Give a role."""
    with atomic():
        account = queries.account(id)
        staff.grant_role(account, _role(role), by=current_account())
        mails.notice(account, "roles_changed")
    flash(_("%(name)s has the role now, and has to sign in again.", name=account.name), "success")
    return _to(id)


@bp.post("/<uuid:id>/roles/<role>/revoke")
@access.sudo
@access.needs(Permission.ROLE_GRANT)
def revoke(id: UUID, role: str) -> ResponseReturnValue:
    """Take a role away, at once."""
    with atomic():
        account = queries.account(id)
        staff.revoke_role(account, _role(role), by=current_account())
        mails.notice(account, "roles_changed")
    flash(_("The role is taken away; %(name)s is signed out everywhere.", name=account.name), "success")
    return _to(id)


@bp.post("/<uuid:id>/sessions/end")
@access.needs(Permission.ACCOUNT_EDIT)
def end_sessions(id: UUID) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    with atomic():
        account = queries.account(id)
        sessions.end_all(account, reason="ended_by_staff", by=current_account())
    flash(_("%(name)s is signed out everywhere.", name=account.name), "success")
    return _to(id)


@bp.post("/<uuid:id>/factors/reset")
@access.sudo
@access.needs(Permission.ACCOUNT_EDIT)
def reset_factors(id: UUID) -> ResponseReturnValue:
    """Take away lost second factors, once the bureau knows who asks."""
    with atomic():
        account = queries.account(id)
        staff.reset_factors(account, by=current_account())
        mails.notice(account, "factors_reset")
    flash(_("The second factors of %(name)s are taken away.", name=account.name), "success")
    return _to(id)


@bp.post("/<uuid:id>/disable")
@access.sudo
@access.needs(Permission.ACCOUNT_EDIT)
def disable(id: UUID) -> ResponseReturnValue:
    """Close an account."""
    return _done(id, staff.disable, _("The account of %(name)s is closed."))


@bp.post("/<uuid:id>/enable")
@access.sudo
@access.needs(Permission.ACCOUNT_EDIT)
def enable(id: UUID) -> ResponseReturnValue:
    """Open a closed account again."""
    return _done(id, staff.enable, _("The account of %(name)s is open again."))


@bp.post("/<uuid:id>/invite")
@access.needs(Permission.ACCOUNT_EDIT)
def invite_again(id: UUID) -> ResponseReturnValue:
    """Send the invitation once more to whoever has not accepted it."""
    with atomic():
        account = queries.account(id)
        if account.confirmed_at is None:
            entering.ask_set_up(account)
    flash(_("The invitation is sent again."), "success")
    return _to(id)


def _done(id: UUID, change: Callable[..., object], told: str) -> ResponseReturnValue:
    """Change an account and say so."""
    with atomic():
        account = queries.account(id)
        change(account, by=current_account())
    flash(told % {"name": account.name}, "success")
    return _to(id)


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise NotFound from error


def _to(id: UUID) -> Response:
    return redirect(url_for(".show", id=id), SEE_OTHER)

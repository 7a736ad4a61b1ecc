"""Plans, applications and membership periods, and the one question whether somebody is a member."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app import jobs
from app.core import access, clock
from app.core.i18n import _l
from app.mail import topics
from app.membership import bureau, cli, daily, queries, sentences, views
from app.membership.views.member import membership_needed

RENEWAL_LEASE = timedelta(hours=1)


def init_app(app: Flask) -> None:
    """Register pages, commands and daily work, and answer at the doors who is a member (M7)."""
    app.register_blueprint(views.bp)
    app.register_blueprint(views.renewing.bp)
    app.register_blueprint(bureau.applications.bp)
    app.register_blueprint(bureau.plans.bp)
    app.register_blueprint(bureau.members.bp)
    app.register_blueprint(bureau.discounts.bp)
    app.register_blueprint(bureau.waivers.bp)
    for command in cli.COMMANDS:
        app.cli.add_command(command)
    sentences.register()
    topics.add(
        topics.Topic(
            "invitations", _l("Invitations by the bureau"), _l("A personal word when we have not seen you for a while.")
        )
    )
    jobs.handler("membership.expire_admissions", retries=3)(daily.expire_admissions)
    jobs.schedule("membership.expire_admissions", handler="membership.expire_admissions", daily_at="03:30")
    jobs.handler("membership.renew", retries=5, lease=RENEWAL_LEASE)(daily.renew)
    jobs.schedule("membership.renew", handler="membership.renew", daily_at="03:40")
    with app.app_context():
        doors = access.doors()
        doors.membership = lambda account_id: queries.is_member(account_id, on=clock.today())
        doors.membership_needed = membership_needed

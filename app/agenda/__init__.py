"""The agenda: gatherings, their seats, and who holds them."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app import jobs
from app.agenda import (
    bureau,
    mails,
    month,
    reminders,
    sentences,
    services,
    shown,
    views,
    waitlist_bureau,
    waitlist_mails,
    waitlist_views,
)
from app.agenda.attendance import bureau as door
from app.agenda.attendance import papers, tickets
from app.agenda.attendance import services as attendance
from app.agenda.attendance import views as ticket_views
from app.agenda.feeds import views as feeds
from app.agenda.materials import bureau as materials_bureau
from app.agenda.materials import views as materials
from app.agenda.series import bureau as series_bureau
from app.core import richtext
from app.mail import topics


def init_app(app: Flask) -> None:
    """Register the pages, the jobs that write to everybody who holds a seat, and how deeds read in the log."""
    app.register_blueprint(views.bp)
    app.add_url_rule("/agenda/month", "agenda.month", month.month)
    app.register_blueprint(feeds.bp)
    app.register_blueprint(bureau.bp)
    app.register_blueprint(series_bureau.bp)
    app.register_blueprint(materials_bureau.bp)
    app.register_blueprint(materials.bp)
    app.register_blueprint(waitlist_views.bp)
    app.register_blueprint(waitlist_bureau.bp)
    app.register_blueprint(ticket_views.bp)
    app.register_blueprint(door.bp)
    app.register_blueprint(papers.bp)
    app.jinja_env.filters.update(initials=shown.initials, points=shown.points, markdown=richtext.render)
    app.jinja_env.globals.update(agenda_kinds=shown.KINDS, agenda_offer=shown.offer, ticket_page=tickets.page_of)
    jobs.handler("agenda.tell_moved")(mails.tell_moved)
    jobs.handler("agenda.tell_cancelled")(mails.tell_cancelled)
    jobs.handler("agenda.expire_offers")(services.expire_offers)
    jobs.schedule("agenda.expire_offers", handler="agenda.expire_offers", every=timedelta(minutes=5), at_start=True)
    waitlist_mails.register()
    jobs.handler("agenda.tell_no_shows")(attendance.tell_no_shows)
    jobs.schedule("agenda.tell_no_shows", handler="agenda.tell_no_shows", daily_at=attendance.SETTLED_AT)
    jobs.handler("agenda.remind")(reminders.remind)
    jobs.schedule("agenda.remind", handler="agenda.remind", daily_at=reminders.DAILY_AT)
    for topic in reminders.TOPICS:
        topics.add(topic)
    sentences.register()

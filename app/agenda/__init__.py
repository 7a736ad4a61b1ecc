"""The agenda: gatherings, their seats, and who holds them."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask

from app import jobs
from app.agenda import (
    bureau,
    fee_views,
    links,
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
from app.agenda.absences import bureau as absences_bureau
from app.agenda.absences import views as absences
from app.agenda.attendance import bureau as door
from app.agenda.attendance import papers, tickets
from app.agenda.attendance import services as attendance
from app.agenda.attendance import views as ticket_views
from app.agenda.feedback import bureau as feedback_bureau
from app.agenda.feedback import mails as feedback_mails
from app.agenda.feedback import services as feedback
from app.agenda.feedback import views as feedback_views
from app.agenda.feeds import views as feeds
from app.agenda.guests import bureau as guests_bureau
from app.agenda.guests import cli
from app.agenda.guests import mails as guest_mails
from app.agenda.guests import services as guests
from app.agenda.guests import unpaid as unpaid_guests
from app.agenda.guests import views as guest_views
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
    app.register_blueprint(fee_views.bp)
    app.register_blueprint(guest_views.bp)
    app.register_blueprint(guests_bureau.bp)
    app.cli.add_command(cli.cli)
    app.jinja_env.filters.update(initials=shown.initials, points=shown.points, markdown=richtext.render)
    app.jinja_env.globals.update(
        agenda_kinds=shown.KINDS,
        agenda_offer=shown.offer,
        agenda_choices=shown.choices,
        seat_modes=shown.MODES,
        ticket_page=tickets.page_of,
        feedback_token=links.feedback_token,
    )
    app.register_blueprint(absences.bp)
    app.register_blueprint(absences_bureau.bp)
    app.register_blueprint(feedback_views.bp)
    app.register_blueprint(feedback_bureau.bp)
    jobs.handler("agenda.tell_moved")(mails.tell_moved)
    jobs.handler("agenda.tell_mode_ended")(mails.tell_mode_ended)
    jobs.handler("agenda.tell_cancelled")(mails.tell_cancelled)
    jobs.handler("agenda.expire_offers")(services.expire_offers)
    jobs.schedule("agenda.expire_offers", handler="agenda.expire_offers", every=timedelta(minutes=5), at_start=True)
    jobs.handler("agenda.release_unpaid")(services.release_unpaid)
    jobs.schedule("agenda.release_unpaid", handler="agenda.release_unpaid", every=timedelta(minutes=5), at_start=True)
    jobs.handler("agenda.return_fees")(services.return_fees)
    waitlist_mails.register()
    jobs.handler("agenda.tell_no_shows")(attendance.tell_no_shows)
    jobs.schedule("agenda.tell_no_shows", handler="agenda.tell_no_shows", daily_at=attendance.SETTLED_AT)
    jobs.handler("agenda.remind")(reminders.remind)
    jobs.schedule("agenda.remind", handler="agenda.remind", daily_at=reminders.DAILY_AT)
    jobs.handler("agenda.tell_guests_moved")(guest_mails.tell_moved)
    jobs.handler("agenda.tell_guests_cancelled")(guest_mails.tell_cancelled)
    jobs.handler("agenda.remind_guests")(guest_mails.remind)
    jobs.schedule("agenda.remind_guests", handler="agenda.remind_guests", daily_at=reminders.DAILY_AT)
    jobs.handler("agenda.release_unpaid_guests")(unpaid_guests.release_unpaid)
    jobs.schedule(
        "agenda.release_unpaid_guests",
        handler="agenda.release_unpaid_guests",
        every=timedelta(minutes=5),
        at_start=True,
    )
    jobs.handler("agenda.forget_guests")(guests.forget_guests)
    jobs.schedule("agenda.forget_guests", handler="agenda.forget_guests", daily_at="04:30")
    jobs.handler("agenda.ask_feedback")(feedback_mails.ask)
    jobs.schedule("agenda.ask_feedback", handler="agenda.ask_feedback", daily_at=reminders.DAILY_AT)
    jobs.handler("agenda.forget_who_answered")(feedback.forget_who_answered)
    jobs.schedule("agenda.forget_who_answered", handler="agenda.forget_who_answered", daily_at=feedback.FORGOTTEN_AT)
    for topic in (*reminders.TOPICS, feedback_mails.TOPIC, mails.CALENDAR_FILES):
        topics.add(topic)
    sentences.register()

"""The only place that speaks SMTP, through Flask-Mail, with time limits and verified certificates."""

from __future__ import annotations

import smtplib
import ssl
from email import message_from_bytes, policy
from email.message import EmailMessage

from flask import current_app
from flask_mail import Attachment, Connection, Message

from app.mail import attachments
from app.mail.models import OutboxMail

SECONDS = 20
PERMANENT = 500


class Refused(Exception):  # noqa: N818  the server's answer
    """The server says that this mail will never be accepted."""


class TimedConnection(Connection):
    """A connection that gives up when the server is silent; a slow server must not hold a worker."""

    def configure_host(self) -> smtplib.SMTP:
        mail = self.mail
        trusted = ssl.create_default_context()
        host: smtplib.SMTP
        if mail.use_ssl:
            host = smtplib.SMTP_SSL(mail.server, mail.port, timeout=SECONDS, context=trusted)
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=SECONDS)
        if mail.use_tls:
            host.starttls(context=trusted)
        if mail.username and mail.password:
            host.login(mail.username, mail.password)
        return host

    def __exit__(self, *error: object) -> None:
        """Say goodbye; a server that hangs up after accepting has accepted."""
        if self.host is not None:
            try:
                self.host.quit()
            except (smtplib.SMTPException, OSError):
                self.host.close()


def is_configured() -> bool:
    """Say whether mail leaves the house."""
    return bool(current_app.config["MAIL_SERVER"])


def send(message: Message) -> None:
    """Hand a mail to the server. Without MAIL_SERVER (development and tests) it only shows on /dev/mail."""
    if not is_configured():
        return
    try:
        with TimedConnection(current_app.extensions["mail"]) as connection:
            connection.send(message)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _answer in error.recipients.values()]
        if all(code >= PERMANENT for code in codes):
            raise Refused(f"The server refuses the address: {_answer_of(error)}") from error
        raise
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        if error.smtp_code >= PERMANENT:
            raise Refused(f"The server refuses the mail: {error.smtp_code}") from error
        raise


def _answer_of(error: smtplib.SMTPRecipientsRefused) -> str:
    return "; ".join(f"{code} {answer.decode('ascii', 'replace')}" for code, answer in error.recipients.values())[:300]


def compose(mail: OutboxMail) -> Message:
    """Return a mail as a message: text, its HTML twin, a calendar invitation where there is one, and attachments."""
    loaded = [attachments.load(kept) for kept in mail.attachments]
    house = current_app.config["HOUSE"]
    message = Message(
        subject=mail.subject,
        recipients=[(mail.recipient_name, mail.recipient) if mail.recipient_name else mail.recipient],
        body=mail.text,
        html=mail.html,
        reply_to=(house.bureau, house.email),
        date=mail.created_at.timestamp(),
        extra_headers=dict(mail.headers),
        attachments=[Attachment(item.filename, item.content_type, item.content) for item in loaded],
    )
    message.msgId = mail.message_id
    for item in loaded:
        if item.content_type.startswith("text/calendar"):
            message.alts[item.content_type.removeprefix("text/")] = item.content.decode()
    return message


def as_parsed(mail: OutboxMail) -> EmailMessage:
    """Return a mail as a mail program reads it."""
    return message_from_bytes(compose(mail).as_bytes(), policy=policy.default)

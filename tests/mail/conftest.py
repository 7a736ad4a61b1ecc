"""A real SMTP server on a port of its own, and a mail to send."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.core import clock
from app.core.db import atomic
from app.mail import queries, services
from app.mail.models import OutboxMail


class Server(Controller):
    """Keeps what it accepts and answers as told; its real port is known once it listens."""

    def __init__(self) -> None:
        self.accepted: list[Envelope] = []
        self.answers: dict[str, str] = {}
        self.mailer: Any = None
        super().__init__(self, hostname="127.0.0.1", port=0, enable_SMTPUTF8=True)

    async def handle_RCPT(  # noqa: N802  the library's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  as above
        self.accepted.append(envelope)
        return "250 OK"

    def _trigger_server(self) -> None:
        """Probe the port that was really given, not the 0 that was asked for."""
        self.port = self.real_port
        super()._trigger_server()

    @property
    def real_port(self) -> int:
        return int(self.server.sockets[0].getsockname()[1])


@pytest.fixture
def server(app: Any) -> Iterator[Server]:
    """An SMTP server that the portal sends to."""
    peer = Server()
    peer.start()
    mailer, before = app.extensions["mail"], app.config["MAIL_SERVER"]
    peer.mailer = mailer
    app.config["MAIL_SERVER"] = mailer.server = "127.0.0.1"
    mailer.port, mailer.suppress = peer.real_port, False
    yield peer
    app.config["MAIL_SERVER"] = mailer.server = before
    mailer.port, mailer.suppress = 25, True
    peer.stop()


@pytest.fixture
def post(app: Any) -> Any:
    """Post a trial message and return its row."""

    def post_one(to: str = "anna@voorbeeld.example", **options: Any) -> OutboxMail:
        with atomic():
            posted = services.post(
                **{
                    "template": "mail/mail/trial",
                    "to": to,
                    "key": f"trial:{uuid.uuid4()}",
                    "values": {"asked_at": clock.now()},
                    **options,
                }
            )
        assert posted is not None
        return queries.mail(posted)

    return post_one

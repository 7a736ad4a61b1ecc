"""What members read about their certificates: a new one with the paper, and one that no longer holds (G8)."""

from __future__ import annotations

from app.accounts import queries as accounts
from app.development import codes, queries
from app.development.events import CertificateIssued, CertificateWithdrawn
from app.mail import services as mail
from app.mail.rendering import link


def certificate_ready(event: CertificateIssued) -> None:
    """Send somebody a certificate; once per certificate."""
    certificate = queries.certificate(event.certificate_id)
    account = accounts.account(certificate.account_id)
    mail.post(
        template="development/certificate_ready",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        key=f"certificate:{certificate.id}",
        values={
            "facts": certificate.facts,
            "points": certificate.facts["tenths"],
            "code": codes.shown(certificate.code),
            "replaces": event.replaces_id is not None,
            "page": link("development.mine"),
        },
        attachments=[
            mail.Reference(
                filename=codes.file_name(certificate.code, certificate.locale),
                content_type="application/pdf",
                source="development.certificate",
                key=str(certificate.id),
            )
        ],
    )


def certificate_withdrawn(event: CertificateWithdrawn) -> None:
    """Tell somebody that a certificate no longer holds, and why."""
    certificate = queries.certificate(event.certificate_id)
    account = accounts.account(certificate.account_id)
    mail.post(
        template="development/certificate_withdrawn",
        to=account.email,
        name=account.name,
        locale=account.locale,
        account_id=account.id,
        key=f"certificate-withdrawn:{certificate.id}",
        values={
            "facts": certificate.facts,
            "code": codes.shown(certificate.code),
            "why": certificate.withdrawn_why,
            "page": link("development.mine"),
        },
    )

"""What the daily job does. It looks at how things stand, so a run that was missed is made up by the next."""

from __future__ import annotations

from app.core.db import atomic, forget_reads
from app.membership import queries, services


def expire_admissions() -> None:
    """M4: let admissions that were not paid in time expire, each in a transaction of its own."""
    overdue = queries.overdue_admissions()
    forget_reads()
    for application_id in overdue:
        with atomic():
            services.expire_admission(queries.application(application_id))


def renew() -> None:
    """M8: bill, tell, charge, shut out and let go at the end of periods."""
    services.renew_all()

"""The daily renewals over a whole membership: a first of the month, a day on which all are due, and the day after it.

Each size runs in a process of its own, so that its peak of memory is its own. Memory that is the same for a thousand
and for ten thousand members says that the job streams.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.db import atomic
from app.membership import services
from app.membership.models import MembershipPeriod
from benchmarks import databases, portal

SIZES = (1_000, 10_000)
QUICK_SIZES = (200, 2_000)
DUE, NOT_YET, SHORT_YEAR = timedelta(days=30), timedelta(days=200), timedelta(days=300)
KILOBYTES_PER_MEGABYTE = 1024


def measured(kind: str, folder: Path, seconds: float) -> Iterator[dict[str, Any]]:
    """Measure the job at two sizes."""
    del seconds
    for members in QUICK_SIZES if os.environ.get("BENCH_QUICK") == "1" else SIZES:
        own = folder / str(members)
        own.mkdir()
        with databases.empty(kind, own) as url:
            databases.fill(url, own, databases.Size(members, 12, 0))
            command = [sys.executable, "-m", "benchmarks.renewals", url, str(own)]
            told = subprocess.run(command, check=True, capture_output=True, text=True)
        for line in told.stdout.splitlines():
            yield {"database": kind, "size": members, **json.loads(line)}


def main(url: str, folder: str) -> None:
    """Do the job on three days on one database and print what it took."""
    with portal.opened(portal.environment(url, Path(folder))):
        _let_years_end_in(NOT_YET)
        _let_years_end_in(DUE, one_in=20)
        _print_a_run("renewal_job 5 % due")
        _let_years_end_in(DUE)
        _print_a_run("renewal_job all due")
        _print_a_run("renewal_job ordinary day")


def _print_a_run(name: str) -> None:
    """Print what the job took, in all and for each member it helped; for each it looked at when nobody was due."""
    with portal.statements() as sent:
        started = perf_counter()
        report = services.renew_all()
        took = perf_counter() - started
    members = report.helped or report.looked_at or 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_PER_MEGABYTE
    figures = {
        "name": name,
        "looked_at": report.looked_at,
        "helped": report.helped,
        "seconds": round(took, 1),
        "ms_per_member": round(1000 * took / members, 2),
        "queries": len(sent),
        "queries_per_member": round(len(sent) / members, 2),
        "peak_mb": round(peak),
    }
    print(json.dumps(figures), flush=True)


def _let_years_end_in(days: timedelta, *, one_in: int = 1) -> None:
    """Let the last year of every membership, or of one in so many, end in some days, after all earlier ones."""
    later = aliased(MembershipPeriod)
    followed = select(later.id).where(
        later.membership_id == MembershipPeriod.membership_id, later.starts_on > MembershipPeriod.starts_on
    )
    last = select(MembershipPeriod.id).where(MembershipPeriod.starts_on.is_not(None), ~followed.exists())
    ends_on = clock.today() + days
    dates = {
        "starts_on": ends_on - SHORT_YEAR,
        "ends_on": ends_on,
        "grace_until": ends_on + timedelta(days=30),
        "lapses_after": ends_on + timedelta(days=60),
    }
    with atomic() as session:
        chosen = session.scalars(last.order_by(MembershipPeriod.id)).all()[::one_in]
        session.execute(update(MembershipPeriod), [{"id": one, **dates} for one in chosen])


if __name__ == "__main__":
    main(*sys.argv[1:])

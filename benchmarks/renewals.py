"""The daily renewals over a whole membership: a day on which everybody is due, and the ordinary day after it.

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

from sqlalchemy import Engine, event, func, select, update
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.db import atomic
from app.membership import services
from app.membership.models import Membership, MembershipPeriod
from benchmarks import databases, portal

SIZES = (1_000, 10_000)
QUICK_SIZES = (200, 2_000)
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
    """Do the job twice on one database and print what it took."""
    with portal.opened(portal.environment(url, Path(folder))):
        due = _let_everybody_be_due()
        for name in ("renewal_job all due", "renewal_job ordinary day"):
            statements: list[int] = [0]

            def note(*_values: object, counted: list[int] = statements) -> None:
                counted[0] += 1

            event.listen(Engine, "before_cursor_execute", note)
            started = perf_counter()
            report = services.renew_all()
            took = perf_counter() - started
            event.remove(Engine, "before_cursor_execute", note)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_PER_MEGABYTE
            figures = {
                "name": name,
                "looked_at": report.looked_at,
                "helped": report.helped,
                "seconds": round(took, 1),
                "ms_per_member": round(1000 * took / max(due, 1), 2),
                "queries_per_member": round(statements[0] / max(due, 1), 2),
                "peak_mb": round(peak),
            }
            print(json.dumps(figures), flush=True)


def _let_everybody_be_due() -> int:
    """Let the last year of every running membership end in thirty days; return how many there are."""
    later = aliased(MembershipPeriod)
    last = (
        MembershipPeriod.starts_on.is_not(None)
        & ~select(later.id)
        .where(later.membership_id == MembershipPeriod.membership_id, later.starts_on > MembershipPeriod.starts_on)
        .exists()
    )
    ends_on = clock.today() + timedelta(days=30)
    dates = {
        "starts_on": ends_on - timedelta(days=364),
        "ends_on": ends_on,
        "grace_until": ends_on + timedelta(days=30),
        "lapses_after": ends_on + timedelta(days=60),
    }
    with atomic() as session:
        session.execute(
            update(MembershipPeriod).where(last).values(**dates).execution_options(synchronize_session=False)
        )
        running = select(func.count()).select_from(Membership).where(Membership.ends_on.is_(None))
        return session.scalar(running) or 0


if __name__ == "__main__":
    main(*sys.argv[1:])

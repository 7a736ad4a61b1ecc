"""`make bench`: key pages against a minimal Flask page on the same server, on each database and at two sizes.

Times are for reading beside each other in one run, never for assertions. `cpu_ratio` is the CPU time of a request over
that of the minimal page; a list page at 100,000 members should cost what it costs at 2,000.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.agenda.models import Gathering, GatheringState
from app.core import clock
from app.core.db import db
from benchmarks import (
    bank,
    casts,
    check_in,
    counting,
    databases,
    minimal,
    portal,
    renewals,
    server,
    storm,
    verifying,
    webhooks,
)

QUICK = os.environ.get("BENCH_QUICK") == "1"
ONLY = os.environ.get("ONLY", "")
SECONDS = 3 if QUICK else 10
SMALL = databases.Size(2_000, 200, 20_000)
LARGE = databases.Size(100_000, 200, 20_000)
RESULTS = Path(__file__).parent / "results" / "latest.json"
COLUMNS = ("name", "database", "size", "rps", "p50_ms", "p99_ms", "queries", "bytes", "cpu_ms", "cpu_ratio")


WORK: dict[str, Callable[[str, Path, float], Iterator[dict[str, Any]]]] = {
    "webhook_intake": webhooks.measured,
    "bank_import": bank.measured,
    "renewal_job": renewals.measured,
    "booking_storm": storm.measured,
    "check_in": check_in.measured,
    "counting": counting.measured,
    "casts": casts.measured,
    "verifying": verifying.measured,
}
"""What is measured besides pages: each makes what it needs on a database of a kind and tells figures of its own."""


def main() -> None:
    """Measure, print a table, write the results."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as temporary:
        for kind in databases.kinds():
            for size in (SMALL,) if QUICK else (SMALL, LARGE):
                if not any(ONLY in page.name for page in portal.PAGES):
                    continue
                folder = Path(temporary) / f"{kind}-{size}"
                folder.mkdir()
                for row in measured(kind, size, folder):
                    rows.append(row)
                    print_row(row, header=len(rows) == 1)
            for name, work in WORK.items():
                if ONLY not in name:
                    continue
                folder = Path(temporary) / f"{kind}-{name}"
                folder.mkdir()
                for row in work(kind, folder, SECONDS):
                    rows.append(row)
                    print("  ".join(f"{key}={value}" for key, value in row.items()), flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
    print(f"\nwritten to {RESULTS.relative_to(Path.cwd())}")


def measured(kind: str, size: databases.Size, folder: Path) -> Iterator[dict[str, Any]]:
    """Measure the yardstick and then each page on one database of one size."""
    pages = [page for page in portal.PAGES if ONLY in page.name and (size is SMALL or page.listing)]
    with databases.empty(kind, folder) as yardstick_url, databases.empty(kind, folder) as url:
        yardstick = minimal_page(yardstick_url, folder)
        yield row("minimal_page", kind, size, yardstick, yardstick, queries=2)
        databases.fill(url, folder, size)
        settings = portal.environment(url, folder)
        with portal.opened(settings) as app:
            paths = {page.name: page.path.format(gathering=coming_gathering()) for page in pages}
            cookies = {page.name: portal.cookie(app, page.visitor) for page in pages}
            counts = {page.name: portal.queries(app, paths[page.name], cookies[page.name]) for page in pages}
        with server.serving("wsgi:app", settings, log=folder / "portal.log") as running:
            for page in pages:
                load = server.load(running, paths[page.name], cookies[page.name], seconds=SECONDS)
                yield row(page.name, kind, size, load, yardstick, queries=counts[page.name])


def minimal_page(url: str, folder: Path) -> server.Load:
    """Measure the yardstick."""
    os.environ["BENCH_MINIMAL_URL"] = url
    app = minimal.create_app()
    minimal.fill(app)
    with server.serving("benchmarks.minimal:create_app()", {}, log=folder / "minimal.log") as running:
        return server.load(running, "/", minimal.cookie(app), seconds=SECONDS)


def coming_gathering() -> str:
    """Return the id of a session that can be booked."""
    coming = select(Gathering.id).where(Gathering.state == GatheringState.PUBLISHED, Gathering.starts_at > clock.now())
    return str(db.session.scalars(coming.order_by(Gathering.starts_at).limit(1)).one())


def row(
    name: str, kind: str, size: databases.Size, load: server.Load, yardstick: server.Load, *, queries: int
) -> dict[str, Any]:
    """Put one measurement in the form of the results file; failures are shown, never hidden."""
    figures = {key: round(value, 2) for key, value in asdict(load).items() if key != "requests"}
    ratio = round(load.cpu_ms / yardstick.cpu_ms, 2)
    return {"name": name, "database": kind, "size": size.members, **figures, "queries": queries, "cpu_ratio": ratio}


def print_row(values: dict[str, Any], *, header: bool) -> None:
    """Print one line of the table."""
    if header:
        print("".join(f"{column:>15}" for column in COLUMNS))
    print("".join(f"{values[column]!s:>15}" for column in COLUMNS), flush=True)
    if values["failures"]:
        print(f"  {values['failures']} answers failed")


if __name__ == "__main__":
    main()

"""The pages of the back office's shell; each domain's own staff pages are in its `bureau.py`."""

from app.bureau.views import clock, finding, home, jobs, members, radar
from app.bureau.views.blueprint import bp

BLUEPRINTS = (bp, members.bp)

__all__ = ["BLUEPRINTS", "clock", "finding", "home", "jobs", "radar"]

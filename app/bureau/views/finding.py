"""One search over everything the viewer may know."""

from __future__ import annotations

from flask import render_template, request

from app.bureau import queries
from app.bureau.views.blueprint import bp, rights
from app.core import access
from app.core.listing.filters import read_search
from app.core.permissions import Permission


@bp.get("/search")
@access.needs(Permission.BUREAU_ENTER)
def search() -> str:
    """Find people, invoices and gatherings by what somebody on the telephone says."""
    text = read_search(request.args.get("q", ""))
    return render_template("bureau/search.html", text=text, found=queries.find(text, rights()))

"""What bookkeeping asks of the portal: every movement of money with its VAT, and the invoices of a period as files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Response, flash, redirect, render_template, send_file, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from stdnum import iso11649

from app.accounts.current import current_account
from app.core import access, clock, export, files
from app.core.db import atomic
from app.core.errors import NotFound
from app.core.forms import Option, render_form
from app.core.i18n import _, _l, _n
from app.core.listing import ChoiceFilter, Column, DateFilter, Kind, Listing
from app.core.permissions import Permission
from app.payments import queries, services, shown
from app.payments.bureau.base import bp, invoice_and_buyer
from app.payments.forms import PeriodForm
from app.payments.queries import Split

ZIP = "application/zip"


def _vat(name: str, label: Any, part: Callable[[Split], int], *, shown: bool = True) -> Column:
    return Column(name, label, Kind.MONEY, value=lambda row: part(queries.vat_in(row)), shown=shown)


BOOKINGS = Listing(
    title=_l("Bookings"),
    columns=[
        Column("occurred_at", _l("Date"), Kind.DATE, sort=True, nullable=False),
        Column("kind", _l("Movement"), text=lambda kind: shown.LEDGER_KINDS[kind]),
        *invoice_and_buyer(key="bill_id"),
        Column("person", _l("Person"), shown=False),
        Column("amount_cents", _l("Amount"), Kind.MONEY),
        _vat("net_high", _l("Net, high rate"), lambda vat: vat["high"].net_cents),
        _vat("vat_high", _l("VAT, high rate"), lambda vat: vat["high"].vat_cents),
        _vat("net_low", _l("Net, low rate"), lambda vat: vat["low"].net_cents, shown=False),
        _vat("vat_low", _l("VAT, low rate"), lambda vat: vat["low"].vat_cents, shown=False),
        _vat("untaxed", _l("Without VAT"), lambda vat: vat["none"].net_cents, shown=False),
        Column("provider", _l("Through"), text=lambda name: shown.PROVIDERS.get(name, name), shown=False),
        Column("method", _l("Paid with"), text=lambda method: shown.method_name(method) if method else "", shown=False),
        Column("reference", _l("Reference of the payment"), shown=False),
        Column("rf_reference", _l("Payment reference"), Kind.REFERENCE, text=iso11649.format, shown=False),
        Column("issued_on", _l("Invoice date"), Kind.DATE, shown=False),
        Column("recorded_at", _l("Recorded at"), Kind.MOMENT, shown=False),
    ],
    search=["number", "buyer", "reference", "rf_reference"],
    search_label=_l("Search by invoice, buyer or reference"),
    filters=[
        DateFilter("moved", _l("Date"), sql="occurred_at"),
        ChoiceFilter(
            "kind",
            _l("Movement"),
            options=[Option(kind, name) for kind, name in shown.LEDGER_KINDS.items()],
            multiple=True,
        ),
        ChoiceFilter(
            "provider", _l("Through"), options=[Option(provider, name) for provider, name in shown.PROVIDERS.items()]
        ),
    ],
    default_sort="-occurred_at",
    counted=lambda number: _n("booking", "bookings", number),
    choose_columns=True,
    export=True,
)


@bp.get("/bookings")
@access.needs(Permission.PAYMENT_READ)
def bookings() -> ResponseReturnValue:
    """List every movement of money with the VAT in it; the file of it goes to the bookkeeper (P9)."""
    return BOOKINGS.respond("payments/bureau/bookings.html", queries.bookings())


@bp.get("/invoices")
@access.needs(Permission.PAYMENT_READ)
def archives() -> ResponseReturnValue:
    """Offer the invoices of a period as one file, and those that were made before."""
    first = (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)
    last = clock.today().replace(day=1) - timedelta(days=1)
    return _archives_page(PeriodForm(formdata=None, first=first, last=last))


@bp.post("/invoices")
@access.needs(Permission.PAYMENT_READ)
def order_archive() -> ResponseReturnValue:
    """Hand over the zip of a period at once when it is small; else have it made and show how far it is."""
    form = PeriodForm()
    if not form.validate_on_submit():
        return _archives_page(form)
    first, last = form.first.data, form.last.data
    count = queries.counted_papers(first, last)
    if not count:
        form.refuse(_("No invoices or credit notes were issued in this period."), form.first)
        return _archives_page(form)
    if count <= services.SMALL:
        return _attachment(Response(stream_with_context(services.zipped(first, last)), mimetype=ZIP), first, last)
    with atomic():
        archive = services.order_archive(first, last, by=current_account())
    flash(_("The file is being made. You can leave this page."), "success")
    return redirect(url_for(".archive", id=archive.id), 303)


@bp.get("/invoices/<uuid:id>")
@access.needs(Permission.PAYMENT_READ)
def archive(id: UUID) -> ResponseReturnValue:
    """Show how far a zip is, and hand it over when it is made."""
    return render_template("payments/bureau/archive.html", archive=queries.archive(id))


@bp.get("/invoices/<uuid:id>.zip")
@access.needs(Permission.PAYMENT_READ)
def archive_file(id: UUID) -> Response:
    """Hand over a zip that is made."""
    found = queries.archive(id)
    if found.file is None or not files.path(found.file).exists():
        raise NotFound
    return _attachment(send_file(files.path(found.file), mimetype=ZIP), found.first_on, found.last_on)


def _attachment(response: Response, first: date, last: date) -> Response:
    name = export.file_name(_("Invoices %(first)s to %(last)s", first=first.isoformat(), last=last.isoformat()), "zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _archives_page(form: PeriodForm) -> ResponseReturnValue:
    return render_form("payments/bureau/archives.html", form, archives=queries.archives())

"""The bank as the treasurer sees it: handing in statements, and matching what they brought with bills (P7)."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.current import current_account
from app.audit import queries as audit
from app.core import access
from app.core.db import atomic
from app.core.errors import Refusal
from app.core.forms import Option, render_form
from app.core.forms.reading import show_iban
from app.core.i18n import _, _l, _n
from app.core.listing import ChoiceFilter, Column, DateFilter, Kind, Listing
from app.core.permissions import Permission
from app.payments import queries, services, settings, shown
from app.payments.bureau.base import bp, by_state
from app.payments.forms import DivideForm, SetAsideForm, StatementForm
from app.payments.models import BankLine, Bill, FileState, LineState
from app.payments.queries import Suggestion
from app.payments.statements import Unreadable, Why

BAD_REQUEST = 400
_SEARCHED = [
    BankLine.counter_name,
    BankLine.counter_iban,
    BankLine.remittance,
    BankLine.structured_reference,
    BankLine.bank_reference,
]
_DIRECTION = ChoiceFilter(
    "direction",
    _l("Direction"),
    options=[Option("in", _l("Money in")), Option("out", _l("Money out"))],
    where=lambda ways: BankLine.amount_cents > 0 if ways[0] == "in" else BankLine.amount_cents < 0,
)
QUEUE = Listing(
    title=_l("Lines to be matched"),
    columns=[Column("booked_on", _l("Day"), Kind.DATE, sort=True)],
    search=_SEARCHED,
    search_label=_l("Search by name, account or text"),
    filters=[_DIRECTION],
    default_sort="booked_on",
    counted=lambda number: _n("line", "lines", number),
    page_size=20,
)
LINES = Listing(
    title=_l("Lines of statements"),
    columns=[
        Column(
            "counter_name",
            _l("From or to"),
            text=lambda name: name or _("unknown"),
            href=lambda line: url_for("payments_bureau.bank_line", id=line.id),
        ),
        Column("booked_on", _l("Day"), Kind.DATE, sort=True),
        Column("amount_cents", _l("Amount"), Kind.MONEY, sort=True),
        Column("currency", _l("Currency"), shown=False),
        Column(
            "counter_iban", _l("IBAN"), Kind.REFERENCE, text=lambda iban: show_iban(iban) if iban else "", shown=False
        ),
        Column("remittance", _l("Text"), value=lambda line: line.structured_reference or line.remittance),
        Column("bank_reference", _l("Reference of the bank"), shown=False),
        Column("account", _l("Our account"), Kind.REFERENCE, text=show_iban, shown=False),
        Column("remark", _l("Remark"), shown=False),
        Column("state", _l("State"), Kind.BADGE, badge=lambda state: shown.LINE_STATES[state]),
    ],
    search=_SEARCHED,
    search_label=_l("Search by name, account or text"),
    filters=[
        by_state(shown.LINE_STATES),
        _DIRECTION,
        DateFilter("day", _l("Day"), sql="booked_on"),
    ],
    default_sort="-booked_on",
    counted=lambda number: _n("line", "lines", number),
    choose_columns=True,
    export=True,
)
FILES = Listing(
    title=_l("Statements handed in"),
    columns=[
        Column("name", _l("File"), href=lambda file: url_for("payments_bureau.bank_file", id=file.id)),
        Column("created_at", _l("Handed in"), Kind.MOMENT, sort=True),
        Column("lines_total", _l("Lines"), Kind.NUMBER),
        Column("lines_new", _l("New lines"), Kind.NUMBER),
        Column("state", _l("State"), Kind.BADGE, badge=lambda state: shown.FILE_STATES[state]),
    ],
    default_sort="-created_at",
    counted=lambda number: _n("file", "files", number),
    export=True,
)


@bp.get("/bank")
@access.needs(Permission.PAYMENT_READ)
def bank() -> ResponseReturnValue:
    """Show the lines that wait, each with its likeliest bill and why; booking one is one click."""
    page = QUEUE.page(queries.lines().where(BankLine.state == LineState.WAITING), request.args)
    until, _read_at = queries.latest_statement()
    return render_template(
        "payments/bureau/bank.html",
        listing=page,
        ways=queries.suggestions(page.rows),
        until=until,
        done=_done(request.args.get("done", "")),
        shown=shown,
    )


def _done(typed: str) -> BankLine | None:
    """Return the line that was just decided, to say so and offer to undo it (ux 19)."""
    try:
        return queries.known_line(UUID(typed))
    except ValueError:
        return None


@bp.get("/bank/lines")
@access.needs(Permission.PAYMENT_READ)
def bank_lines() -> ResponseReturnValue:
    """List every line that any statement brought."""
    return LINES.respond("payments/bureau/bank_lines.html", queries.lines())


@bp.get("/bank/files")
@access.needs(Permission.PAYMENT_READ)
def bank_files() -> ResponseReturnValue:
    """List the files that were handed in."""
    return FILES.respond("payments/bureau/bank_files.html", queries.bank_files())


@bp.get("/bank/files/<uuid:id>")
@access.needs(Permission.PAYMENT_READ)
def bank_file(id: UUID) -> str:
    """Show how reading a file goes, or what it brought."""
    file = queries.bank_file(id)
    why = shown.WHY_REFUSED[Why(file.refused_why)] if file.state is FileState.REFUSED else ""
    return render_template(
        "payments/bureau/bank_file.html",
        file=file,
        badge=shown.FILE_STATES[file.state],
        why=why,
        counts=queries.lines_of_file(file.id),
        booked_by_itself=queries.booked_by_itself(file.id),
        gaps=queries.gaps_before(file.statements),
        ours=settings.seller().iban,
        person=accounts.names([file.uploaded_by]).get(file.uploaded_by, ""),
        show_iban=show_iban,
    )


@bp.get("/bank/hand-in")
@access.needs(Permission.PAYMENT_BOOK)
def bank_hand_in() -> ResponseReturnValue:
    """Ask for a statement."""
    return _hand_in_page(StatementForm(formdata=None))


@bp.post("/bank/hand-in")
@access.needs(Permission.PAYMENT_BOOK)
def bank_take_in() -> ResponseReturnValue:
    """Read a statement; a wrong one says which line and why, and changes nothing."""
    form = StatementForm()
    if not form.validate_on_submit():
        return _hand_in_page(form)
    upload = form.file.data
    try:
        file, is_new = services.take_in(upload.content, upload.name, by=current_account())
    except Unreadable as refused:
        form.refuse(_told(refused), form.file)
        return _hand_in_page(form)
    if not is_new:
        flash(_("This file was handed in before. Nothing has changed."), "info")
    return redirect(url_for(".bank_file", id=file.id), 303)


def _hand_in_page(form: StatementForm) -> ResponseReturnValue:
    return render_form("payments/bureau/bank_hand_in.html", form)


def _told(refused: Unreadable) -> str:
    """Say where a file is wrong, why, and what stands there."""
    where = _("Line %(line)s", line=refused.line) if refused.line else ""
    where = f"{refused.part}, {where}".strip(", ") if refused.part else where
    told = str(shown.WHY_REFUSED[refused.why])
    if refused.detail:
        told += " " + _("It says: %(detail)s", detail=shown.refused_detail(refused.why, refused.detail))
    return f"{where}: {told}" if where else told


@bp.get("/bank/lines/<uuid:id>")
@access.needs(Permission.PAYMENT_READ)
def bank_line(id: UUID) -> ResponseReturnValue:
    """Show a line, what it may be for, and what was decided."""
    line = queries.line(id)
    return _line_page(line, DivideForm(formdata=None), SetAsideForm(formdata=None))


def _line_page(line: BankLine, divide: DivideForm, aside: SetAsideForm) -> ResponseReturnValue:
    if divide.amount_1.raw_data is None:
        divide.amount_1.data = line.amount_cents
    waits = line.state is LineState.WAITING
    trail = audit.about("bank_line", line.id)
    people = accounts.names({booking.booked_by for booking in line.bookings if booking.booked_by})
    return render_form(
        "payments/bureau/bank_line.html",
        aside if aside.problems else divide,
        line=line,
        badge=shown.LINE_STATES[line.state],
        ways=queries.suggestions([line])[line.id] if waits else [],
        divide=divide,
        aside=aside,
        people=people,
        trail=trail,
        told=audit.told(trail),
        shown=shown,
        show_iban=show_iban,
    )


@bp.post("/bank/lines/<uuid:id>/book")
@access.needs(Permission.PAYMENT_BOOK)
def bank_book(id: UUID) -> ResponseReturnValue:
    """Book a line as it was suggested: on one bill, on all that it pays together, or as booked by hand before."""
    queries.line(id)
    shares, entry = _chosen()
    with atomic():
        if entry:
            services.link_line(id, entry, by=current_account())
        else:
            services.book_line(id, shares, by=current_account())
    return redirect(url_for(".bank", done=id), 303)


def _chosen() -> tuple[list[tuple[UUID, int]], UUID | None]:
    """Return what the button that was pressed stands for."""
    try:
        parts = [part.split(":") for part in request.form["shares"].split(",")]
        shares = [(UUID(bill_id), int(cents)) for bill_id, cents in parts]
        entry = UUID(request.form["entry"]) if request.form.get("entry") else None
    except (KeyError, ValueError):
        abort(BAD_REQUEST)
    for bill_id, _cents in shares:
        queries.any_bill(bill_id)
    return shares, entry


@bp.post("/bank/lines/<uuid:id>/divide")
@access.needs(Permission.PAYMENT_BOOK)
def bank_divide(id: UUID) -> ResponseReturnValue:
    """Book a line on a bill of one's own choice, or divide it over two."""
    line = queries.line(id)
    form = DivideForm()
    if not form.validate_on_submit():
        return _line_page(line, form, SetAsideForm(formdata=None))
    shares = []
    for field, cents in form.parts():
        bill: Bill | None = queries.bill_numbered(field.data)
        if bill is None:
            form.refuse(_("There is no invoice with this number or reference."), field)
        else:
            shares.append((bill.id, cents))
    if len({bill_id for bill_id, _cents in shares}) < len(shares):
        form.refuse(_("This is the same bill twice."), form.bill_2)
    if form.problems:
        return _line_page(line, form, SetAsideForm(formdata=None))
    try:
        with atomic():
            services.book_line(id, shares, by=current_account())
    except services.NotTheWhole as refusal:
        form.refuse(refusal, form.amount_2 if form.bill_2.data else form.amount_1)
    except Refusal as refusal:
        form.refuse(refusal, form.bill_1)
    else:
        return redirect(url_for(".bank", done=id), 303)
    return _line_page(queries.line(id), form, SetAsideForm(formdata=None))


@bp.post("/bank/lines/<uuid:id>/set-aside")
@access.needs(Permission.PAYMENT_BOOK)
def bank_set_aside(id: UUID) -> ResponseReturnValue:
    """Say that a line is no money for a bill."""
    line = queries.line(id)
    form = SetAsideForm()
    if not form.validate_on_submit():
        return _line_page(line, DivideForm(formdata=None), form)
    with atomic():
        services.set_aside(id, remark=form.remark.data, by=current_account())
    return redirect(url_for(".bank", done=id), 303)


@bp.post("/bank/lines/<uuid:id>/undo")
@access.needs(Permission.PAYMENT_BOOK)
def bank_undo(id: UUID) -> ResponseReturnValue:
    """Take a decision back; what was booked gets its contrary in the ledger."""
    queries.line(id)
    with atomic():
        services.undo_line(id, by=current_account())
    flash(_("The line waits again. What was booked of it was booked back."), "success")
    return redirect(url_for(".bank_line", id=id), 303)


def shares_of(way: Suggestion) -> str:
    """Write a suggestion as its button sends it."""
    return ",".join(f"{claim.id}:{cents}" for claim, cents in way.shares)

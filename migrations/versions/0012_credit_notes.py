"""Credit notes, the documents of bills and credit notes, invoices that are fixed, and VAT that waits for a decision (P5)."""

import datetime

import sqlalchemy as sa
from alembic import op

import app.core.db
from app.core.ddl import Guard, allow_states, append_only_ddl, changes, drop_append_only_ddl, drop_guard_ddl, guard_ddl

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = ("credit_note", "credit_note_line")
DOCUMENT_KINDS = ("invoice_ubl", "credit_note_pdf", "credit_note_ubl")
FIXED = (
    "number", "issued_at", "issued_on", "rf_reference", "term", "net_cents", "vat_cents", "gross_cents", "locale",
    "buyer", "seller", "settled",
)  # fmt: skip
REFUSAL = "what an invoice says is never changed: credit it"
LINE_ISSUED = "EXISTS (SELECT 1 FROM bill WHERE bill.id = OLD.bill_id AND bill.number IS NOT NULL)"
LINES_WHOLE = """EXISTS (
    SELECT 1 FROM bill JOIN bill_line ON bill_line.bill_id = bill.id
    WHERE bill.id = NEW.bill_id AND bill.number IS NOT NULL
    GROUP BY bill.id, bill.net_cents HAVING sum(bill_line.net_cents) = bill.net_cents
)"""
PERIOD_STATED = f"(OLD.period_from IS NOT NULL AND ({changes(('period_from', 'period_until'))}))"
GUARDS = (
    ("bill", Guard("fixed", "UPDATE", f"OLD.number IS NOT NULL AND ({changes(FIXED)} OR {PERIOD_STATED})", REFUSAL)),
    ("bill", Guard("kept", "DELETE", "OLD.number IS NOT NULL", REFUSAL)),
    ("bill_line", Guard("fixed", "UPDATE", LINE_ISSUED, REFUSAL)),
    ("bill_line", Guard("kept", "DELETE", LINE_ISSUED, REFUSAL)),
    ("bill_line", Guard("whole", "INSERT", LINES_WHOLE, REFUSAL)),
)
VAT_RATES = (
    ("reverse_charge", "art. 44 en 196 Richtlijn 2006/112/EG"),
    ("outside_scope", "art. 6 lid 1 Wet OB 1968"),
)


def upgrade():
    dialect = op.get_bind().dialect.name
    op.create_table(
        "credit_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("issued_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("net_cents", sa.Integer(), nullable=False),
        sa.Column("vat_cents", sa.Integer(), nullable=False),
        sa.Column("gross_cents", sa.Integer(), nullable=False),
        sa.Column("vat", app.core.db.Json, nullable=False),
        sa.Column("seller", app.core.db.Json, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("gross_cents = net_cents + vat_cents", name=op.f("ck_credit_note_adds_up")),
        sa.CheckConstraint("gross_cents > 0", name=op.f("ck_credit_note_takes_back")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_credit_note_bill_id_bill")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_credit_note_created_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note")),
        sa.UniqueConstraint("cause", name=op.f("uq_credit_note_cause")),
        sa.UniqueConstraint("number", name=op.f("uq_credit_note_number")),
        info={"append_only": True},
    )
    with op.batch_alter_table("credit_note", schema=None) as batch_op:
        batch_op.create_index("ix_credit_note_bill_id", ["bill_id", "number"], unique=False)
        batch_op.create_index("ix_credit_note_issued_on", ["issued_on", "id"], unique=False)

    op.create_table(
        "credit_note_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("credit_note_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=400), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_net_cents", sa.Integer(), nullable=False),
        sa.Column("net_cents", sa.Integer(), nullable=False),
        sa.Column("vat_code", sa.String(length=20), nullable=False),
        sa.Column("vat_basis_points", sa.Integer(), nullable=False),
        sa.Column("legal_ground", sa.String(length=200), nullable=False),
        sa.CheckConstraint("net_cents = quantity * unit_net_cents", name=op.f("ck_credit_note_line_adds_up")),
        sa.ForeignKeyConstraint(
            ["credit_note_id"], ["credit_note.id"], name=op.f("fk_credit_note_line_credit_note_id_credit_note")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_note_line")),
        sa.UniqueConstraint("credit_note_id", "position", name=op.f("uq_credit_note_line_credit_note_id_position")),
        info={"append_only": True},
    )
    for table in APPEND_ONLY:
        for statement in append_only_ddl(table, dialect):
            op.execute(statement)

    for statement in drop_append_only_ddl("document", dialect):
        op.execute(statement)
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.alter_column("bill_id", existing_type=sa.Uuid(), nullable=True)
        batch_op.add_column(sa.Column("credit_note_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_document_credit_note_id_credit_note"), "credit_note", ["credit_note_id"], ["id"]
        )
        batch_op.create_unique_constraint(op.f("uq_document_credit_note_id_kind"), ["credit_note_id", "kind"])
        batch_op.create_check_constraint(op.f("ck_document_of_one"), "(bill_id IS NULL) <> (credit_note_id IS NULL)")
    allow_states(op, "document", "kind", more=DOCUMENT_KINDS)
    for statement in append_only_ddl("document", dialect):
        op.execute(statement)

    op.create_table(
        "invoice_archive",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("file", sa.String(length=60), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("failed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_invoice_archive_in_order")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_invoice_archive_created_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_archive")),
    )
    op.create_index("ix_invoice_archive_created_at", "invoice_archive", ["created_at"])
    op.create_index("ix_bill_issued_on", "bill", ["issued_on", "id"])
    op.add_column("bill", sa.Column("vat_pending", sa.Boolean(), server_default=sa.false(), nullable=False))
    allow_states(op, "payment_task", "kind", more=("vat_decision",))
    vat_rate = sa.table("vat_rate", *map(sa.column, ("code", "valid_from", "basis_points", "legal_ground")))
    since = datetime.date(2012, 10, 1)
    op.bulk_insert(
        vat_rate,
        [{"code": code, "valid_from": since, "basis_points": 0, "legal_ground": ground} for code, ground in VAT_RATES],
    )
    for table, guard in GUARDS:
        for statement in guard_ddl(table, guard, dialect):
            op.execute(statement)


def downgrade():
    dialect = op.get_bind().dialect.name
    for table, guard in GUARDS:
        for statement in drop_guard_ddl(table, guard, dialect):
            op.execute(statement)
    op.execute("DELETE FROM vat_rate WHERE code IN ('reverse_charge', 'outside_scope')")
    op.execute("UPDATE payment_task SET kind = 'mismatch' WHERE kind = 'vat_decision'")
    allow_states(op, "payment_task", "kind", fewer=("vat_decision",))
    op.drop_column("bill", "vat_pending")
    op.drop_index("ix_bill_issued_on", "bill")
    op.drop_index("ix_invoice_archive_created_at", "invoice_archive")
    op.drop_table("invoice_archive")

    for statement in drop_append_only_ddl("document", dialect):
        op.execute(statement)
    op.execute("DELETE FROM document WHERE kind <> 'invoice_pdf'")
    allow_states(op, "document", "kind", fewer=DOCUMENT_KINDS)
    with op.batch_alter_table("document", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_document_of_one"), type_="check")
        batch_op.drop_constraint(op.f("uq_document_credit_note_id_kind"), type_="unique")
        batch_op.drop_constraint(op.f("fk_document_credit_note_id_credit_note"), type_="foreignkey")
        batch_op.drop_column("credit_note_id")
        batch_op.alter_column("bill_id", existing_type=sa.Uuid(), nullable=False)
    for statement in append_only_ddl("document", dialect):
        op.execute(statement)

    for table in APPEND_ONLY:
        for statement in drop_append_only_ddl(table, dialect):
            op.execute(statement)
    op.drop_table("credit_note_line")
    with op.batch_alter_table("credit_note", schema=None) as batch_op:
        batch_op.drop_index("ix_credit_note_issued_on")
        batch_op.drop_index("ix_credit_note_bill_id")

    op.drop_table("credit_note")

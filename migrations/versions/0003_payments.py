"""What was paid: bills, attempts, the ledger, documents."""

from datetime import date

import sqlalchemy as sa
from alembic import op

import app.core.db
from app.core.ddl import append_only_ddl, drop_append_only_ddl

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_entry", "document")
VAT_RATES = [
    {"code": code, "valid_from": valid_from, "basis_points": basis_points, "legal_ground": legal_ground}
    for code, valid_from, basis_points, legal_ground in (
        ("high", date(2012, 10, 1), 2100, "art. 9 lid 1 Wet OB 1968"),
        ("low", date(2012, 10, 1), 600, "art. 9 lid 2 sub a Wet OB 1968"),
        ("low", date(2019, 1, 1), 900, "art. 9 lid 2 sub a Wet OB 1968"),
        ("zero", date(2012, 10, 1), 0, "art. 9 lid 2 sub b Wet OB 1968"),
    )
]


def upgrade():
    op.create_table(
        "number_counter",
        sa.Column("series", sa.String(length=20), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_number_counter")),
    )
    op.create_table(
        "provider_event",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("api_version", sa.String(length=40), nullable=False),
        sa.Column("created", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("payload", app.core.db.Json, nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new", "parked", "done", "dead", name="state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("received_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("handled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_event")),
    )
    with op.batch_alter_table("provider_event", schema=None) as batch_op:
        batch_op.create_index("ix_provider_event_state", ["state", "received_at"], unique=False)

    op.create_table(
        "testpay_checkout",
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("cancel_url", sa.Text(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("paid_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_testpay_checkout")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_testpay_checkout_idempotency_key")),
    )
    vat_rate = op.create_table(
        "vat_rate",
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("legal_ground", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("code", "valid_from", name=op.f("pk_vat_rate")),
        info={"with_schema": True},
    )
    op.bulk_insert(vat_rate, VAT_RATES)
    op.create_table(
        "bill",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "issued",
                "paid",
                "short",
                "void",
                "credited",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("rf_reference", sa.String(length=25), nullable=False),
        sa.Column("issued_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("paid_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("period_from", sa.Date(), nullable=True),
        sa.Column("period_until", sa.Date(), nullable=True),
        sa.Column("net_cents", sa.Integer(), nullable=False),
        sa.Column("vat_cents", sa.Integer(), nullable=False),
        sa.Column("gross_cents", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("buyer", app.core.db.Json, nullable=False),
        sa.Column("seller", app.core.db.Json, nullable=True),
        sa.Column("settled", app.core.db.Json, nullable=True),
        sa.Column("transfer_chosen_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'void') OR number IS NOT NULL", name=op.f("ck_bill_issued_has_number")),
        sa.CheckConstraint("(number IS NULL) = (issued_at IS NULL)", name=op.f("ck_bill_number_when_issued")),
        sa.CheckConstraint("gross_cents = net_cents + vat_cents", name=op.f("ck_bill_adds_up")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_bill_created_by_account")),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_bill_person_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill")),
        sa.UniqueConstraint("number", name=op.f("uq_bill_number")),
        sa.UniqueConstraint("rf_reference", name=op.f("uq_bill_rf_reference")),
    )
    with op.batch_alter_table("bill", schema=None) as batch_op:
        batch_op.create_index("ix_bill_created_at", ["created_at", "id"], unique=False)
        batch_op.create_index("ix_bill_due_on", ["due_on", "id"], unique=False)
        batch_op.create_index("ix_bill_person_id", ["person_id", "created_at"], unique=False)
        batch_op.create_index("ix_bill_state", ["state", "due_on"], unique=False)
        batch_op.create_index(
            "uq_bill_subject",
            ["subject_type", "subject_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'void'"),
            postgresql_where=sa.text("state <> 'void'"),
        )

    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "ideal",
                "card",
                "sepa_debit",
                "transfer",
                name="method",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "created",
                "open",
                "processing",
                "expired",
                "failed",
                "succeeded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("expires_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=200), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_attempt_bill_id_bill")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("bill_id", "seq", name=op.f("uq_attempt_bill_id_seq")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_attempt_idempotency_key")),
        sa.UniqueConstraint("reference", name=op.f("uq_attempt_reference")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index("ix_attempt_state", ["state", "created_at"], unique=False)
        batch_op.create_index(
            "uq_attempt_open",
            ["bill_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('created', 'open', 'processing')"),
            postgresql_where=sa.text("state IN ('created', 'open', 'processing')"),
        )

    op.create_table(
        "bill_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(length=300), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_net_cents", sa.Integer(), nullable=False),
        sa.Column("net_cents", sa.Integer(), nullable=False),
        sa.Column("vat_code", sa.String(length=20), nullable=False),
        sa.Column("vat_basis_points", sa.Integer(), nullable=False),
        sa.Column("legal_ground", sa.String(length=200), nullable=False),
        sa.CheckConstraint("net_cents = quantity * unit_net_cents", name=op.f("ck_bill_line_adds_up")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_bill_line_bill_id_bill")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_line")),
        sa.UniqueConstraint("bill_id", "position", name=op.f("uq_bill_line_bill_id_position")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("invoice_pdf", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("filename", sa.String(length=100), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_document_bill_id_bill")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("bill_id", "kind", name=op.f("uq_document_bill_id_kind")),
        info={"append_only": True},
    )
    op.create_table(
        "payment_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "mismatch",
                "second_payment",
                "paid_void",
                "overpaid",
                "unknown_payment",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("bill_id", sa.Uuid(), nullable=True),
        sa.Column("details", app.core.db.Json, nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("resolution", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_payment_task_bill_id_bill")),
        sa.ForeignKeyConstraint(["closed_by"], ["account.id"], name=op.f("fk_payment_task_closed_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_task")),
        sa.UniqueConstraint("key", name=op.f("uq_payment_task_key")),
    )
    with op.batch_alter_table("payment_task", schema=None) as batch_op:
        batch_op.create_index("ix_payment_task_bill_id", ["bill_id"], unique=False)
        batch_op.create_index("ix_payment_task_closed_at", ["closed_at", "created_at"], unique=False)

    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "payment",
                "refund",
                "refund_reversed",
                "dispute",
                "dispute_won",
                "writeoff",
                "transfer",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("reference", sa.String(length=255), nullable=False),
        sa.Column("method", sa.String(length=40), nullable=False),
        sa.Column("occurred_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_ledger_entry_moved")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_ledger_entry_attempt_id_attempt")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_ledger_entry_bill_id_bill")),
        sa.ForeignKeyConstraint(["recorded_by"], ["account.id"], name=op.f("fk_ledger_entry_recorded_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("provider", "reference", "kind", name=op.f("uq_ledger_entry_provider_reference_kind")),
        info={"append_only": True},
    )
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entry_bill_id", ["bill_id"], unique=False)
        batch_op.create_index("ix_ledger_entry_occurred_at", ["occurred_at"], unique=False)

    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in append_only_ddl(table, dialect):
            op.execute(statement)


def downgrade():
    dialect = op.get_bind().dialect.name
    for table in APPEND_ONLY:
        for statement in drop_append_only_ddl(table, dialect):
            op.execute(statement)
    with op.batch_alter_table("ledger_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entry_occurred_at")
        batch_op.drop_index("ix_ledger_entry_bill_id")

    op.drop_table("ledger_entry")
    with op.batch_alter_table("payment_task", schema=None) as batch_op:
        batch_op.drop_index("ix_payment_task_closed_at")
        batch_op.drop_index("ix_payment_task_bill_id")

    op.drop_table("payment_task")
    op.drop_table("document")
    op.drop_table("bill_line")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_attempt_open",
            sqlite_where=sa.text("state IN ('created', 'open', 'processing')"),
            postgresql_where=sa.text("state IN ('created', 'open', 'processing')"),
        )
        batch_op.drop_index("ix_attempt_state")

    op.drop_table("attempt")
    with op.batch_alter_table("bill", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_bill_subject", sqlite_where=sa.text("state <> 'void'"), postgresql_where=sa.text("state <> 'void'")
        )
        batch_op.drop_index("ix_bill_state")
        batch_op.drop_index("ix_bill_person_id")
        batch_op.drop_index("ix_bill_due_on")
        batch_op.drop_index("ix_bill_created_at")

    op.drop_table("bill")
    op.drop_table("vat_rate")
    op.drop_table("testpay_checkout")
    with op.batch_alter_table("provider_event", schema=None) as batch_op:
        batch_op.drop_index("ix_provider_event_state")

    op.drop_table("provider_event")
    op.drop_table("number_counter")

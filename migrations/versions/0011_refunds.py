"""Refund orders, disputes and saved methods (P6, P8)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
KINDS = ("mismatch", "second_payment", "paid_void", "overpaid", "unknown_payment")
MORE_KINDS = ("refund_failed", "disputed", "dispute_lost")
IN_USE = sa.text("withdrawn_at IS NULL")


def states(*values, name):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def allow_kinds(kinds):
    values = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("payment_task") as batch_op:
        batch_op.drop_constraint(op.f("ck_payment_task_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_payment_task_kind"), f"kind IN ({values})")


def upgrade():
    allow_kinds(KINDS + MORE_KINDS)
    op.add_column("ledger_entry", sa.Column("of_reference", sa.String(255), server_default="", nullable=False))
    op.create_table(
        "refund_order",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("checkout_reference", sa.String(255), nullable=False),
        sa.Column("payment_reference", sa.String(255), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("state", states("ordered", "sent", "done", "failed", name="state"), nullable=False),
        sa.Column("reference", sa.String(255), nullable=True),
        sa.Column("failure", sa.String(200), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_refund_order_moves")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_refund_order_bill_id_bill")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_refund_order_created_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_order")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_refund_order_provider_reference")),
    )
    op.create_index("ix_refund_order_bill_id", "refund_order", ["bill_id", "created_at"])
    op.create_index("ix_refund_order_state", "refund_order", ["state", "created_at"])
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("reference", sa.String(255), nullable=False),
        sa.Column("payment_reference", sa.String(255), nullable=False),
        sa.Column("checkout_reference", sa.String(255), nullable=False),
        sa.Column("state", states("open", "won", "lost", name="state"), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("answer_by", MOMENT, nullable=True),
        sa.Column("known_since", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_dispute_bill_id_bill")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
        sa.UniqueConstraint("provider", "reference", name=op.f("uq_dispute_provider_reference")),
    )
    op.create_index("ix_dispute_bill_id", "dispute", ["bill_id"])
    op.create_index("ix_dispute_state", "dispute", ["state", "answer_by"])
    op.create_table(
        "method_consent",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("agreed_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_method_consent_attempt_id_attempt")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_method_consent")),
    )
    op.create_table(
        "saved_method",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("reference", sa.String(255), nullable=False),
        sa.Column("method", states("ideal", "card", "sepa_debit", "transfer", name="method"), nullable=False),
        sa.Column("label", sa.String(120), nullable=False),
        sa.Column("mandate", sa.String(120), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("forgotten_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_saved_method_attempt_id_attempt")),
        sa.ForeignKeyConstraint(["person_id"], ["account.id"], name=op.f("fk_saved_method_person_id_account")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["account.id"], name=op.f("fk_saved_method_withdrawn_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_method")),
        sa.UniqueConstraint(
            "provider", "reference", "attempt_id", name=op.f("uq_saved_method_provider_reference_attempt_id")
        ),
    )
    op.create_index(
        "uq_saved_method_in_use",
        "saved_method",
        ["person_id"],
        unique=True,
        sqlite_where=IN_USE,
        postgresql_where=IN_USE,
    )
    op.create_table(
        "saved_charge",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("saved_method_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name=op.f("fk_saved_charge_attempt_id_attempt")),
        sa.ForeignKeyConstraint(
            ["saved_method_id"], ["saved_method.id"], name=op.f("fk_saved_charge_saved_method_id_saved_method")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_saved_charge")),
    )
    op.add_column("testpay_checkout", sa.Column("save_method", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("testpay_checkout", sa.Column("method_reference", sa.String(255), nullable=True))
    op.create_table(
        "testpay_movement",
        sa.Column("reference", sa.String(255), nullable=False),
        sa.Column("checkout_reference", sa.String(255), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("payment_reference", sa.String(255), nullable=False),
        sa.Column("refund_id", sa.Uuid(), nullable=True),
        sa.Column("idempotency_key", sa.String(80), nullable=True),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["checkout_reference"],
            ["testpay_checkout.reference"],
            name=op.f("fk_testpay_movement_checkout_reference_testpay_checkout"),
        ),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_testpay_movement")),
        sa.UniqueConstraint("idempotency_key", name=op.f("uq_testpay_movement_idempotency_key")),
    )
    op.create_index("ix_testpay_movement_checkout_reference", "testpay_movement", ["checkout_reference"])
    op.create_table(
        "testpay_method",
        sa.Column("reference", sa.String(255), nullable=False),
        sa.Column("customer", sa.String(255), nullable=False),
        sa.Column("method", sa.String(40), nullable=False),
        sa.Column("next_charge", sa.String(20), nullable=False),
        sa.Column("forgotten_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_testpay_method")),
    )
    op.create_table(
        "testpay_message",
        sa.Column("id", sa.String(255), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("reference", sa.String(255), nullable=False),
        sa.Column("created", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_testpay_message")),
    )
    op.create_index("ix_testpay_message_created", "testpay_message", ["created"])


def downgrade():
    op.drop_table("testpay_message")
    op.drop_table("testpay_method")
    op.drop_table("testpay_movement")
    op.drop_column("testpay_checkout", "method_reference")
    op.drop_column("testpay_checkout", "save_method")
    op.drop_table("saved_charge")
    op.drop_table("saved_method")
    op.drop_table("method_consent")
    op.drop_table("dispute")
    op.drop_table("refund_order")
    op.drop_column("ledger_entry", "of_reference")
    forgotten = ", ".join(f"'{kind}'" for kind in MORE_KINDS)
    op.execute(f"UPDATE payment_task SET kind = 'unknown_payment' WHERE kind IN ({forgotten})")
    allow_kinds(KINDS)

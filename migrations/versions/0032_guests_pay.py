"""Guests at a session with a fee: what their seat costs, who pays it, until when, and what became of the money (P10, G9)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
UNPAID = sa.text("state = 'confirmed' AND pay_by IS NOT NULL")
FEE = "INTEGER DEFAULT 0 NOT NULL CONSTRAINT ck_guest_fee_cents CHECK (fee_cents >= 0)"
PAYER = (
    "VARCHAR(40) CONSTRAINT ck_guest_payer CHECK (payer IN ('host', 'guest'))"
    " CONSTRAINT ck_guest_paid_by CHECK ((fee_cents > 0) = (payer IS NOT NULL))"
)
PAY_BY = "CONSTRAINT ck_guest_pay_by CHECK (pay_by IS NULL OR (paid_at IS NULL AND fee_cents > 0))"
LAPSED = "BOOLEAN DEFAULT false NOT NULL CONSTRAINT ck_guest_lapsed CHECK (NOT lapsed OR state = 'cancelled')"
KEPT = "BOOLEAN DEFAULT false NOT NULL CONSTRAINT ck_guest_fee_kept CHECK (NOT fee_kept OR state = 'cancelled')"


def upgrade():
    moment = MOMENT.compile(dialect=op.get_bind().dialect)
    op.execute(f"ALTER TABLE guest ADD COLUMN fee_cents {FEE}")
    op.execute(f"ALTER TABLE guest ADD COLUMN payer {PAYER}")
    op.add_column("guest", sa.Column("cancel_until", MOMENT, nullable=True))
    op.add_column("guest", sa.Column("paid_at", MOMENT, nullable=True))
    op.execute(f"ALTER TABLE guest ADD COLUMN pay_by {moment} {PAY_BY}")
    op.execute(f"ALTER TABLE guest ADD COLUMN lapsed {LAPSED}")
    op.execute(f"ALTER TABLE guest ADD COLUMN fee_kept {KEPT}")
    op.create_index("ix_guest_pay_by", "guest", ["pay_by"], sqlite_where=UNPAID, postgresql_where=UNPAID)


def downgrade():
    op.drop_index("ix_guest_pay_by", table_name="guest")
    for name in ("fee_kept", "lapsed", "pay_by", "paid_at", "cancel_until", "payer", "fee_cents"):
        op.drop_column("guest", name)

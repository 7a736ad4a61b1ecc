"""A gathering may cost something: the fee, and of each seat what it costs, until when to pay and when it was paid (P10)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
UNPAID = sa.text("state = 'confirmed' AND pay_by IS NOT NULL")
FEE = "INTEGER DEFAULT 0 NOT NULL CONSTRAINT ck_{table}_fee_cents CHECK (fee_cents >= 0)"
PAY_BY = "CONSTRAINT ck_booking_pay_by CHECK (pay_by IS NULL OR (paid_at IS NULL AND fee_cents > 0))"
LAPSED = "BOOLEAN DEFAULT false NOT NULL CONSTRAINT ck_booking_lapsed CHECK (NOT lapsed OR state = 'cancelled')"


def upgrade():
    moment = MOMENT.compile(dialect=op.get_bind().dialect)
    op.execute(f"ALTER TABLE gathering ADD COLUMN fee_cents {FEE.format(table='gathering')}")
    op.add_column("gathering", sa.Column("fee_vat_code", sa.String(20), server_default="high", nullable=False))
    op.execute(f"ALTER TABLE booking ADD COLUMN fee_cents {FEE.format(table='booking')}")
    op.add_column("booking", sa.Column("paid_at", MOMENT, nullable=True))
    op.execute(f"ALTER TABLE booking ADD COLUMN pay_by {moment} {PAY_BY}")
    op.execute(f"ALTER TABLE booking ADD COLUMN lapsed {LAPSED}")
    op.create_index("ix_booking_pay_by", "booking", ["pay_by"], sqlite_where=UNPAID, postgresql_where=UNPAID)


def downgrade():
    op.drop_index("ix_booking_pay_by", table_name="booking")
    for name in ("lapsed", "pay_by", "paid_at", "fee_cents"):
        op.drop_column("booking", name)
    op.drop_column("gathering", "fee_vat_code")
    op.drop_column("gathering", "fee_cents")

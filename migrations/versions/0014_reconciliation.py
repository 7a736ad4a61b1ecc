"""Messages that never arrived, and drift between the ledger and the provider (P3, P9)."""

import sqlalchemy as sa
from alembic import op

import app.core.db
from app.core.ddl import allow_states

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
KINDS = ("not_in_ledger", "not_at_provider")


def upgrade():
    allow_states(op, "payment_task", "kind", more=KINDS)
    op.create_table(
        "provider_mark",
        sa.Column("provider", sa.String(20), nullable=False),
        sa.Column("hooks_until", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_mark")),
    )
    op.add_column("provider_event", sa.Column("look_after", MOMENT, nullable=True))
    op.add_column("attempt", sa.Column("look_after", MOMENT, nullable=True))


def downgrade():
    op.drop_column("attempt", "look_after")
    op.drop_column("provider_event", "look_after")
    op.drop_table("provider_mark")
    forgotten = ", ".join(f"'{kind}'" for kind in KINDS)
    op.execute(f"UPDATE payment_task SET kind = 'unknown_payment' WHERE kind IN ({forgotten})")
    allow_states(op, "payment_task", "kind", fewer=KINDS)

"""Gatherings that come back (G1): what the dates of a series have in common."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

RHYTHM = sa.Enum(
    "weekly",
    "monthly_by_weekday",
    "monthly_by_date",
    name="rhythm",
    native_enum=False,
    create_constraint=True,
    length=40,
)
SERIES = "fk_gathering_series_id_gathering_series"


def upgrade():
    op.create_table(
        "gathering_series",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rhythm", RHYTHM, nullable=False),
        sa.Column("every", sa.Integer(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("every >= 1", name=op.f("ck_gathering_series_every")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gathering_series")),
    )
    kind = "UUID" if op.get_bind().dialect.name == "postgresql" else "CHAR(32)"
    op.execute(f"ALTER TABLE gathering ADD COLUMN series_id {kind} CONSTRAINT {SERIES} REFERENCES gathering_series (id)")
    op.create_index("ix_gathering_series_id_starts_at", "gathering", ["series_id", "starts_at"], unique=False)


def downgrade():
    op.drop_index("ix_gathering_series_id_starts_at", table_name="gathering")
    op.drop_column("gathering", "series_id")
    op.drop_table("gathering_series")

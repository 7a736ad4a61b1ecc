"""The day itself: who was there from when till when, who did not come, and who cancelled late (G7)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
INSIDE = sa.text("left_at IS NULL")
LATE = "CONSTRAINT ck_booking_late CHECK (NOT cancelled_late OR state = 'cancelled')"
NO_SHOW = "CONSTRAINT ck_booking_no_show CHECK (no_show_at IS NULL OR state = 'confirmed')"


def upgrade():
    moment = MOMENT.compile(dialect=op.get_bind().dialect)
    op.execute(f"ALTER TABLE booking ADD COLUMN cancelled_late BOOLEAN DEFAULT false NOT NULL {LATE}")
    op.execute(f"ALTER TABLE booking ADD COLUMN no_show_at {moment} {NO_SHOW}")
    op.execute(
        "UPDATE booking SET cancelled_late = true WHERE state = 'cancelled' AND cancelled_at > cancel_until"
        " AND cancelled_at > (SELECT cancel_until FROM gathering WHERE gathering.id = booking.gathering_id)"
    )
    op.add_column("gathering", sa.Column("no_shows_at", MOMENT, nullable=True))
    op.create_table(
        "attendance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "ticket", "code", "name", "walk_in", name="way", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.Column("seat_added", sa.Boolean(), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_attendance_number")),
        sa.CheckConstraint("left_at >= arrived_at", name=op.f("ck_attendance_left_after_arrived")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_attendance_booking_id_booking")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance")),
        sa.UniqueConstraint("booking_id", "number", name=op.f("uq_attendance_booking_id_number")),
    )
    op.create_index(
        "uq_attendance_inside",
        "attendance",
        ["booking_id"],
        unique=True,
        sqlite_where=INSIDE,
        postgresql_where=INSIDE,
    )


def downgrade():
    op.drop_table("attendance")
    op.drop_column("gathering", "no_shows_at")
    op.drop_column("booking", "no_show_at")
    op.drop_column("booking", "cancelled_late")

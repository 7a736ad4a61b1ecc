"""Guests: who comes along with somebody's seat, on a seat of their own, and how many each member may bring (G9).

Gatherings that are in the agenda already had no word on guests: there nobody brings any unless theirs has a date.
"""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
LIVE = sa.text("state = 'confirmed' AND email <> ''")
LIMIT = "CONSTRAINT ck_gathering_guest_limit CHECK (guest_limit >= 0)"


def _one_of(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade():
    op.execute(f"ALTER TABLE gathering ADD COLUMN guest_limit INTEGER DEFAULT 0 NOT NULL {LIMIT}")
    op.execute("UPDATE gathering SET guest_limit = 1 WHERE guests_from IS NOT NULL")
    op.create_table(
        "guest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gathering_id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("state", _one_of("state", "confirmed", "cancelled"), nullable=False),
        sa.Column("mode", _one_of("mode", "on_site", "online"), nullable=False),
        sa.Column("moves", sa.Integer(), server_default="0", nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.String(80), nullable=False),
        sa.Column("family_name", sa.String(80), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("locale", sa.String(5), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("cancelled_at", MOMENT, nullable=True),
        sa.Column("ending", _one_of("ending", "host", "guest", "bureau", "with_host"), nullable=True),
        sa.Column("way", _one_of("way", "ticket", "code", "name", "walk_in"), nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=True),
        sa.Column("left_at", MOMENT, nullable=True),
        sa.Column("no_show_at", MOMENT, nullable=True),
        sa.Column("forgotten_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_guest_cancelled_at")
        ),
        sa.CheckConstraint("(state = 'cancelled') = (ending IS NOT NULL)", name=op.f("ck_guest_ended_by")),
        sa.CheckConstraint(
            "no_show_at IS NULL OR (state = 'confirmed' AND arrived_at IS NULL)", name=op.f("ck_guest_no_show")
        ),
        sa.CheckConstraint("left_at IS NULL OR left_at >= arrived_at", name=op.f("ck_guest_left_after_arrived")),
        sa.CheckConstraint("(forgotten_at IS NULL) = (email <> '')", name=op.f("ck_guest_forgotten")),
        sa.ForeignKeyConstraint(["gathering_id"], ["gathering.id"], name=op.f("fk_guest_gathering_id_gathering")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_guest_booking_id_booking")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guest")),
        sa.UniqueConstraint("gathering_id", "seq", name=op.f("uq_guest_gathering_id_seq")),
    )
    op.create_index(
        "uq_guest_live", "guest", ["gathering_id", "email"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )
    op.create_index("ix_guest_booking_id_state", "guest", ["booking_id", "state"])
    op.create_index("ix_guest_forgotten_at_gathering_id", "guest", ["forgotten_at", "gathering_id"])


def downgrade():
    brought = (
        "(SELECT count(*) FROM guest WHERE guest.gathering_id = gathering.id AND guest.state = 'confirmed' AND {how})"
    )
    in_hall = brought.format(how="(guest.mode = 'on_site' OR gathering.online_capacity IS NULL)")
    online = brought.format(how="guest.mode = 'online' AND gathering.online_capacity IS NOT NULL")
    op.execute(f"UPDATE gathering SET seats_taken = seats_taken - {in_hall}, online_taken = online_taken - {online}")
    op.drop_table("guest")
    op.drop_column("gathering", "guest_limit")

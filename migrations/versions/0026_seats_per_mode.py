"""Seats counted by mode at a hybrid gathering: in the hall and online, each with its waiting list (G1, G2, G3).

Who has a seat at a hybrid gathering that is still to come keeps it in the hall, and there are as many seats online. Of
what has been, whoever passed no door took part online, for all one knows: so nobody is held to have stayed away.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

HYBRID = "venue <> '' AND online_url <> ''"
ONLY_ONLINE = "SELECT id FROM gathering WHERE venue = '' AND online_url <> ''"
HELD_TO = "CHECK (mode IN ('on_site', 'online'))"
TAKEN = (
    "SELECT count(*) FROM booking WHERE booking.gathering_id = gathering.id AND booking.mode = 'online'"
    " AND booking.state = 'confirmed'"
)


def upgrade():
    op.add_column("gathering", sa.Column("online_capacity", sa.Integer(), nullable=True))
    op.execute(f"UPDATE gathering SET online_capacity = capacity WHERE {HYBRID}")
    op.execute(
        "ALTER TABLE gathering ADD COLUMN online_taken INTEGER DEFAULT 0 NOT NULL"
        f" CONSTRAINT ck_gathering_hybrid CHECK (({HYBRID}) = (online_capacity IS NOT NULL))"
        " CONSTRAINT ck_gathering_online_capacity CHECK (online_capacity IS NULL OR online_capacity >= 1)"
        " CONSTRAINT ck_gathering_online_seats"
        " CHECK (online_taken >= 0 AND online_taken <= COALESCE(online_capacity, 0))"
        " CONSTRAINT ck_gathering_all_arrivals CHECK (arrivals >= seats_taken + online_taken)"
    )
    op.execute(
        "ALTER TABLE gathering ADD COLUMN online_held INTEGER DEFAULT 0 NOT NULL"
        " CONSTRAINT ck_gathering_online_held CHECK (online_held >= 0 AND online_held <= online_taken)"
    )
    for table in ("booking", "waitlist_entry"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN mode VARCHAR(40) DEFAULT 'on_site' NOT NULL"
            f" CONSTRAINT ck_{table}_mode {HELD_TO}"
        )
        op.execute(f"UPDATE {table} SET mode = 'online' WHERE gathering_id IN ({ONLY_ONLINE})")
    op.execute(f"ALTER TABLE promotion ADD COLUMN mode VARCHAR(40) CONSTRAINT ck_promotion_mode {HELD_TO}")
    op.add_column("booking", sa.Column("moves", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE booking SET mode = 'online' WHERE gathering_id IN"
        f" (SELECT id FROM gathering WHERE {HYBRID} AND state = 'published' AND ends_at <= CURRENT_TIMESTAMP)"
        " AND NOT EXISTS (SELECT 1 FROM attendance WHERE attendance.booking_id = booking.id)"
        " AND no_show_at IS NULL"
    )
    op.execute(
        f"UPDATE gathering SET seats_taken = seats_taken - ({TAKEN}), online_taken = ({TAKEN})"
        f" WHERE {HYBRID} AND state = 'published' AND ends_at <= CURRENT_TIMESTAMP"
    )


def downgrade():
    op.drop_column("booking", "moves")
    op.drop_column("promotion", "mode")
    op.drop_column("waitlist_entry", "mode")
    op.drop_column("booking", "mode")
    op.execute(
        "UPDATE gathering SET capacity = capacity + online_taken, seats_taken = seats_taken + online_taken,"
        " seats_held = seats_held + online_held, online_taken = 0, online_held = 0 WHERE online_taken > 0"
    )
    op.drop_column("gathering", "online_held")
    op.drop_column("gathering", "online_taken")
    op.drop_column("gathering", "online_capacity")

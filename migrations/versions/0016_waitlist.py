"""The waiting list: places in line, offers, and why each promotion happened (G3)."""

import sqlalchemy as sa
from alembic import op

import app.core.db
from app.core.ddl import append_only_ddl, drop_append_only_ddl

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
HELD = "CONSTRAINT ck_gathering_held CHECK (seats_held >= 0 AND seats_held <= seats_taken)"
LIVE = sa.text("state IN ('waiting', 'offered')")


def choice(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade():
    op.execute(f"ALTER TABLE gathering ADD COLUMN seats_held INTEGER DEFAULT 0 NOT NULL {HELD}")
    op.add_column("gathering", sa.Column("queued", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "waitlist_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gathering_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            choice("state", "waiting", "offered", "seated", "declined", "expired", "left", "over"),
            nullable=False,
        ),
        sa.Column("wish", choice("wish", "automatic", "ask"), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("offered_at", MOMENT, nullable=True),
        sa.Column("offer_until", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("booking_id", sa.Uuid(), nullable=True),
        sa.Column("freed_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(state IN ('waiting', 'offered')) = (ended_at IS NULL)", name=op.f("ck_waitlist_entry_ended_at")
        ),
        sa.CheckConstraint("state <> 'offered' OR offer_until IS NOT NULL", name=op.f("ck_waitlist_entry_offer_until")),
        sa.CheckConstraint("(state = 'seated') = (booking_id IS NOT NULL)", name=op.f("ck_waitlist_entry_booking")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_waitlist_entry_account_id_account")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_waitlist_entry_booking_id_booking")),
        sa.ForeignKeyConstraint(["freed_by_id"], ["account.id"], name=op.f("fk_waitlist_entry_freed_by_id_account")),
        sa.ForeignKeyConstraint(
            ["gathering_id"], ["gathering.id"], name=op.f("fk_waitlist_entry_gathering_id_gathering")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waitlist_entry")),
        sa.UniqueConstraint("gathering_id", "seq", name=op.f("uq_waitlist_entry_gathering_id_seq")),
    )
    op.create_index(
        "uq_waitlist_entry_live",
        "waitlist_entry",
        ["gathering_id", "account_id"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    op.create_index(
        "ix_waitlist_entry_gathering_id_state_seq", "waitlist_entry", ["gathering_id", "state", "seq"], unique=False
    )
    op.create_index("ix_waitlist_entry_account_id_state", "waitlist_entry", ["account_id", "state"], unique=False)
    op.create_index("ix_waitlist_entry_state_offer_until", "waitlist_entry", ["state", "offer_until"], unique=False)
    op.create_table(
        "waitlist_preference",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("wish", choice("wish", "automatic", "ask"), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_waitlist_preference_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_waitlist_preference")),
    )
    op.create_table(
        "promotion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gathering_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "step",
            choice("step", "seated", "offered", "accepted", "declined", "expired", "passed_over"),
            nullable=False,
        ),
        sa.Column(
            "cause",
            choice(
                "cause",
                "seat_given_back",
                "seats_added",
                "offer_declined",
                "offer_expired",
                "own_answer",
                "own_seat",
                "no_member",
                "overlap",
            ),
            nullable=False,
        ),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("freed_by_id", sa.Uuid(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_promotion_account_id_account")),
        sa.ForeignKeyConstraint(["entry_id"], ["waitlist_entry.id"], name=op.f("fk_promotion_entry_id_waitlist_entry")),
        sa.ForeignKeyConstraint(["freed_by_id"], ["account.id"], name=op.f("fk_promotion_freed_by_id_account")),
        sa.ForeignKeyConstraint(["gathering_id"], ["gathering.id"], name=op.f("fk_promotion_gathering_id_gathering")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    op.create_index("ix_promotion_gathering_id_at", "promotion", ["gathering_id", "at"], unique=False)
    for statement in append_only_ddl("promotion", op.get_bind().dialect.name):
        op.execute(statement)


def downgrade():
    for statement in drop_append_only_ddl("promotion", op.get_bind().dialect.name):
        op.execute(statement)
    op.drop_table("promotion")
    op.drop_table("waitlist_preference")
    op.drop_table("waitlist_entry")
    op.execute("UPDATE gathering SET seats_taken = seats_taken - seats_held, seats_held = 0 WHERE seats_held > 0")
    op.execute("ALTER TABLE gathering DROP COLUMN queued")
    op.execute("ALTER TABLE gathering DROP COLUMN seats_held")

"""Renewal: notices sent, resignations, pauses, waivers, automatic renewal, the test clock (M6, M8, M9)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
NOT_UNDONE = sa.text("undone_at IS NULL")
UNDATED = (
    "(activated_at IS NULL AND starts_on IS NULL AND ends_on IS NULL AND grace_until IS NULL AND lapses_after IS NULL)"
)
DATED_BEFORE = (
    " OR (activated_at IS NOT NULL AND starts_on <= ends_on AND ends_on <= grace_until AND grace_until <= lapses_after)"
)
DATED = (
    " OR (activated_at IS NOT NULL AND starts_on <= ends_on AND grace_until <= lapses_after"
    " AND (uncovered_on IS NOT NULL OR ends_on <= grace_until))"
)


def upgrade():
    op.create_table(
        "clock_shift",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_shift")),
    )
    op.add_column("membership", sa.Column("paused_on", sa.Date(), nullable=True))
    op.add_column("membership", sa.Column("link_version", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("membership_period") as batch_op:
        batch_op.add_column(sa.Column("uncovered_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("processing_until", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("closed_on", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("invited_on", sa.Date(), nullable=True))
        batch_op.drop_constraint(op.f("ck_membership_period_dated_by_activation"), type_="check")
        batch_op.create_check_constraint(op.f("ck_membership_period_dated_by_activation"), UNDATED + DATED)
        batch_op.create_check_constraint(
            op.f("ck_membership_period_uncovered_within"),
            "uncovered_on IS NULL OR uncovered_on BETWEEN starts_on AND ends_on",
        )
        batch_op.create_check_constraint(
            op.f("ck_membership_period_closed_unpaid"), "closed_on IS NULL OR activated_at IS NULL"
        )
    op.create_table(
        "notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("acts_on", sa.Date(), nullable=True),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["period_id"], ["membership_period.id"], name=op.f("fk_notice_period_id_membership_period")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("period_id", "kind", "reference", name=op.f("uq_notice_period_id_kind_reference")),
    )
    op.create_table(
        "renewal_charge",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("tried_on", sa.Date(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("failed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("seq BETWEEN 1 AND 3", name=op.f("ck_renewal_charge_three_at_most")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_renewal_charge_charges_something")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_renewal_charge_notice_id_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_charge")),
        sa.UniqueConstraint("bill_id", "seq", name=op.f("uq_renewal_charge_bill_id_seq")),
    )
    op.create_table(
        "resignation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("undone_at", MOMENT, nullable=True),
        sa.Column("undone_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by_id"], ["account.id"], name=op.f("fk_resignation_asked_by_id_account")),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_resignation_membership_id_membership")
        ),
        sa.ForeignKeyConstraint(["undone_by_id"], ["account.id"], name=op.f("fk_resignation_undone_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resignation")),
    )
    op.create_index(
        "uq_resignation_standing",
        "resignation",
        ["membership_id"],
        unique=True,
        sqlite_where=NOT_UNDONE,
        postgresql_where=NOT_UNDONE,
    )


def downgrade():
    op.drop_table("resignation")
    op.drop_table("renewal_charge")
    op.drop_table("notice")
    # Before this revision money that went back took nothing away: a year that lost its cover is whole again.
    op.execute("UPDATE membership_period SET lapses_after = ends_on WHERE lapses_after < ends_on")
    op.execute("UPDATE membership_period SET grace_until = ends_on WHERE grace_until < ends_on")
    with op.batch_alter_table("membership_period") as batch_op:
        batch_op.drop_constraint(op.f("ck_membership_period_closed_unpaid"), type_="check")
        batch_op.drop_constraint(op.f("ck_membership_period_uncovered_within"), type_="check")
        batch_op.drop_constraint(op.f("ck_membership_period_dated_by_activation"), type_="check")
        batch_op.drop_column("invited_on")
        batch_op.drop_column("closed_on")
        batch_op.drop_column("processing_until")
        batch_op.drop_column("uncovered_on")
        batch_op.create_check_constraint(op.f("ck_membership_period_dated_by_activation"), UNDATED + DATED_BEFORE)
    op.drop_column("membership", "link_version")
    op.drop_column("membership", "paused_on")
    op.drop_table("clock_shift")

"""Reference checks and invitations, who judges, and periods given without money (M4, M6)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)


def upgrade():
    op.add_column("application", sa.Column("invited_at", MOMENT, nullable=True))
    op.create_table(
        "application_reviewer",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_application_reviewer_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_application_reviewer_account_id_account")),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application_reviewer")),
    )
    op.create_table(
        "reference_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("reference_id", sa.Uuid(), nullable=False),
        sa.Column("called_on", sa.Date(), nullable=False),
        sa.Column("called_by_id", sa.Uuid(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "positive",
                "mixed",
                "negative",
                "not_reached",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("kept_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["reference_id"],
            ["application_reference.id"],
            name=op.f("fk_reference_check_reference_id_application_reference"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["called_by_id"], ["account.id"], name=op.f("fk_reference_check_called_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference_check")),
    )
    op.create_index("ix_reference_check_reference", "reference_check", ["reference_id", "called_on"])
    op.create_table(
        "period_waiver",
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("stood_before", sa.Boolean(), nullable=False),
        sa.Column("void_bill_id", sa.Uuid(), nullable=True),
        sa.Column("credited", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["period_id"], ["membership_period.id"], name=op.f("fk_period_waiver_period_id_membership_period")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_period_waiver_by_id_account")),
        sa.ForeignKeyConstraint(["void_bill_id"], ["bill.id"], name=op.f("fk_period_waiver_void_bill_id_bill")),
        sa.PrimaryKeyConstraint("period_id", name=op.f("pk_period_waiver")),
    )


def downgrade():
    op.drop_table("period_waiver")
    op.drop_index("ix_reference_check_reference", "reference_check")
    op.drop_table("reference_check")
    op.drop_table("application_reviewer")
    op.drop_column("application", "invited_at")

"""Profiles and the directory's cards."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "member_card",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "sort_key",
            sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("region_id", sa.Uuid(), nullable=True),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("grace_until", sa.Date(), nullable=True),
        sa.Column("lapses_after", sa.Date(), nullable=True),
        sa.Column("given_up_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_member_card_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_member_card_plan_id_plan")),
        sa.ForeignKeyConstraint(["region_id"], ["term.id"], name=op.f("fk_member_card_region_id_term")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_member_card")),
    )
    with op.batch_alter_table("member_card", schema=None) as batch_op:
        batch_op.create_index("ix_member_card_directory", ["listed", "sort_key", "account_id"], unique=False)
        batch_op.create_index("ix_member_card_given_up", ["given_up_on"], unique=False)
        batch_op.create_index("ix_member_card_joined", ["joined_on", "account_id"], unique=False)
        batch_op.create_index("ix_member_card_name", ["sort_key", "account_id"], unique=False)
        batch_op.create_index("ix_member_card_paid", ["ends_on", "grace_until"], unique=False)

    op.create_table(
        "profile",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("headline", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("website", sa.String(length=2000), nullable=False),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("days_a_week", sa.Integer(), nullable=True),
        sa.Column("visibility", app.core.db.Json, nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("updated_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("days_a_week IS NULL OR days_a_week BETWEEN 1 AND 5", name=op.f("ck_profile_days_a_week")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_profile_account_id_account")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_profile")),
    )
    op.create_table(
        "profile_term",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.Column(
            "audience",
            sa.Enum("members", "bureau", name="audience", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.CheckConstraint("level IS NULL OR level BETWEEN 0 AND 4", name=op.f("ck_profile_term_level")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["profile.account_id"], name=op.f("fk_profile_term_account_id_profile"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_profile_term_term_id_term")),
        sa.PrimaryKeyConstraint("account_id", "term_id", name=op.f("pk_profile_term")),
    )
    with op.batch_alter_table("profile_term", schema=None) as batch_op:
        batch_op.create_index("ix_profile_term_found", ["term_id", "audience", "account_id"], unique=False)


def downgrade():
    with op.batch_alter_table("profile_term", schema=None) as batch_op:
        batch_op.drop_index("ix_profile_term_found")

    op.drop_table("profile_term")
    op.drop_table("profile")
    with op.batch_alter_table("member_card", schema=None) as batch_op:
        batch_op.drop_index("ix_member_card_paid")
        batch_op.drop_index("ix_member_card_name")
        batch_op.drop_index("ix_member_card_joined")
        batch_op.drop_index("ix_member_card_given_up")
        batch_op.drop_index("ix_member_card_directory")

    op.drop_table("member_card")

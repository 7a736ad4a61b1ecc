"""A result is made public by two persons, and nominees say whether their name stands by their points (V7, V8)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
ROLES = sa.Enum("officer", "chair", name="role", native_enum=False, create_constraint=True, length=40)


def upgrade():
    op.add_column("challenge_nominee", sa.Column("is_named", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "challenge_release",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("role", ROLES, nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("agreed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_release_edition_id_challenge_edition")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_challenge_release_account_id_account")),
        sa.PrimaryKeyConstraint("edition_id", "role", name=op.f("pk_challenge_release")),
        sa.UniqueConstraint("edition_id", "account_id", name=op.f("uq_challenge_release_edition_id_account_id")),
    )
    op.create_index(op.f("ix_challenge_release_account_id"), "challenge_release", ["account_id"])


def downgrade():
    op.drop_table("challenge_release")
    op.drop_column("challenge_nominee", "is_named")

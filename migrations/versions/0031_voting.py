"""Who may vote in the Challenge, who was invited to, and the envelopes (V5)."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def edition_of(table):
    name = op.f(f"fk_{table}_edition_id_challenge_edition")
    return sa.ForeignKeyConstraint(["edition_id"], ["challenge_edition.id"], name=name)


def upgrade():
    op.create_table(
        "challenge_roll",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("voter", sa.Uuid(), nullable=False),
        sa.Column("voted", sa.Boolean(), nullable=False),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("voted OR NOT owed", name=op.f("ck_challenge_roll_owed")),
        edition_of("challenge_roll"),
        sa.PrimaryKeyConstraint("edition_id", "voter", name=op.f("pk_challenge_roll")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "challenge_envelope",
        sa.Column("slot", sa.String(64), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.CheckConstraint("length(slot) = 64", name=op.f("ck_challenge_envelope_slot")),
        sa.CheckConstraint("length(digest) = 64", name=op.f("ck_challenge_envelope_digest")),
        edition_of("challenge_envelope"),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_challenge_envelope")),
        sa.UniqueConstraint("digest", name=op.f("uq_challenge_envelope_digest")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_challenge_envelope_edition_id", "challenge_envelope", ["edition_id"])
    op.create_table(
        "challenge_invitee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("locale", sa.String(5), nullable=False),
        edition_of("challenge_invitee"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_invitee")),
        sa.UniqueConstraint("edition_id", "email", name=op.f("uq_challenge_invitee_edition_id_email")),
    )


def downgrade():
    op.drop_table("challenge_invitee")
    op.drop_index("ix_challenge_envelope_edition_id", table_name="challenge_envelope")
    op.drop_table("challenge_envelope")
    op.drop_table("challenge_roll")

"""The files of the Challenge's bundle, the key of the trustee, and its test openings (V5)."""

import sqlalchemy as sa
from alembic import op

import app.core.db
from app.core.ddl import Guard, append_only_ddl, changes, drop_append_only_ddl, drop_guard_ddl, guard_ddl

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
REFUSAL = "what decides an edition is frozen when it opens"
NAMES = "name IN ('rules', 'sealed', 'ballots', 'jury', 'result')"


def frozen(row):
    states = "SELECT 1 FROM challenge_edition e WHERE e.id = %s.edition_id AND e.state NOT IN ('concept', 'nomination')"
    return f"EXISTS ({states % row})"


GUARDS = (
    Guard("no_more", "INSERT", frozen("NEW"), REFUSAL),
    Guard("no_other", "UPDATE", f"{frozen('OLD')} AND ({changes(('encryption', 'signing'))})", REFUSAL),
    Guard("no_less", "DELETE", frozen("OLD"), REFUSAL),
)


def upgrade():
    op.create_table(
        "challenge_file",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.CheckConstraint(NAMES, name=op.f("ck_challenge_file_name")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_challenge_file_sha256")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_file_edition_id_challenge_edition")
        ),
        sa.PrimaryKeyConstraint("edition_id", "name", name=op.f("pk_challenge_file")),
    )
    op.create_table(
        "challenge_trustee",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("locale", sa.String(5), nullable=False),
        sa.Column("encryption", sa.String(64), nullable=False),
        sa.Column("signing", sa.String(64), nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.CheckConstraint("length(encryption) = 64", name=op.f("ck_challenge_trustee_encryption")),
        sa.CheckConstraint("length(signing) = 64", name=op.f("ck_challenge_trustee_signing")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_trustee_edition_id_challenge_edition")
        ),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_challenge_trustee")),
    )
    op.create_table(
        "challenge_trial",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("codes", app.core.db.Json, nullable=False),
        sa.Column("passed_at", MOMENT, nullable=True),
        sa.CheckConstraint("copy IN (1, 2)", name=op.f("ck_challenge_trial_copy")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_trial_edition_id_challenge_edition")
        ),
        sa.PrimaryKeyConstraint("edition_id", "copy", name=op.f("pk_challenge_trial")),
    )
    dialect = op.get_bind().dialect.name
    for statement in append_only_ddl("challenge_file", dialect):
        op.execute(statement)
    for guard in GUARDS:
        for statement in guard_ddl("challenge_trustee", guard, dialect):
            op.execute(statement)


def downgrade():
    dialect = op.get_bind().dialect.name
    for guard in GUARDS:
        for statement in drop_guard_ddl("challenge_trustee", guard, dialect):
            op.execute(statement)
    for statement in drop_append_only_ddl("challenge_file", dialect):
        op.execute(statement)
    op.drop_table("challenge_trial")
    op.drop_table("challenge_trustee")
    op.drop_table("challenge_file")

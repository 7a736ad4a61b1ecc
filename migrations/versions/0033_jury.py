"""The jury at work: what jurors type, hand in and leave to others, and what the chair decides and lets be read (V4).

Recusals become a log, so that one which is undone is still told; scores are fixed once the edition is not open.
"""

import sqlalchemy as sa
from alembic import op

import app.core.db
from app.core.ddl import Guard, append_only_ddl, changes, drop_append_only_ddl, drop_guard_ddl, guard_ddl

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
REASONS = ("client", "coaching", "peer_group", "business", "personal", "other")
NOT_OPEN = "scores are given while the edition is open"
KEPT = "what was declared about a nominee stays declared"
GIVEN = ("juror_id", "nominee_id", "criterion_id", "halves")
DECLARED = ("juror_id", "nominee_id", "seq", "stands", "reason", "by_bureau", "declared_at")


def out_of_time(row):
    edition = "SELECT 1 FROM challenge_juror j JOIN challenge_edition e ON e.id = j.edition_id"
    return f"EXISTS ({edition} WHERE j.id = {row}.juror_id AND e.state <> 'open')"


GUARDS = {
    "challenge_score": (
        Guard("in_time", "INSERT", out_of_time("NEW"), NOT_OPEN),
        Guard("no_later", "UPDATE", f"{out_of_time('OLD')} AND ({changes(GIVEN)})", NOT_OPEN),
        Guard("no_less", "DELETE", out_of_time("OLD"), NOT_OPEN),
    ),
    "challenge_recusal": (
        Guard("no_other", "UPDATE", f"{changes(DECLARED)} OR NEW.note <> ''", KEPT),
        Guard("no_less", "DELETE", "1 = 1", KEPT),
    ),
}


def key_of(table, *parts):
    """A key of some of juror, nominee and criterion, each pointing to its own table."""
    columns = [sa.Column(f"{part}_id", sa.Uuid(), nullable=False) for part in parts]
    keys = [
        sa.ForeignKeyConstraint(
            [f"{part}_id"], [f"challenge_{part}.id"], name=op.f(f"fk_{table}_{part}_id_challenge_{part}")
        )
        for part in parts
    ]
    return columns, keys


def recusals(name, *more, reasons, optional, key):
    columns, keys = key_of("challenge_recusal", "juror", "nominee")
    chosen = sa.Enum(*reasons, name="reason", native_enum=False, create_constraint=True, length=40)
    op.create_table(
        name,
        *columns,
        *more,
        sa.Column("reason", chosen, nullable=optional),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("by_bureau", sa.Boolean(), nullable=False),
        sa.Column("declared_at", MOMENT, nullable=False),
        *keys,
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_challenge_recusal")),
    )


def upgrade():
    dialect = op.get_bind().dialect.name
    for statement in drop_append_only_ddl("challenge_recusal", dialect):
        op.execute(statement)
    op.rename_table("challenge_recusal", "challenge_recusal_before")
    if dialect == "postgresql":
        op.execute("ALTER TABLE challenge_recusal_before DROP CONSTRAINT pk_challenge_recusal")
    recusals(
        "challenge_recusal",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stands", sa.Boolean(), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_challenge_recusal_seq")),
        sa.CheckConstraint("stands = (reason IS NOT NULL)", name=op.f("ck_challenge_recusal_reason_given")),
        reasons=("client", "coaching", "peer_group", "put_forward", "business", "personal", "other"),
        optional=True,
        key=("juror_id", "nominee_id", "seq"),
    )
    op.execute(
        "INSERT INTO challenge_recusal (juror_id, nominee_id, seq, stands, reason, note, by_bureau, declared_at)"
        " SELECT juror_id, nominee_id, 1, true, reason, note, by_bureau, declared_at FROM challenge_recusal_before"
    )
    op.drop_table("challenge_recusal_before")
    columns, keys = key_of("challenge_sheet", "juror", "nominee")
    op.create_table(
        "challenge_sheet",
        *columns,
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("typed", app.core.db.Json, nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        *keys,
        sa.PrimaryKeyConstraint("juror_id", "nominee_id", name=op.f("pk_challenge_sheet")),
    )
    columns, keys = key_of("challenge_handed_in", "juror")
    op.create_table(
        "challenge_handed_in",
        *columns,
        sa.Column("at", MOMENT, nullable=False),
        *keys,
        sa.PrimaryKeyConstraint("juror_id", name=op.f("pk_challenge_handed_in")),
    )
    columns, keys = key_of("challenge_chair_score", "nominee", "criterion")
    op.create_table(
        "challenge_chair_score",
        *columns,
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 1000", name=op.f("ck_challenge_chair_score_score")),
        *keys,
        sa.PrimaryKeyConstraint("nominee_id", "criterion_id", name=op.f("pk_challenge_chair_score")),
    )
    columns, keys = key_of("challenge_edited_reason", "juror", "nominee", "criterion")
    op.create_table(
        "challenge_edited_reason",
        *columns,
        sa.Column("text", sa.String(length=400), nullable=False),
        sa.Column("edited_at", MOMENT, nullable=False),
        *keys,
        sa.PrimaryKeyConstraint("juror_id", "nominee_id", "criterion_id", name=op.f("pk_challenge_edited_reason")),
    )
    for table, guards in GUARDS.items():
        for guard in guards:
            for statement in guard_ddl(table, guard, dialect):
                op.execute(statement)


def downgrade():
    dialect = op.get_bind().dialect.name
    for table, guards in GUARDS.items():
        for guard in guards:
            for statement in drop_guard_ddl(table, guard, dialect):
                op.execute(statement)
    for table in ("challenge_edited_reason", "challenge_chair_score", "challenge_handed_in", "challenge_sheet"):
        op.drop_table(table)
    op.rename_table("challenge_recusal", "challenge_recusal_after")
    if dialect == "postgresql":
        op.execute("ALTER TABLE challenge_recusal_after DROP CONSTRAINT pk_challenge_recusal")
    recusals("challenge_recusal", reasons=REASONS, optional=False, key=("juror_id", "nominee_id"))
    newest = (
        "SELECT max(l.seq) FROM challenge_recusal_after l WHERE l.juror_id = r.juror_id AND l.nominee_id = r.nominee_id"
    )
    op.execute(
        "INSERT INTO challenge_recusal (juror_id, nominee_id, reason, note, by_bureau, declared_at)"
        " SELECT juror_id, nominee_id, CASE reason WHEN 'put_forward' THEN 'other' ELSE reason END, note, by_bureau,"
        f" declared_at FROM challenge_recusal_after r WHERE stands AND seq = ({newest})"
    )
    op.drop_table("challenge_recusal_after")
    for statement in append_only_ddl("challenge_recusal", dialect):
        op.execute(statement)

"""The Interim Challenge: editions with their rules, nominees, the jury, and the board (V1, V2, V3, V4, V8)."""

import sqlalchemy as sa
from alembic import op

import app.core.db
from app.core.ddl import Guard, append_only_ddl, changes, drop_append_only_ddl, drop_guard_ddl, guard_ddl

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
GROWING = ("challenge_board", "challenge_recusal")
REFUSAL = "what decides an edition is frozen when it opens"
DECIDING = (
    "year",
    "scope",
    "term_id",
    "case_text",
    "case_sha256",
    "eligible_on",
    "is_blind",
    "model",
    "jury_share",
    "quorum_percent",
    "tie_order",
    "chair_id",
)
FROZEN = f"OLD.state NOT IN ('concept', 'nomination') AND ({changes(DECIDING)})"


def frozen(row):
    states = "SELECT 1 FROM challenge_edition e WHERE e.id = %s.edition_id AND e.state NOT IN ('concept', 'nomination')"
    return f"EXISTS ({states % row})"


PARTS = (
    Guard("no_more", "INSERT", frozen("NEW"), REFUSAL),
    Guard("no_other", "UPDATE", frozen("OLD"), REFUSAL),
    Guard("no_less", "DELETE", frozen("OLD"), REFUSAL),
)
GUARDS = {
    "challenge_edition": (Guard("frozen", "UPDATE", FROZEN, REFUSAL),),
    "challenge_criterion": PARTS,
    "challenge_round": PARTS,
    "challenge_juror": PARTS,
}


def choice(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade():
    op.create_table(
        "challenge_edition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            choice("state", "concept", "nomination", "open", "closed", "opened", "counted", "published", "cancelled"),
            nullable=False,
        ),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("scope", choice("scope", "broad", "discipline", "sector"), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=True),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("case_text", sa.Text(), nullable=False),
        sa.Column("case_file", sa.String(length=48), nullable=False),
        sa.Column("case_name", sa.String(length=200), nullable=False),
        sa.Column("case_size", sa.Integer(), nullable=False),
        sa.Column("case_sha256", sa.String(length=64), nullable=False),
        sa.Column("terms_text", sa.Text(), nullable=False),
        sa.Column("terms_version", sa.Integer(), nullable=False),
        sa.Column("nominations_from", MOMENT, nullable=True),
        sa.Column("nominations_until", MOMENT, nullable=True),
        sa.Column("work_until", MOMENT, nullable=True),
        sa.Column("opens_at", MOMENT, nullable=True),
        sa.Column("closes_at", MOMENT, nullable=True),
        sa.Column("eligible_on", sa.Date(), nullable=True),
        sa.Column("is_blind", sa.Boolean(), nullable=False),
        sa.Column("model", choice("model", "points", "separate", "shortlist"), nullable=False),
        sa.Column("jury_share", sa.Integer(), nullable=False),
        sa.Column("quorum_percent", sa.Integer(), nullable=False),
        sa.Column("tie_order", app.core.db.Json, nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("chair_id", sa.Uuid(), nullable=True),
        sa.Column("cancelled_why", sa.String(length=400), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("(case_file = '') = (case_sha256 = '')", name=op.f("ck_challenge_edition_case_file")),
        sa.CheckConstraint("(scope = 'broad') = (term_id IS NULL)", name=op.f("ck_challenge_edition_scope_term")),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_why <> '')", name=op.f("ck_challenge_edition_cancelled_why")
        ),
        sa.CheckConstraint("closes_at > opens_at", name=op.f("ck_challenge_edition_closes")),
        sa.CheckConstraint("jury_share BETWEEN 0 AND 10000", name=op.f("ck_challenge_edition_jury_share")),
        sa.CheckConstraint("nominations_until > nominations_from", name=op.f("ck_challenge_edition_nominations")),
        sa.CheckConstraint("opens_at >= work_until", name=op.f("ck_challenge_edition_opens")),
        sa.CheckConstraint("quorum_percent BETWEEN 0 AND 100", name=op.f("ck_challenge_edition_quorum_percent")),
        sa.CheckConstraint("work_until >= nominations_until", name=op.f("ck_challenge_edition_work")),
        sa.CheckConstraint("year BETWEEN 2000 AND 2200", name=op.f("ck_challenge_edition_year")),
        sa.ForeignKeyConstraint(["chair_id"], ["account.id"], name=op.f("fk_challenge_edition_chair_id_account")),
        sa.ForeignKeyConstraint(["officer_id"], ["account.id"], name=op.f("fk_challenge_edition_officer_id_account")),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_challenge_edition_term_id_term")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_edition")),
    )
    live = sa.text("state <> 'cancelled'")
    op.create_index(
        "uq_challenge_edition_year",
        "challenge_edition",
        ["year"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_table(
        "challenge_board",
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("payload", app.core.db.Json, nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_challenge_board_seq")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_board_edition_id_challenge_edition")
        ),
        sa.PrimaryKeyConstraint("edition_id", "seq", name=op.f("pk_challenge_board")),
    )
    op.create_table(
        "challenge_criterion",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_nl", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("about_nl", sa.String(length=400), nullable=False),
        sa.Column("about_en", sa.String(length=400), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.CheckConstraint("weight BETWEEN 0 AND 10000", name=op.f("ck_challenge_criterion_weight")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_criterion_edition_id_challenge_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_criterion")),
        sa.UniqueConstraint("edition_id", "position", name=op.f("uq_challenge_criterion_edition_id_position")),
    )
    op.create_table(
        "challenge_juror",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", choice("state", "asked", "sits", "declined"), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_challenge_juror_account_id_account")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_juror_edition_id_challenge_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_juror")),
        sa.UniqueConstraint("edition_id", "account_id", name=op.f("uq_challenge_juror_edition_id_account_id")),
    )
    op.create_index("ix_challenge_juror_account_id", "challenge_juror", ["account_id"])
    op.create_table(
        "challenge_nominee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("state", choice("state", "asked", "taking_part", "declined", "withdrawn"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("accepted_at", MOMENT, nullable=True),
        sa.Column("terms_version", sa.Integer(), nullable=True),
        sa.Column("terms_text", sa.Text(), nullable=False),
        sa.Column("withdrawn_why", sa.String(length=400), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("plan_file", sa.String(length=48), nullable=False),
        sa.Column("plan_name", sa.String(length=200), nullable=False),
        sa.Column("plan_size", sa.Integer(), nullable=False),
        sa.Column("short_cv", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=True),
        sa.CheckConstraint("(accepted_at IS NULL) = (terms_text = '')", name=op.f("ck_challenge_nominee_terms")),
        sa.CheckConstraint(
            "state = 'withdrawn' OR withdrawn_why = ''", name=op.f("ck_challenge_nominee_withdrawn_why")
        ),
        sa.CheckConstraint(
            "state NOT IN ('taking_part', 'withdrawn') OR accepted_at IS NOT NULL",
            name=op.f("ck_challenge_nominee_accepted_at"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_challenge_nominee_account_id_account")),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_nominee_edition_id_challenge_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_nominee")),
        sa.UniqueConstraint("edition_id", "account_id", name=op.f("uq_challenge_nominee_edition_id_account_id")),
        sa.UniqueConstraint("edition_id", "number", name=op.f("uq_challenge_nominee_edition_id_number")),
    )
    op.create_index("ix_challenge_nominee_account_id", "challenge_nominee", ["account_id"])
    op.create_table(
        "challenge_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", choice("kind", "nomination", "jury", "ballot", "final"), nullable=False),
        sa.Column(
            "method",
            choice("method", "open", "rubric", "plurality", "approval", "borda", "irv", "schulze"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["challenge_edition.id"], name=op.f("fk_challenge_round_edition_id_challenge_edition")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_round")),
        sa.UniqueConstraint("edition_id", "position", name=op.f("uq_challenge_round_edition_id_position")),
    )
    op.create_table(
        "challenge_nomination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("nominee_id", sa.Uuid(), nullable=False),
        sa.Column("by_id", sa.Uuid(), nullable=False),
        sa.Column("kind", choice("kind", "member", "bureau", "self"), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_challenge_nomination_by_id_account")),
        sa.ForeignKeyConstraint(
            ["nominee_id"], ["challenge_nominee.id"], name=op.f("fk_challenge_nomination_nominee_id_challenge_nominee")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge_nomination")),
        sa.UniqueConstraint("nominee_id", "by_id", name=op.f("uq_challenge_nomination_nominee_id_by_id")),
    )
    op.create_index("ix_challenge_nomination_by_id", "challenge_nomination", ["by_id"])
    op.create_table(
        "challenge_recusal",
        sa.Column("juror_id", sa.Uuid(), nullable=False),
        sa.Column("nominee_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            choice("reason", "client", "coaching", "peer_group", "business", "personal", "other"),
            nullable=False,
        ),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("by_bureau", sa.Boolean(), nullable=False),
        sa.Column("declared_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["juror_id"], ["challenge_juror.id"], name=op.f("fk_challenge_recusal_juror_id_challenge_juror")
        ),
        sa.ForeignKeyConstraint(
            ["nominee_id"], ["challenge_nominee.id"], name=op.f("fk_challenge_recusal_nominee_id_challenge_nominee")
        ),
        sa.PrimaryKeyConstraint("juror_id", "nominee_id", name=op.f("pk_challenge_recusal")),
    )
    op.create_table(
        "challenge_score",
        sa.Column("juror_id", sa.Uuid(), nullable=False),
        sa.Column("nominee_id", sa.Uuid(), nullable=False),
        sa.Column("criterion_id", sa.Uuid(), nullable=False),
        sa.Column("halves", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.CheckConstraint("halves BETWEEN 0 AND 20", name=op.f("ck_challenge_score_halves")),
        sa.ForeignKeyConstraint(
            ["criterion_id"],
            ["challenge_criterion.id"],
            name=op.f("fk_challenge_score_criterion_id_challenge_criterion"),
        ),
        sa.ForeignKeyConstraint(
            ["juror_id"], ["challenge_juror.id"], name=op.f("fk_challenge_score_juror_id_challenge_juror")
        ),
        sa.ForeignKeyConstraint(
            ["nominee_id"], ["challenge_nominee.id"], name=op.f("fk_challenge_score_nominee_id_challenge_nominee")
        ),
        sa.PrimaryKeyConstraint("juror_id", "nominee_id", "criterion_id", name=op.f("pk_challenge_score")),
    )
    dialect = op.get_bind().dialect.name
    for table in GROWING:
        for statement in append_only_ddl(table, dialect):
            op.execute(statement)
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
    for table in GROWING:
        for statement in drop_append_only_ddl(table, dialect):
            op.execute(statement)
    op.drop_table("challenge_score")
    op.drop_table("challenge_recusal")
    op.drop_table("challenge_nomination")
    op.drop_table("challenge_round")
    op.drop_table("challenge_nominee")
    op.drop_table("challenge_juror")
    op.drop_table("challenge_criterion")
    op.drop_table("challenge_board")
    op.drop_table("challenge_edition")

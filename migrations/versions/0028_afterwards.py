"""What people thought of a gathering, counted without names (G8), and what follows from seats that stay empty (G7)."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
QUESTIONS = [
    ("5d0c2a86-9f7e-4c55-9f0f-6a1b7a3c1d01", "mark", "De inhoud", "The content"),
    ("5d0c2a86-9f7e-4c55-9f0f-6a1b7a3c1d02", "mark", "De spreker", "The speaker"),
    ("5d0c2a86-9f7e-4c55-9f0f-6a1b7a3c1d03", "mark", "Bruikbaar in uw eigen praktijk", "Of use in your own practice"),
    ("5d0c2a86-9f7e-4c55-9f0f-6a1b7a3c1d04", "mark", "De organisatie", "The organisation"),
    (
        "5d0c2a86-9f7e-4c55-9f0f-6a1b7a3c1d05",
        "recommend",
        "Zou u deze bijeenkomst aan een collega aanraden?",
        "Would you recommend this gathering to a colleague?",
    ),
]


def choice(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade():
    questions = op.create_table(
        "feedback_question",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("scale", choice("scale", "mark", "recommend"), nullable=False),
        sa.Column("text_nl", sa.String(160), nullable=False),
        sa.Column("text_en", sa.String(160), nullable=False),
        sa.Column("asked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_question")),
    )
    op.bulk_insert(
        questions,
        [
            {"id": UUID(id), "position": position, "scale": scale, "text_nl": nl, "text_en": en, "asked": True}
            for position, (id, scale, nl, en) in enumerate(QUESTIONS, start=1)
        ],
    )
    op.create_table(
        "feedback_round",
        sa.Column("gathering_id", sa.Uuid(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.CheckConstraint("answers >= 0", name=op.f("ck_feedback_round_answers")),
        sa.ForeignKeyConstraint(
            ["gathering_id"], ["gathering.id"], name=op.f("fk_feedback_round_gathering_id_gathering")
        ),
        sa.PrimaryKeyConstraint("gathering_id", name=op.f("pk_feedback_round")),
    )
    op.create_table(
        "feedback_roll",
        sa.Column("gathering_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["gathering_id"], ["gathering.id"], name=op.f("fk_feedback_roll_gathering_id_gathering")
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_feedback_roll_account_id_account")),
        sa.PrimaryKeyConstraint("gathering_id", "account_id", name=op.f("pk_feedback_roll")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feedback_tally",
        sa.Column("gathering_id", sa.Uuid(), nullable=False),
        sa.Column("question_id", sa.Uuid(), nullable=False),
        sa.Column("value", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.CheckConstraint("votes >= 0", name=op.f("ck_feedback_tally_votes")),
        sa.ForeignKeyConstraint(
            ["gathering_id"], ["gathering.id"], name=op.f("fk_feedback_tally_gathering_id_gathering")
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["feedback_question.id"], name=op.f("fk_feedback_tally_question_id_feedback_question")
        ),
        sa.PrimaryKeyConstraint("gathering_id", "question_id", "value", name=op.f("pk_feedback_tally")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "feedback_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gathering_id", sa.Uuid(), nullable=False),
        sa.Column("part", choice("part", "helped", "better"), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("hidden_why", sa.String(400), nullable=False),
        sa.ForeignKeyConstraint(
            ["gathering_id"], ["gathering.id"], name=op.f("fk_feedback_comment_gathering_id_gathering")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_comment")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_feedback_comment_gathering_id", "feedback_comment", ["gathering_id"])
    _create_absences()


def _create_absences():
    op.create_table(
        "absence_policy",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("consequence", choice("consequence", "nothing", "note", "later"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("days_before", sa.Integer(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_absence_policy_one")),
        sa.CheckConstraint("times BETWEEN 1 AND 20", name=op.f("ck_absence_policy_times")),
        sa.CheckConstraint("months BETWEEN 1 AND 36", name=op.f("ck_absence_policy_months")),
        sa.CheckConstraint("days_before BETWEEN 1 AND 30", name=op.f("ck_absence_policy_days_before")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence_policy")),
    )
    op.create_table(
        "absence_excuse",
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(400), nullable=False),
        sa.Column("excused_by_id", sa.Uuid(), nullable=False),
        sa.Column("excused_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_absence_excuse_booking_id_booking")),
        sa.ForeignKeyConstraint(
            ["excused_by_id"], ["account.id"], name=op.f("fk_absence_excuse_excused_by_id_account")
        ),
        sa.PrimaryKeyConstraint("booking_id", name=op.f("pk_absence_excuse")),
    )


def downgrade():
    op.drop_table("absence_excuse")
    op.drop_table("absence_policy")
    op.drop_table("feedback_comment")
    op.drop_table("feedback_tally")
    op.drop_table("feedback_roll")
    op.drop_table("feedback_round")
    op.drop_table("feedback_question")

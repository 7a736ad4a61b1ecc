"""Permanent education: activities, schemes with their rules, registrations and certificates (G8, L6)."""

import sqlalchemy as sa
from alembic import op

import app.core.db
from app.core.ddl import Guard, changes, drop_guard_ddl, guard_ddl

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

MOMENT = app.core.db.UtcDateTime(timezone=True)
KINDS = ("session", "peer_review", "coaching", "shadowing", "course", "teaching")
FACTS = changes(("code", "entry_id", "account_id", "locale", "facts", "issued_at"))
PRINT = changes(("certificate_id", "sha256", "content"))
GUARDS = {
    "attendance_certificate": Guard("fixed", "UPDATE", FACTS, "what a certificate says is never changed"),
    "certificate_paper": Guard("fixed", "UPDATE", PRINT, "what was printed is never changed"),
}


def choice(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def unique_where(name, table, columns, condition):
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def upgrade():
    op.create_table(
        "pe_scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name_nl", sa.String(120), nullable=False),
        sa.Column("name_en", sa.String(120), nullable=False),
        sa.Column("body", sa.String(120), nullable=False),
        sa.Column("website", sa.String(2000), nullable=False),
        sa.Column("on_offer", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pe_scheme")),
    )
    op.create_table(
        "pe_rules",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("least_tenths", sa.Integer(), nullable=False),
        sa.Column("carry_tenths", sa.Integer(), nullable=False),
        sa.Column("basis", choice("basis", "given", "time"), nullable=False),
        sa.Column("tenths_per_hour", sa.Integer(), nullable=False),
        sa.Column("least_percent", sa.Integer(), nullable=False),
        sa.Column("least_minutes", sa.Integer(), nullable=False),
        sa.Column("step_tenths", sa.Integer(), nullable=False),
        sa.Column("rounding", choice("rounding", "down", "nearest"), nullable=False),
        sa.Column("kinds", app.core.db.Json, nullable=False),
        sa.Column("own_tenths", sa.Integer(), nullable=True),
        sa.CheckConstraint("months BETWEEN 1 AND 120", name=op.f("ck_pe_rules_months")),
        sa.CheckConstraint(
            "least_tenths >= 0 AND carry_tenths >= 0 AND tenths_per_hour >= 0", name=op.f("ck_pe_rules_tenths")
        ),
        sa.CheckConstraint(
            "least_percent BETWEEN 0 AND 100 AND least_minutes >= 0", name=op.f("ck_pe_rules_presence")
        ),
        sa.CheckConstraint("step_tenths IN (1, 5, 10)", name=op.f("ck_pe_rules_step")),
        sa.CheckConstraint("own_tenths >= 0", name=op.f("ck_pe_rules_own")),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["pe_scheme.id"], name=op.f("fk_pe_rules_scheme_id_pe_scheme"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pe_rules")),
        sa.UniqueConstraint("scheme_id", "valid_from", name=op.f("uq_pe_rules_scheme_id_valid_from")),
    )
    unique_where("uq_pe_rules_circle", "pe_rules", ["valid_from"], "scheme_id IS NULL")
    op.create_table(
        "pe_registration",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("number", sa.String(40), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("ended_on >= starts_on", name=op.f("ck_pe_registration_ended_on")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_pe_registration_account_id_account")),
        sa.ForeignKeyConstraint(["scheme_id"], ["pe_scheme.id"], name=op.f("fk_pe_registration_scheme_id_pe_scheme")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pe_registration")),
    )
    op.create_index("ix_pe_registration_account_id", "pe_registration", ["account_id"])
    unique_where("uq_pe_registration_open", "pe_registration", ["account_id", "scheme_id"], "ended_on IS NULL")
    op.create_table(
        "pe_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("gathering_id", sa.Uuid(), nullable=True),
        sa.Column("state", choice("state", "counts", "removed", "withdrawn"), nullable=False),
        sa.Column("kind", choice("kind", *KINDS), nullable=False),
        sa.Column("title", sa.String(160), nullable=False),
        sa.Column("organiser", sa.String(120), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("whole_minutes", sa.Integer(), nullable=False),
        sa.Column("tenths", sa.Integer(), nullable=True),
        sa.Column("proof", sa.String(60), nullable=False),
        sa.Column("proof_name", sa.String(120), nullable=False),
        sa.Column("proof_type", sa.String(80), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.CheckConstraint("minutes >= 0 AND minutes <= whole_minutes", name=op.f("ck_pe_entry_minutes")),
        sa.CheckConstraint("tenths >= 0", name=op.f("ck_pe_entry_tenths")),
        sa.CheckConstraint("(state = 'counts') = (removed_at IS NULL)", name=op.f("ck_pe_entry_removed_at")),
        sa.CheckConstraint("gathering_id IS NULL OR proof = ''", name=op.f("ck_pe_entry_proof_of_own")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_pe_entry_account_id_account")),
        sa.ForeignKeyConstraint(["gathering_id"], ["gathering.id"], name=op.f("fk_pe_entry_gathering_id_gathering")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pe_entry")),
        sa.UniqueConstraint("account_id", "gathering_id", name=op.f("uq_pe_entry_account_id_gathering_id")),
    )
    op.create_index("ix_pe_entry_account_id_done_on_id", "pe_entry", ["account_id", "done_on", "id"])
    op.create_index("ix_pe_entry_gathering_id", "pe_entry", ["gathering_id"])
    _create_certificates()
    op.create_table(
        "certificate_choice",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("shows_name", sa.Boolean(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_certificate_choice_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_certificate_choice")),
    )


def _create_certificates():
    dialect = op.get_bind().dialect.name
    op.create_table(
        "attendance_certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(12), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("locale", sa.String(2), nullable=False),
        sa.Column("facts", app.core.db.Json, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_why", sa.String(400), nullable=False),
        sa.Column("replaced_by_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "withdrawn_at IS NOT NULL OR withdrawn_why = ''", name=op.f("ck_attendance_certificate_why")
        ),
        sa.CheckConstraint(
            "replaced_by_id IS NULL OR withdrawn_at IS NOT NULL", name=op.f("ck_attendance_certificate_replaced")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_attendance_certificate_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["pe_entry.id"], name=op.f("fk_attendance_certificate_entry_id_pe_entry")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"],
            ["attendance_certificate.id"],
            name=op.f("fk_attendance_certificate_replaced_by_id_attendance_certificate"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendance_certificate")),
        sa.UniqueConstraint("code", name=op.f("uq_attendance_certificate_code")),
    )
    op.create_index("ix_attendance_certificate_account_id", "attendance_certificate", ["account_id"])
    op.create_index("ix_attendance_certificate_issued_at_id", "attendance_certificate", ["issued_at", "id"])
    unique_where("uq_attendance_certificate_stands", "attendance_certificate", ["entry_id"], "withdrawn_at IS NULL")
    op.create_table(
        "certificate_paper",
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["attendance_certificate.id"],
            name=op.f("fk_certificate_paper_certificate_id_attendance_certificate"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificate_paper")),
    )
    for table, guard in GUARDS.items():
        for statement in guard_ddl(table, guard, dialect):
            op.execute(statement)


def downgrade():
    dialect = op.get_bind().dialect.name
    for table, guard in GUARDS.items():
        for statement in drop_guard_ddl(table, guard, dialect):
            op.execute(statement)
    op.drop_table("certificate_choice")
    op.drop_table("certificate_paper")
    op.drop_table("attendance_certificate")
    op.drop_table("pe_entry")
    op.drop_table("pe_registration")
    op.drop_table("pe_rules")
    op.drop_table("pe_scheme")

"""Plans, applications, memberships and the terms people choose from."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        "consent_text",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "privacy",
                "code_of_conduct",
                "reference_check",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text_nl", sa.Text(), nullable=False),
        sa.Column("text_en", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_text")),
        sa.UniqueConstraint("kind", "version", name=op.f("uq_consent_text_kind_version")),
    )
    op.create_table(
        "plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name_nl", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("on_offer", sa.Boolean(), nullable=False),
        sa.Column("payment_days", sa.Integer(), nullable=False),
        sa.Column("grace_days", sa.Integer(), nullable=False),
        sa.Column("lapse_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("0 <= grace_days AND grace_days <= lapse_days", name=op.f("ck_plan_grace_before_lapse")),
        sa.CheckConstraint("payment_days > 0", name=op.f("ck_plan_payment_days_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
        sa.UniqueConstraint("slug", name=op.f("uq_plan_slug")),
    )
    op.create_table(
        "term",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "discipline",
                "sector",
                "hard_competence",
                "soft_competence",
                "language",
                "region",
                "register",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("slug", sa.String(length=60), nullable=False),
        sa.Column("name_nl", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("hint_nl", sa.String(length=200), nullable=False),
        sa.Column("hint_en", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term")),
        sa.UniqueConstraint("kind", "slug", name=op.f("uq_term_kind_slug")),
    )
    with op.batch_alter_table("term", schema=None) as batch_op:
        batch_op.create_index("ix_term_kind_position", ["kind", "position"], unique=False)

    op.create_table(
        "company",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kvk", sa.String(length=8), nullable=False),
        sa.Column("vat_id", sa.String(length=20), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("postcode", sa.String(length=10), nullable=False),
        sa.Column("city", sa.String(length=120), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_company_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
    )
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.create_index("ix_company_account", ["account_id", "created_at"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("text_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("given_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_consent_account_id_account")),
        sa.ForeignKeyConstraint(["text_id"], ["consent_text.id"], name=op.f("fk_consent_text_id_consent_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("account_id", "text_id", name=op.f("uq_consent_account_id_text_id")),
    )
    op.create_table(
        "plan_entitlement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column(
            "benefit",
            sa.Enum(
                "sessions",
                "coaching_hours",
                "intervision",
                "guests",
                name="benefit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("quota", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("quota > 0", name=op.f("ck_plan_entitlement_quota_positive")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_entitlement_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_entitlement")),
        sa.UniqueConstraint("plan_id", "benefit", name=op.f("uq_plan_entitlement_plan_id_benefit")),
    )
    op.create_table(
        "plan_price",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("net_cents", sa.Integer(), nullable=False),
        sa.Column("vat_code", sa.String(length=20), nullable=False),
        sa.CheckConstraint("net_cents >= 0", name=op.f("ck_plan_price_not_negative")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_plan_price_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_price")),
        sa.UniqueConstraint("plan_id", "valid_from", name=op.f("uq_plan_price_plan_id_valid_from")),
    )
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "in_review",
                "accepted",
                "declined",
                "withdrawn",
                "active",
                "expired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("started_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("review_started_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("pay_before", sa.Date(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("linkedin_url", sa.String(length=300), nullable=False),
        sa.Column("experience_years", sa.Integer(), nullable=True),
        sa.Column("categories", app.core.db.Json, nullable=False),
        sa.Column("motivation", sa.Text(), nullable=False),
        sa.Column("intake_report", sa.Text(), nullable=False),
        sa.Column("intake_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("intake_by_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_application_account_id_account")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_application_company_id_company")),
        sa.ForeignKeyConstraint(["decided_by_id"], ["account.id"], name=op.f("fk_application_decided_by_id_account")),
        sa.ForeignKeyConstraint(["intake_by_id"], ["account.id"], name=op.f("fk_application_intake_by_id_account")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_application_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application")),
    )
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.create_index("ix_application_account_started", ["account_id", "started_at"], unique=False)
        batch_op.create_index("ix_application_state_submitted", ["state", "submitted_at", "id"], unique=False)
        batch_op.create_index(
            "uq_application_open",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('draft', 'submitted', 'in_review', 'accepted')"),
            postgresql_where=sa.text("state IN ('draft', 'submitted', 'in_review', 'accepted')"),
        )

    op.create_table(
        "application_cv",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("stored_name", sa.String(length=80), nullable=False),
        sa.Column("shown_name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_application_cv_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_application_cv")),
        sa.UniqueConstraint("stored_name", name=op.f("uq_application_cv_stored_name")),
    )
    op.create_table(
        "application_reference",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_application_reference_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_reference")),
        sa.UniqueConstraint(
            "application_id", "position", name=op.f("uq_application_reference_application_id_position")
        ),
    )
    op.create_table(
        "application_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column(
            "name",
            sa.Enum(
                "person",
                "company",
                "experience",
                "expertise",
                "strengths",
                "references",
                "motivation",
                name="name",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("answers", app.core.db.Json, nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_application_step_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_step")),
        sa.UniqueConstraint("application_id", "name", name=op.f("uq_application_step_application_id_name")),
    )
    op.create_table(
        "application_term",
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("term_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=True),
        sa.CheckConstraint("level BETWEEN 0 AND 4", name=op.f("ck_application_term_level")),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["application.id"],
            name=op.f("fk_application_term_application_id_application"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["term_id"], ["term.id"], name=op.f("fk_application_term_term_id_term")),
        sa.PrimaryKeyConstraint("application_id", "term_id", name=op.f("pk_application_term")),
    )
    op.create_table(
        "membership",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.Uuid(), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id_account")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["application.id"], name=op.f("fk_membership_application_id_application")
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_membership_company_id_company")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_membership_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("application_id", name=op.f("uq_membership_application_id")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index("ix_membership_account", ["account_id"], unique=False)
        batch_op.create_index(
            "uq_membership_running",
            ["account_id"],
            unique=True,
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )

    op.create_table(
        "membership_period",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("membership_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("grace_until", sa.Date(), nullable=True),
        sa.Column("lapses_after", sa.Date(), nullable=True),
        sa.Column("activated_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paid_bill_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(activated_at IS NULL AND starts_on IS NULL AND ends_on IS NULL AND grace_until IS NULL AND lapses_after IS NULL) OR (activated_at IS NOT NULL AND starts_on <= ends_on AND ends_on <= grace_until AND grace_until <= lapses_after)",
            name=op.f("ck_membership_period_dated_by_activation"),
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_membership_period_membership_id_membership")
        ),
        sa.ForeignKeyConstraint(["paid_bill_id"], ["bill.id"], name=op.f("fk_membership_period_paid_bill_id_bill")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_membership_period_plan_id_plan")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_period")),
        sa.UniqueConstraint("membership_id", "sequence", name=op.f("uq_membership_period_membership_id_sequence")),
        sa.UniqueConstraint("paid_bill_id", name=op.f("uq_membership_period_paid_bill_id")),
    )
    with op.batch_alter_table("membership_period", schema=None) as batch_op:
        batch_op.create_index("ix_membership_period_ends", ["ends_on"], unique=False)
        batch_op.create_index("ix_membership_period_membership_starts", ["membership_id", "starts_on"], unique=False)


def downgrade():
    with op.batch_alter_table("membership_period", schema=None) as batch_op:
        batch_op.drop_index("ix_membership_period_membership_starts")
        batch_op.drop_index("ix_membership_period_ends")

    op.drop_table("membership_period")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_membership_running",
            sqlite_where=sa.text("ends_on IS NULL"),
            postgresql_where=sa.text("ends_on IS NULL"),
        )
        batch_op.drop_index("ix_membership_account")

    op.drop_table("membership")
    op.drop_table("application_term")
    op.drop_table("application_step")
    op.drop_table("application_reference")
    op.drop_table("application_cv")
    with op.batch_alter_table("application", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_application_open",
            sqlite_where=sa.text("state IN ('draft', 'submitted', 'in_review', 'accepted')"),
            postgresql_where=sa.text("state IN ('draft', 'submitted', 'in_review', 'accepted')"),
        )
        batch_op.drop_index("ix_application_state_submitted")
        batch_op.drop_index("ix_application_account_started")

    op.drop_table("application")
    op.drop_table("plan_price")
    op.drop_table("plan_entitlement")
    op.drop_table("consent")
    with op.batch_alter_table("company", schema=None) as batch_op:
        batch_op.drop_index("ix_company_account")

    op.drop_table("company")
    with op.batch_alter_table("term", schema=None) as batch_op:
        batch_op.drop_index("ix_term_kind_position")

    op.drop_table("term")
    op.drop_table("plan")
    op.drop_table("consent_text")

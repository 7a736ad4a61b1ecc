"""Plans whole: policy of the year, notice ladder, discounts and sponsored places (M5, P10)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# A column brings its CHECK along: SQLite takes no other, short of making anew a table that others point at.
COLUMNS = (
    (
        "revival_days",
        "INTEGER DEFAULT 120 NOT NULL CONSTRAINT ck_plan_revival_days_not_negative CHECK (revival_days >= 0)",
    ),
    (
        "policy",
        "VARCHAR(40) DEFAULT 'rolling' NOT NULL CONSTRAINT ck_plan_policy CHECK (policy IN ('rolling', 'calendar'))",
    ),
    (
        "year_start_month",
        "INTEGER DEFAULT 1 NOT NULL CONSTRAINT ck_plan_year_starts_in_a_month CHECK (year_start_month BETWEEN 1 AND 12)",
    ),
    ("pro_rata", "{json} DEFAULT '[10000,9167,8333,7500,6667,5833,5000,4167,3333,2500,1667,833]' NOT NULL"),
    (
        "bill_days_before",
        "INTEGER DEFAULT 30 NOT NULL CONSTRAINT ck_plan_bill_days_not_negative CHECK (bill_days_before >= 0)",
    ),
    (
        "due_days_after",
        "INTEGER DEFAULT 14 NOT NULL CONSTRAINT ck_plan_due_days_not_negative CHECK (due_days_after >= 0)",
    ),
    ("notice_ladder", "{json} DEFAULT '[-30,-7,7,21]' NOT NULL"),
    ("notice_month", "INTEGER CONSTRAINT ck_plan_notice_in_a_month CHECK (notice_month BETWEEN 1 AND 12)"),
    (
        "notice_day",
        "INTEGER CONSTRAINT ck_plan_notice_date CHECK"
        " ((notice_month IS NULL) = (notice_day IS NULL) AND (notice_day IS NULL OR notice_day BETWEEN 1 AND 31))",
    ),
)


def upgrade():
    json = "JSON" if op.get_bind().dialect.name == "sqlite" else "JSONB"
    for name, kind in COLUMNS:
        op.execute(f"ALTER TABLE plan ADD COLUMN {name} {kind.format(json=json)}")
    op.add_column("membership_period", sa.Column("benefits", app.core.db.Json, nullable=True))
    create_discounts()


def create_discounts():
    op.create_table(
        "discount_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=True),
        sa.Column("amount_cents", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=True),
        sa.Column("stopped_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(basis_points IS NULL) <> (amount_cents IS NULL)", name=op.f("ck_discount_code_share_or_amount")
        ),
        sa.CheckConstraint("basis_points BETWEEN 1 AND 10000", name=op.f("ck_discount_code_share_of_the_whole")),
        sa.CheckConstraint("amount_cents > 0", name=op.f("ck_discount_code_amount_positive")),
        sa.CheckConstraint(
            "valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_discount_code_ends_after_it_begins")
        ),
        sa.CheckConstraint(
            "taken >= 0 AND (most IS NULL OR taken <= most)", name=op.f("ck_discount_code_taken_within_bounds")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_discount_code_plan_id_plan")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_discount_code_created_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discount_code")),
        sa.UniqueConstraint("code", name=op.f("uq_discount_code_code")),
    )
    op.create_index("ix_discount_code_created", "discount_code", ["created_at", "id"])
    op.create_table(
        "sponsorship",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "payer",
            sa.Enum("sponsor", "bureau", name="payer", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("company_id", sa.Uuid(), nullable=True),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_by_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("places > 0", name=op.f("ck_sponsorship_places_positive")),
        sa.CheckConstraint("taken >= 0 AND taken <= places", name=op.f("ck_sponsorship_taken_within_places")),
        sa.CheckConstraint("payer <> 'bureau' OR reason <> ''", name=op.f("ck_sponsorship_gift_has_reason")),
        sa.ForeignKeyConstraint(["contact_id"], ["account.id"], name=op.f("fk_sponsorship_contact_id_account")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_sponsorship_company_id_company")),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.id"], name=op.f("fk_sponsorship_plan_id_plan")),
        sa.ForeignKeyConstraint(["created_by_id"], ["account.id"], name=op.f("fk_sponsorship_created_by_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsorship")),
        sa.UniqueConstraint("code", name=op.f("uq_sponsorship_code")),
    )
    op.create_index("ix_sponsorship_created", "sponsorship", ["created_at", "id"])
    op.create_table(
        "discount_use",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code_id", sa.Uuid(), nullable=True),
        sa.Column("sponsorship_id", sa.Uuid(), nullable=True),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.Integer(), nullable=False),
        sa.Column("used_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(code_id IS NULL) <> (sponsorship_id IS NULL)", name=op.f("ck_discount_use_code_or_place")),
        sa.ForeignKeyConstraint(["code_id"], ["discount_code.id"], name=op.f("fk_discount_use_code_id_discount_code")),
        sa.ForeignKeyConstraint(
            ["sponsorship_id"], ["sponsorship.id"], name=op.f("fk_discount_use_sponsorship_id_sponsorship")
        ),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_discount_use_bill_id_bill")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_discount_use_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_discount_use")),
        sa.UniqueConstraint("bill_id", name=op.f("uq_discount_use_bill_id")),
        sa.UniqueConstraint("code_id", "account_id", name=op.f("uq_discount_use_code_id_account_id")),
        sa.UniqueConstraint("sponsorship_id", "account_id", name=op.f("uq_discount_use_sponsorship_id_account_id")),
    )


def downgrade():
    op.drop_table("discount_use")
    op.drop_index("ix_sponsorship_created", "sponsorship")
    op.drop_table("sponsorship")
    op.drop_index("ix_discount_code_created", "discount_code")
    op.drop_table("discount_code")
    op.drop_column("membership_period", "benefits")
    for name, _kind in reversed(COLUMNS):
        op.drop_column("plan", name)

"""Bank statements, their lines, and dunning (P7, P9)."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

LEVELS = [
    {
        "level": 1,
        "days_after": 7,
        "is_active": True,
        "texts": {
            "nl": {
                "subject": "Herinnering: factuur {number}",
                "body": "Misschien is het u ontgaan: factuur {number} voor {what} had op {due_on} betaald moeten zijn. "
                "Er staat nog {amount} open.\n\nHebt u intussen betaald, dan hebben onze berichten elkaar gekruist en "
                "hoeft u niets te doen.",
            },
            "en": {
                "subject": "Reminder: invoice {number}",
                "body": "It may have escaped you: invoice {number} for {what} was due on {due_on}. {amount} is still "
                "open.\n\nIf you have paid in the meantime, our messages have crossed and you need not do anything.",
            },
        },
    },
    {
        "level": 2,
        "days_after": 21,
        "is_active": True,
        "texts": {
            "nl": {
                "subject": "Tweede herinnering: factuur {number}",
                "body": "Factuur {number} voor {what} had op {due_on} betaald moeten zijn. Dat is nu {days} dagen "
                "geleden, en er staat nog {amount} open.\n\nWilt u dit bedrag binnen zeven dagen betalen? Klopt de "
                "factuur niet, of komt het u nu niet uit, laat het ons dan weten. Dan zoeken we samen een oplossing.",
            },
            "en": {
                "subject": "Second reminder: invoice {number}",
                "body": "Invoice {number} for {what} was due on {due_on}. That is {days} days ago, and {amount} is "
                "still open.\n\nPlease pay this amount within seven days. If the invoice is not right, or paying it "
                "now is difficult, please tell us, and we will find a way together.",
            },
        },
    },
    {
        "level": 3,
        "days_after": 35,
        "is_active": True,
        "texts": {
            "nl": {
                "subject": "Laatste herinnering: factuur {number}",
                "body": "Factuur {number} voor {what} is ondanks onze herinneringen nog niet betaald. Er staat {amount} "
                "open, {days} dagen na de uiterste betaaldatum van {due_on}.\n\nWilt u het bedrag nu betalen? Horen wij "
                "binnen zeven dagen niets van u, dan belt het bureau u.",
            },
            "en": {
                "subject": "Last reminder: invoice {number}",
                "body": "Despite our reminders, invoice {number} for {what} has not been paid. {amount} is open, {days} "
                "days after it was due on {due_on}.\n\nPlease pay this amount now. If we hear nothing within seven "
                "days, somebody of the bureau will call you.",
            },
        },
    },
]


def upgrade():
    op.create_table(
        "bank_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_as", sa.String(length=60), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "reading",
                "done",
                "refused",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("lines_total", sa.Integer(), nullable=False),
        sa.Column("lines_done", sa.Integer(), nullable=False),
        sa.Column("lines_new", sa.Integer(), nullable=False),
        sa.Column("refused_line", sa.Integer(), nullable=True),
        sa.Column("refused_part", sa.String(length=150), nullable=False),
        sa.Column("refused_why", sa.String(length=60), nullable=False),
        sa.Column("refused_detail", sa.String(length=200), nullable=False),
        sa.Column("uploaded_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["uploaded_by"], ["account.id"], name=op.f("fk_bank_file_uploaded_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_bank_file_sha256")),
    )
    with op.batch_alter_table("bank_file", schema=None) as batch_op:
        batch_op.create_index("ix_bank_file_created_at", ["created_at", "id"], unique=False)

    levels = op.create_table(
        "dunning_level",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("days_after", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("texts", app.core.db.Json, nullable=False),
        sa.Column("changed_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("changed_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("days_after > 0", name=op.f("ck_dunning_level_after_due")),
        sa.ForeignKeyConstraint(["changed_by"], ["account.id"], name=op.f("fk_dunning_level_changed_by_account")),
        sa.PrimaryKeyConstraint("level", name=op.f("pk_dunning_level")),
        sa.UniqueConstraint("days_after", name=op.f("uq_dunning_level_days_after")),
        info={"with_schema": True},
    )
    op.bulk_insert(levels, LEVELS)
    op.create_table(
        "bank_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("opening_cents", sa.BigInteger(), nullable=True),
        sa.Column("closing_cents", sa.BigInteger(), nullable=True),
        sa.Column("closes_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["bank_file.id"], name=op.f("fk_bank_statement_file_id_bank_file")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_statement")),
        sa.UniqueConstraint("file_id", "position", name=op.f("uq_bank_statement_file_id_position")),
    )
    with op.batch_alter_table("bank_statement", schema=None) as batch_op:
        batch_op.create_index("ix_bank_statement_account", ["account", "closes_on"], unique=False)

    op.create_table(
        "dunning_hold",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("held_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("held_by", sa.Uuid(), nullable=False),
        sa.Column("released_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_dunning_hold_bill_id_bill")),
        sa.ForeignKeyConstraint(["held_by"], ["account.id"], name=op.f("fk_dunning_hold_held_by_account")),
        sa.ForeignKeyConstraint(["released_by"], ["account.id"], name=op.f("fk_dunning_hold_released_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dunning_hold")),
    )
    with op.batch_alter_table("dunning_hold", schema=None) as batch_op:
        batch_op.create_index(
            "uq_dunning_hold_stands",
            ["bill_id"],
            unique=True,
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("due_cents", sa.Integer(), nullable=False),
        sa.Column("sent_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_reminder_bill_id_bill")),
        sa.ForeignKeyConstraint(["level"], ["dunning_level.level"], name=op.f("fk_reminder_level_dunning_level")),
        sa.ForeignKeyConstraint(["sent_by"], ["account.id"], name=op.f("fk_reminder_sent_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("bill_id", "level", name=op.f("uq_reminder_bill_id_level")),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index("ix_reminder_sent_at", ["sent_at"], unique=False)

    op.create_table(
        "bank_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=34), nullable=False),
        sa.Column("booked_on", sa.Date(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("original_amount", sa.String(length=40), nullable=False),
        sa.Column("is_reversal", sa.Boolean(), nullable=False),
        sa.Column("is_batch", sa.Boolean(), nullable=False),
        sa.Column("bank_reference", sa.String(length=140), nullable=False),
        sa.Column("end_to_end", sa.String(length=140), nullable=False),
        sa.Column("counter_iban", sa.String(length=34), nullable=False),
        sa.Column("counter_name", sa.String(length=140), nullable=False),
        sa.Column("remittance", sa.Text(), nullable=False),
        sa.Column("structured_reference", sa.String(length=60), nullable=False),
        sa.Column("file_line", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "booked", "set_aside", name="state", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("remark", sa.String(length=300), nullable=False),
        sa.Column("decided_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_bank_line_moved")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_bank_line_decided_by_account")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["bank_statement.id"], name=op.f("fk_bank_line_statement_id_bank_statement")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_line")),
        sa.UniqueConstraint("identity", name=op.f("uq_bank_line_identity")),
    )
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.create_index("ix_bank_line_booked_on", ["booked_on", "id"], unique=False)
        batch_op.create_index("ix_bank_line_counter_iban", ["counter_iban"], unique=False)
        batch_op.create_index("ix_bank_line_state", ["state", "booked_on", "id"], unique=False)
        batch_op.create_index("ix_bank_line_statement_id", ["statement_id"], unique=False)

    op.create_table(
        "bank_booking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("line_id", sa.Uuid(), nullable=False),
        sa.Column("bill_id", sa.Uuid(), nullable=False),
        sa.Column("amount_cents", sa.BigInteger(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("is_linked", sa.Boolean(), nullable=False),
        sa.Column("booked_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("booked_by", sa.Uuid(), nullable=True),
        sa.Column("undone_at", app.core.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("amount_cents <> 0", name=op.f("ck_bank_booking_moved")),
        sa.ForeignKeyConstraint(["bill_id"], ["bill.id"], name=op.f("fk_bank_booking_bill_id_bill")),
        sa.ForeignKeyConstraint(["booked_by"], ["account.id"], name=op.f("fk_bank_booking_booked_by_account")),
        sa.ForeignKeyConstraint(["line_id"], ["bank_line.id"], name=op.f("fk_bank_booking_line_id_bank_line")),
        sa.ForeignKeyConstraint(["undone_by"], ["account.id"], name=op.f("fk_bank_booking_undone_by_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_booking")),
    )
    with op.batch_alter_table("bank_booking", schema=None) as batch_op:
        batch_op.create_index("ix_bank_booking_bill_id", ["bill_id"], unique=False)
        batch_op.create_index(
            "uq_bank_booking_reference",
            ["reference"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )
        batch_op.create_index(
            "uq_bank_booking_stands",
            ["line_id", "bill_id"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )


def downgrade():
    with op.batch_alter_table("bank_booking", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_bank_booking_stands",
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )
        batch_op.drop_index(
            "uq_bank_booking_reference",
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )
        batch_op.drop_index("ix_bank_booking_bill_id")

    op.drop_table("bank_booking")
    with op.batch_alter_table("bank_line", schema=None) as batch_op:
        batch_op.drop_index("ix_bank_line_statement_id")
        batch_op.drop_index("ix_bank_line_state")
        batch_op.drop_index("ix_bank_line_counter_iban")
        batch_op.drop_index("ix_bank_line_booked_on")

    op.drop_table("bank_line")
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.drop_index("ix_reminder_sent_at")

    op.drop_table("reminder")
    with op.batch_alter_table("dunning_hold", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_dunning_hold_stands",
            sqlite_where=sa.text("released_at IS NULL"),
            postgresql_where=sa.text("released_at IS NULL"),
        )

    op.drop_table("dunning_hold")
    with op.batch_alter_table("bank_statement", schema=None) as batch_op:
        batch_op.drop_index("ix_bank_statement_account")

    op.drop_table("bank_statement")
    op.drop_table("dunning_level")
    with op.batch_alter_table("bank_file", schema=None) as batch_op:
        batch_op.drop_index("ix_bank_file_created_at")

    op.drop_table("bank_file")

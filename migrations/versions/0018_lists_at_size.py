"""Indexes for what the bureau asks of a hundred thousand members: lists, filters and the figures of its start page."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

WAITING = sa.text("state IN ('submitted', 'in_review', 'accepted')")
UNPAID = sa.text("state IN ('draft', 'issued', 'short')")
GIVEN_UP = sa.text("ends_on IS NOT NULL")
UNCOVERED = sa.text("uncovered_on IS NOT NULL")
NEW = (
    ("ix_application_submitted_at", "application", ["submitted_at", "id"], None),
    ("ix_application_waiting", "application", ["submitted_at", "id"], WAITING),
    ("ix_membership_given_up", "membership", ["ends_on"], GIVEN_UP),
    ("ix_membership_period_begun", "membership_period", ["starts_on", "sequence"], None),
    ("ix_membership_period_ended", "membership_period", ["ends_on", "uncovered_on", "sequence"], None),
    ("ix_membership_period_uncovered", "membership_period", ["uncovered_on"], UNCOVERED),
    ("ix_bill_unpaid", "bill", ["due_on", "id"], UNPAID),
    ("ix_ledger_entry_method", "ledger_entry", ["method", "bill_id"], None),
    (
        "ix_member_card_standing",
        "member_card",
        ["given_up_on", "starts_on", "ends_on", "grace_until", "lapses_after"],
        None,
    ),
)
REPLACED = (
    ("ix_membership_period_ends", "membership_period", ["ends_on"]),
    ("ix_member_card_given_up", "member_card", ["given_up_on"]),
)


def upgrade():
    for name, table, columns, where in NEW:
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    for name, table, _columns in REPLACED:
        op.drop_index(name, table_name=table)


def downgrade():
    for name, table, columns in REPLACED:
        op.create_index(name, table, columns)
    for name, table, _columns, _where in reversed(NEW):
        op.drop_index(name, table_name=table)

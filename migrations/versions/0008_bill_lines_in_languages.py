"""What a line of a bill is called in each language, for the pages; the invoice keeps its own words."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("bill_line", sa.Column("in_languages", app.core.db.Json, nullable=True))


def downgrade():
    op.drop_column("bill_line", "in_languages")

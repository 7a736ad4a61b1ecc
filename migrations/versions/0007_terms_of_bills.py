"""The supply period of a bill in words, while its days are not known."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("bill", sa.Column("term", sa.String(length=120), server_default="", nullable=False))


def downgrade():
    op.drop_column("bill", "term")

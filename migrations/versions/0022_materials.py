"""What goes with a gathering (G1): files and links, each for whom and from when."""

import sqlalchemy as sa
from alembic import op

import app.core.db

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def choice(name, *values):
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def upgrade():
    op.create_table(
        "material",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("gathering_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("audience", choice("audience", "public", "members", "booked", "attended", "speakers"), nullable=False),
        sa.Column("opens", choice("opens", "before", "afterwards"), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("stored_name", sa.String(length=48), nullable=False),
        sa.Column("shown_name", sa.String(length=200), nullable=False),
        sa.Column("mimetype", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("added_at", app.core.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(url = '') <> (stored_name = '')", name=op.f("ck_material_file_or_link")),
        sa.ForeignKeyConstraint(
            ["gathering_id"], ["gathering.id"], name=op.f("fk_material_gathering_id_gathering"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_material")),
    )
    op.create_index("ix_material_gathering_id", "material", ["gathering_id"], unique=False)


def downgrade():
    op.drop_table("material")

"""Which gathering a mail is about, so that the bureau finds all that was written about one; told of old mails too."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

AT_ONCE = 1000
MAIL = sa.table(
    "outbox_mail",
    sa.column("id", sa.Uuid()),
    sa.column("key", sa.String()),
    sa.column("template", sa.String()),
    sa.column("about_id", sa.Uuid()),
)
CAUSES = [
    sa.table(name, sa.column("id", sa.Uuid()), sa.column("gathering_id", sa.Uuid()))
    for name in ("booking", "waitlist_entry")
]


def upgrade():
    op.add_column("outbox_mail", sa.Column("about_id", sa.Uuid(), nullable=True))
    op.create_index("ix_outbox_mail_about_id", "outbox_mail", ["about_id"])
    connection = op.get_bind()
    mails = connection.execute(sa.select(MAIL.c.id, MAIL.c.key).where(MAIL.c.template.startswith("agenda/"))).all()
    for start in range(0, len(mails), AT_ONCE):
        _tell(connection, mails[start : start + AT_ONCE])


def _tell(connection, mails):
    """Tell by the key of a mail, which names the booking or the place in line that caused it."""
    caused = {mail.id: _named(mail.key) for mail in mails}
    gatherings = {}
    for cause in CAUSES:
        known = sa.select(cause.c.id, cause.c.gathering_id).where(cause.c.id.in_([one for one in caused.values() if one]))
        gatherings |= {row.id: row.gathering_id for row in connection.execute(known)}
    found = [{"mail": mail, "about": gatherings[one]} for mail, one in caused.items() if one in gatherings]
    if found:
        told = sa.update(MAIL).where(MAIL.c.id == sa.bindparam("mail", type_=sa.Uuid()))
        connection.execute(told.values(about_id=sa.bindparam("about", type_=sa.Uuid())), found)


def _named(key):
    try:
        return UUID(key.split(":")[1])
    except (IndexError, ValueError):
        return None


def downgrade():
    op.drop_index("ix_outbox_mail_about_id", table_name="outbox_mail")
    op.drop_column("outbox_mail", "about_id")

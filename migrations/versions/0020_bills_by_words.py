"""Bills are found by the beginnings of words: those that are there get the words of their number, buyer and reference."""

import sqlalchemy as sa
from alembic import op
from stdnum import iso11649

from app.core import search

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

AT_ONCE = 1_000
WORD = sa.table("search_word", sa.column("scope"), sa.column("word"), sa.column("subject_id", sa.Uuid()))
BILL = sa.table(
    "bill",
    sa.column("id", sa.Uuid()),
    sa.column("number"),
    sa.column("rf_reference"),
    sa.column("buyer", sa.JSON()),
)


def upgrade():
    connection, last = op.get_bind(), None
    while True:
        page = sa.select(BILL).order_by(BILL.c.id).limit(AT_ONCE)
        bills = connection.execute(page if last is None else page.where(BILL.c.id > last)).all()
        if not bills:
            return
        rows = [row for bill in bills for row in search.rows("bill", bill.id, *_texts(bill))]
        connection.execute(WORD.insert(), rows)
        last = bills[-1].id


def downgrade():
    op.execute("DELETE FROM search_word WHERE scope = 'bill'")


def _texts(bill):
    return bill.number or "", bill.buyer["name"], bill.rf_reference, iso11649.format(bill.rf_reference)

"""What happened to the people of the demo, so that every state of the product is there to be seen."""

from app.demo.stories import admission, agenda, ballot, bank, challenge, codes, jury, money, office, renewing

STORIES = (
    *renewing.STORIES,
    *admission.STORIES,
    *codes.STORIES,
    *money.STORIES,
    *bank.STORIES,
    *agenda.STORIES,
    *challenge.STORIES,
    *jury.STORIES,
    *ballot.STORIES,
    *office.STORIES,
)

"""What the bureau decides about seats that stay empty (G7)."""

from __future__ import annotations

from dataclasses import asdict

from app.agenda.absences.models import Consequence
from app.agenda.absences.queries import Policy
from app.core.forms import ChoiceField, Form, IntegerField, Option, PreviewedForm, TextField
from app.core.i18n import _l

LEAST_REASON = 5
CONSEQUENCES = {
    Consequence.NOTHING: (_l("Nothing"), _l("It is written down, and that is all.")),
    Consequence.NOTE: (_l("A personal note by mail"), _l("Once, asking whether something is the matter.")),
    Consequence.LATER: (
        _l("Booking only shortly before"),
        _l("With the same note. Whoever it concerns can book what is still free near the day; it ends by itself."),
    ),
}


class PolicyForm(PreviewedForm):
    """G7: what follows when seats stay empty too often."""

    consequence = ChoiceField(
        _l("What follows?"),
        told_as=_l("what follows"),
        options=[Option(one, label, hint) for one, (label, hint) in CONSEQUENCES.items()],
        style="radios",
    )
    times = IntegerField(_l("From how many empty seats"), minimum=1, maximum=20)
    months = IntegerField(_l("Within how long"), minimum=1, maximum=36, suffix=_l("months"), width="s")
    days_before = IntegerField(
        _l("Booking opens for them before the day"), minimum=1, maximum=30, suffix=_l("days"), width="s"
    )

    def policy(self) -> Policy:
        """Give what was filled in to the service."""
        return Policy(**{name: self[name].data for name in asdict(Policy())})


class ExcuseForm(Form):
    """Why an empty seat is not counted."""

    reason = TextField(
        _l("Reason"),
        hint=_l("The member reads it on the own record."),
        min_length=LEAST_REASON,
        max_length=400,
        autocomplete="off",
    )

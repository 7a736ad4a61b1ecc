"""What is asked: of a member who gives a seat back late, and of the bureau about a gathering."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from wtforms import FieldList, FormField

from app.accounts import queries as accounts
from app.agenda.models import Gathering, Wish
from app.agenda.services import GatheringDetails, SpeakerDetails
from app.agenda.shown import KINDS
from app.core import clock
from app.core.forms import (
    ChoiceField,
    ConsentField,
    DateField,
    DecimalField,
    EmailField,
    Form,
    IntegerField,
    MoneyField,
    Option,
    Part,
    TextAreaField,
    TextField,
    TimeField,
    UrlField,
)
from app.core.i18n import _, _l
from app.payments.forms import vat_options

MOST_SEATS = 5000
MOST_SPEAKERS = 6
MOST_GUESTS = 20
MOST_PE_POINTS = 40
USUAL_VAT = "high"
KIND_OPTIONS = tuple(Option(kind, label) for kind, label in KINDS.items())


WISHES = {
    Wish.AUTOMATIC: _l("Take me automatically, ask me in the last 48 hours"),
    Wish.ASK: _l("Always ask me first"),
}


class WishForm(Form):
    """G3: what is to happen when a seat comes free."""

    wish = ChoiceField(
        _l("When a seat comes free"), options=[Option(wish, label) for wish, label in WISHES.items()], style="radios"
    )


class SeatsForm(Form):
    """G3: another number of seats."""

    capacity = IntegerField(_l("Seats"), minimum=1, maximum=MOST_SEATS)

    def numbers(self) -> tuple[IntegerField, ...]:
        """Return the fields, the hall's first, as a gathering gives its seats."""
        return (self.capacity,)

    def mark(self) -> str:
        """Write what was asked, so that what is confirmed is what was shown."""
        return " ".join(str(field.data) for field in self.numbers())


class HybridSeatsForm(SeatsForm):
    """G1: another number of seats in the hall, online, or both."""

    capacity = IntegerField(_l("Seats in the hall"), minimum=1, maximum=MOST_SEATS)
    online_capacity = IntegerField(_l("Seats online"), minimum=1, maximum=MOST_SEATS)

    def numbers(self) -> tuple[IntegerField, ...]:
        return (self.capacity, self.online_capacity)


class LateCancelForm(Form):
    """G4: consent to giving a seat back after the deadline."""

    agreed = ConsentField(_l("I give back my seat, knowing that this counts as a late cancellation."))


class LateCancelPaidForm(LateCancelForm):
    """G4: the same for a seat that was paid."""

    agreed = ConsentField(
        _l("I give back my seat, knowing that I get no money back and that this counts as a late cancellation.")
    )


class CallOffForm(Form):
    """Why a gathering does not take place; members read it in the mail."""

    reason = TextAreaField(
        _l("Reason"), rows=3, max_length=400, hint=_l("Everybody who holds a seat reads this in the mail.")
    )


class SpeakerPart(Part):
    """Somebody who speaks; a row without a name is no speaker."""

    name = TextField(_l("Name"), required=False, max_length=120)
    headline = TextField(
        _l("Who is this"), required=False, max_length=160, hint=_l("Role and organisation, in a line.")
    )
    bio = TextAreaField(_l("About"), required=False, rows=3, max_length=1000)
    email = EmailField(
        _l("E-mail address of this person’s account"),
        required=False,
        hint=_l("With it, the speaker sees all materials and the online address. Without an account, leave it empty."),
    )
    account_id: UUID | None = None


class GatheringForm(Form):
    """G1: everything the bureau decides about a gathering. Times are on the clock of Amsterdam."""

    kind = ChoiceField(_l("Kind"), options=KIND_OPTIONS, style="select")
    title = TextField(_l("Title"), max_length=160, min_length=4)
    summary = TextAreaField(
        _l("In short"),
        rows=3,
        max_length=400,
        hint=_l("One or two sentences that tell why to come; shown in the agenda."),
    )
    programme = TextAreaField(
        _l("Programme"),
        required=False,
        rows=10,
        max_length=20_000,
        hint=_l("A blank line starts a paragraph, - a list, ### a heading, **…** makes bold."),
    )
    day = DateField(_l("Day"))
    starts = TimeField(_l("Begins at"))
    ends = TimeField(_l("Ends at"))
    venue = TextField(_l("Venue"), required=False, max_length=120, hint=_l("Leave empty when it is only online."))
    address = TextField(_l("Street and number"), required=False, max_length=160)
    city = TextField(_l("Town"), required=False, max_length=80)
    online_url = UrlField(
        _l("Online address"), required=False, hint=_l("Shown only to who takes part online."), autocomplete="off"
    )
    capacity = IntegerField(
        _l("Seats"), minimum=1, maximum=MOST_SEATS, hint=_l("With a place and an online address: those in the hall.")
    )
    online_capacity = IntegerField(
        _l("Seats online"),
        required=False,
        minimum=1,
        maximum=MOST_SEATS,
        hint=_l("Only with a place and an online address; each has its own waiting list then."),
    )
    members_day = DateField(_l("Members can book from"))
    members_time = TimeField(_l("At"))
    guest_limit = IntegerField(
        _l("Guests per member"),
        required=False,
        minimum=0,
        maximum=MOST_GUESTS,
        hint=_l("How many guests each member may bring; 0 keeps it to members."),
    )
    guests_day = DateField(
        _l("Guests can book from"), required=False, hint=_l("Leave empty to let guests come as soon as members book.")
    )
    cancel_day = DateField(_l("Cancelling is free until"))
    cancel_time = TimeField(_l("At"))
    fee = MoneyField(
        _l("Fee for a seat, without VAT"),
        required=False,
        hint=_l(
            "Leave empty when it is free. Whoever books gets a bill to their own company and has three days to pay,"
            " until the start at most; without payment the seat goes to the next in line. A change holds for seats that"
            " are taken from then on: who has a seat keeps the fee of that moment."
        ),
    )
    fee_vat_code = ChoiceField(_l("VAT on the fee"), options=vat_options, style="select", required=False)
    pe_points = DecimalField(_l("PE points"), required=False, maximum=Decimal(MOST_PE_POINTS))
    speakers = FieldList(FormField(SpeakerPart), min_entries=3, max_entries=MOST_SPEAKERS)

    def validate(self, extra_validators: Any = None) -> bool:
        fine = bool(super().validate(extra_validators))
        self._check_times()
        self._check_place()
        self._check_speakers()
        return fine and not self.problems

    def _check_times(self) -> None:
        starts, ends = self.starts_at, self.ends_at
        if starts and ends and ends <= starts:
            self.refuse(_("Let it end after it starts: fill in a later time."), self.ends)
        if starts and self._all_read(self.members_day, self.members_time) and self.members_from >= starts:
            self.refuse(_("Let members book before it starts: choose an earlier moment."), self.members_day)
        if starts and self._all_read(self.cancel_day, self.cancel_time) and self.cancel_until > starts:
            self.refuse(_("Let free cancelling end before it starts: choose an earlier moment."), self.cancel_day)
        if self.guests_day.data and self.members_day.data and self.guests_day.data < self.members_day.data:
            self.refuse(_("Members come first: let guests book on that day or later."), self.guests_day)

    def _check_place(self) -> None:
        if self.venue.errors or self.online_url.errors:
            return
        if not self.venue.data and not self.online_url.data:
            self.refuse(_("Fill in a place, an online address, or both."), self.venue)
        if self.venue.data and not self.city.data and not self.city.errors:
            self.refuse(_("Fill in the town, so that members see how far it is."), self.city)
        if self.venue.data and self.online_url.data and not (self.online_capacity.data or self.online_capacity.errors):
            self.refuse(_("Fill in how many people can take part online."), self.online_capacity)

    def _check_speakers(self) -> None:
        for entry in self.speakers:
            part = entry.form
            if not part.name.data and (part.headline.data or part.bio.data) and not part.name.errors:
                part.name.errors = [*part.name.errors, _("Fill in the name that goes with this introduction.")]
            if part.email.data and not part.email.errors:
                account = accounts.by_email(part.email.data)
                part.account_id = account.id if account else None
                if account is None:
                    part.email.errors = [_("Nobody has an account with this address. Correct it, or leave it empty.")]

    @staticmethod
    def _all_read(*fields: Any) -> bool:
        return all(field.data is not None and not field.errors for field in fields)

    @property
    def starts_at(self) -> datetime | None:
        """When it starts, once day and time can be read."""
        return _moment(self.day.data, self.starts.data) if self._all_read(self.day, self.starts) else None

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, on the same day."""
        return _moment(self.day.data, self.ends.data) if self._all_read(self.day, self.ends) else None

    @property
    def members_from(self) -> datetime:
        return _moment(self.members_day.data, self.members_time.data)

    @property
    def cancel_until(self) -> datetime:
        return _moment(self.cancel_day.data, self.cancel_time.data)

    def details(self) -> GatheringDetails:
        """Give what was filled in to the service."""
        assert self.kind.data is not None
        assert self.starts_at is not None
        assert self.ends_at is not None
        return GatheringDetails(
            kind=self.kind.data,
            title=self.title.data,
            summary=self.summary.data,
            programme=self.programme.data,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            venue=self.venue.data,
            address=self.address.data,
            city=self.city.data,
            online_url=self.online_url.data,
            capacity=self.capacity.data,
            online_capacity=self.online_capacity.data,
            members_from=self.members_from,
            guests_from=_moment(self.guests_day.data, time(0)) if self.guests_day.data else None,
            guest_limit=self.guest_limit.data or 0,
            cancel_until=self.cancel_until,
            pe_tenths=int((self.pe_points.data or Decimal(0)) * 10),
            fee_cents=self.fee.data or 0,
            fee_vat_code=self.fee_vat_code.data or USUAL_VAT,
            speakers=[
                SpeakerDetails(
                    name=part.name.data,
                    headline=part.headline.data,
                    bio=part.bio.data,
                    account_id=part.account_id,
                )
                for part in (entry.form for entry in self.speakers)
                if part.name.data
            ],
        )


def _moment(day: date, at: time) -> datetime:
    return clock.at_home(datetime.combine(day, at))


def form_of(gathering: Gathering, kind: type[GatheringForm] = GatheringForm, **more: Any) -> GatheringForm:
    """Fill the form with a gathering as it stands, or with what was posted."""
    return kind(data=_filled(gathering) | more)


def copy_form(gathering: Gathering, kind: type[GatheringForm] = GatheringForm, **more: Any) -> GatheringForm:
    """Fill the form with another one like it, on the same day of the week, at least four weeks from now."""
    day = clock.local(gathering.starts_at).date()
    weeks = max(4, -((day - clock.today() - timedelta(days=28)).days // 7))
    filled = _filled(gathering)
    later = timedelta(weeks=weeks)
    for name in ("day", "cancel_day", "members_day", "guests_day"):
        filled[name] = filled[name] + later if filled[name] else None
    return kind(data=filled | more)


def _filled(gathering: Gathering) -> dict[str, Any]:
    starts, ends = clock.local(gathering.starts_at), clock.local(gathering.ends_at)
    members, cancel = clock.local(gathering.members_from), clock.local(gathering.cancel_until)
    names = (
        "kind",
        "title",
        "summary",
        "programme",
        "venue",
        "address",
        "city",
        "online_url",
        "capacity",
        "online_capacity",
    )
    return {
        **{name: getattr(gathering, name) for name in names},
        "fee_vat_code": gathering.fee_vat_code,
        "guest_limit": gathering.guest_limit,
        "day": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
        "members_day": members.date(),
        "members_time": members.time(),
        "guests_day": clock.local(gathering.guests_from).date() if gathering.guests_from else None,
        "cancel_day": cancel.date(),
        "cancel_time": cancel.time(),
        "fee": gathering.fee_cents or None,
        "pe_points": gathering.pe_points or None,
        "speakers": [
            {
                "name": speaker.name,
                "headline": speaker.headline,
                "bio": speaker.bio,
                "email": accounts.account(speaker.account_id).email if speaker.account_id else "",
            }
            for speaker in gathering.speakers
        ],
    }


def new_form() -> GatheringForm:
    """Fill the form with what usually holds, so that little is left to type."""
    day = clock.today() + timedelta(days=28)
    return GatheringForm(
        data={
            "starts": time(19, 30),
            "ends": time(21, 30),
            "capacity": 24,
            "guest_limit": 1,
            "members_day": clock.today(),
            "members_time": time(9),
            "cancel_day": day - timedelta(days=2),
            "cancel_time": time(12),
            "fee_vat_code": USUAL_VAT,
            "pe_points": Decimal(2),
            "day": day,
        }
    )

"""What a form says when something must be mended: how to mend it, in the reader's language (ux 10).

WTForms' own English is mapped here once, so that a plain WTForms validator speaks like ours.
"""

from __future__ import annotations

from typing import Any

from app.core.i18n import _, _l, _n

FILL_IN = _l("Fill in “%(label)s”.")
CHOOSE = _l("Make a choice at “%(label)s”.")
CHOOSE_FROM_LIST = _l("Choose one of the options at “%(label)s”.")
TICK = _l("Tick the box to continue.")
CHOOSE_FILE = _l("Choose a file at “%(label)s”.")
NO_CONTROL = _l("“%(label)s” contains invisible characters, perhaps from copied text. Type it again.")
TOO_LONG = _l("Shorten “%(label)s” to %(max)s characters; there are %(now)s now.")
TOO_SHORT = _l("Use at least %(min)s characters at “%(label)s”; there are %(now)s now.")
TOO_LOW = _l("Fill in %(min)s or more at “%(label)s”.")
TOO_HIGH = _l("Fill in %(max)s or less at “%(label)s”.")
TOO_EARLY = _l("Choose %(min)s or later at “%(label)s”.")
TOO_LATE = _l("Choose %(max)s or earlier at “%(label)s”.")
UNREADABLE = _l("Fill in “%(label)s” in another way.")

_WTFORMS = {
    "This field is required.": _l("Fill in this field."),
    "Field must be equal to %(other_name)s.": _l("Fill in the same as at “%(other_name)s”."),
    "Field must be between %(min)d and %(max)d characters long.": _l("Use between %(min)d and %(max)d characters."),
    "Number must be at least %(min)s.": _l("Fill in %(min)s or more."),
    "Number must be at most %(max)s.": _l("Fill in %(max)s or less."),
    "Number must be between %(min)s and %(max)s.": _l("Fill in a number from %(min)s to %(max)s."),
    "Date must be at least %(min)s.": _l("Choose %(min)s or later."),
    "Date must be at most %(max)s.": _l("Choose %(max)s or earlier."),
    "Date must be between %(min)s and %(max)s.": _l("Choose a day from %(min)s to %(max)s."),
    "Invalid input.": _l("Fill this in in another way."),
    "Invalid email address.": _l("Fill in an e-mail address like name@example.nl."),
    "Invalid IP address.": _l("Fill in a network address like 192.0.2.1."),
    "Invalid URL.": _l("Fill in a web address like https://www.example.nl."),
    "Invalid UUID.": _l("Use the link again from where you came."),
    "Invalid value, must be one of: %(values)s.": _l("Choose one of: %(values)s."),
    "Invalid value, can't be any of: %(values)s.": _l("Choose something else than: %(values)s."),
    "This field cannot be edited.": _l("This can't be changed here."),
    "This field is disabled and cannot have a value.": _l("This can't be changed here."),
    "Invalid Choice: could not coerce.": _l("Choose one of the options."),
    "Not a valid choice.": _l("Choose one of the options."),
    "Invalid choice(s): one or more data inputs could not be coerced.": _l("Choose from the options."),
    "Not a valid datetime value.": _l("Fill in a date and time like 5-1-2027 19.30."),
    "Not a valid date value.": _l("Fill in a date like 5-1-2027."),
    "Not a valid time value.": _l("Fill in a time like 19.30."),
    "Not a valid week value.": _l("Fill in a week like 2027-W01."),
    "Not a valid integer value.": _l("Fill in a whole number, like 12."),
    "Not a valid decimal value.": _l("Fill in a number, like 1,5."),
    "Not a valid float value.": _l("Fill in a number, like 1,5."),
    "Invalid CSRF Token.": _l("This page stood open too long. Send the form again."),
    "CSRF token missing.": _l("This page stood open too long. Send the form again."),
    "CSRF failed.": _l("This page stood open too long. Send the form again."),
    "CSRF token expired.": _l("This page stood open too long. Send the form again."),
    "The CSRF token is missing.": _l("This page stood open too long. Send the form again."),
    "The CSRF session token is missing.": _l("This page stood open too long. Send the form again."),
    "The CSRF token has expired.": _l("This page stood open too long. Send the form again."),
    "The CSRF token is invalid.": _l("This page stood open too long. Send the form again."),
    "The CSRF tokens do not match.": _l("This page stood open too long. Send the form again."),
}


class OwnMessages:
    """The translations object that WTForms asks: its texts become ours, in the reader's language."""

    def gettext(self, string: str) -> str:
        return str(_WTFORMS[string]) if string in _WTFORMS else _(string)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        if "at least" in singular:
            return _n("Use at least %(min)d character.", "Use at least %(min)d characters.", n, min=n)
        if "longer than" in singular:
            return _n("Use at most %(max)d character.", "Use at most %(max)d characters.", n, max=n)
        if "exactly" in singular:
            return _n("Use exactly %(max)d character.", "Use exactly %(max)d characters.", n, max=n)
        if "valid choice" in singular:
            return _("Choose from the options.")
        return singular if n == 1 else plural


def say(message: Any, **values: Any) -> str:
    """Fill a message in, in the language of now."""
    return str(message) % values if values else str(message)


def say_plainly(message: Any, *, label: Any, **values: Any) -> str:
    """Fill a message in with what a field asks for in the words of a sentence ("your town"), not its label quoted."""
    told = str(message).replace("“%(label)s”", "%(label)s") % {"label": label, **values}
    return told[:1].upper() + told[1:]

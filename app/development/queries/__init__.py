"""What can be asked about permanent education: records, schemes and certificates, each for whoever may see it."""

from app.development.queries.certificates import (
    by_code,
    certificate,
    certificates_for_bureau,
    own_certificate,
    paper,
    paper_of,
    shows_name,
    standing_certificate,
)
from app.development.queries.records import (
    any_entry,
    counting,
    credited_since,
    entries_at,
    entry_at,
    listed,
    own_entry,
    own_registration,
    record,
    registrations_of,
    years,
)
from app.development.queries.schemes import circle_rules, registered, scheme, schemes, schemes_on_offer

__all__ = [
    "any_entry",
    "by_code",
    "certificate",
    "certificates_for_bureau",
    "circle_rules",
    "counting",
    "credited_since",
    "entries_at",
    "entry_at",
    "listed",
    "own_certificate",
    "own_entry",
    "own_registration",
    "paper",
    "paper_of",
    "record",
    "registered",
    "registrations_of",
    "scheme",
    "schemes",
    "schemes_on_offer",
    "shows_name",
    "standing_certificate",
    "years",
]

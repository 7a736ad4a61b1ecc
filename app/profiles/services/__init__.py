"""The rules of profiles and of the cards that lists are made of."""

from app.profiles.services.cards import gather, gather_all, gather_everybody, sort_key
from app.profiles.services.keeping import (
    WebsiteRefused,
    choose_audience,
    describe_work,
    follow_account,
    follow_application,
    follow_membership,
    forget_profile,
    introduce,
    open_after_admission,
    open_on_activation,
    open_profile,
    tell_skills,
)

__all__ = [
    "WebsiteRefused",
    "choose_audience",
    "describe_work",
    "follow_account",
    "follow_application",
    "follow_membership",
    "forget_profile",
    "gather",
    "gather_all",
    "gather_everybody",
    "introduce",
    "open_after_admission",
    "open_on_activation",
    "open_profile",
    "sort_key",
    "tell_skills",
]

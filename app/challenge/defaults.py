"""What a new edition begins with: the five V's, four rounds, the usual order for ties, and terms for nominees."""

from __future__ import annotations

from app.challenge.models import Method, RoundKind, TieRule

FIVE_VS: tuple[dict[str, str], ...] = (
    {
        "name_nl": "Versterking",
        "name_en": "Reinforcement",
        "about_nl": "Hoe sterk is deze interim-manager waar een organisatie er tijdelijk kracht bij nodig heeft?",
        "about_en": "How strong is this interim manager where an organisation needs more strength for a while?",
    },
    {
        "name_nl": "Vervanging",
        "name_en": "Replacement",
        "about_nl": "Hoe goed houdt deze interim-manager de plaats van een ander, tot er een opvolger is?",
        "about_en": "How well does this interim manager keep somebody’s place until there is a successor?",
    },
    {
        "name_nl": "Verandering",
        "name_en": "Change",
        "about_nl": "Hoe goed brengt deze interim-manager een verandering tot stand die blijft?",
        "about_en": "How well does this interim manager bring about a change that lasts?",
    },
    {
        "name_nl": "Vertrouwen",
        "name_en": "Trust",
        "about_nl": "Durft een opdrachtgever op deze aanpak te bouwen, en op wie ervoor staat?",
        "about_en": "Would a client dare to build on this approach, and on whoever stands for it?",
    },
    {
        "name_nl": "Verbinding",
        "name_en": "Connection",
        "about_nl": "Neemt de aanpak de mensen mee om wie het gaat?",
        "about_en": "Does the approach take along the people it is about?",
    },
)
EQUAL_WEIGHT = 2000
ROUNDS: tuple[tuple[RoundKind, Method], ...] = (
    (RoundKind.NOMINATION, Method.OPEN),
    (RoundKind.JURY, Method.RUBRIC),
    (RoundKind.BALLOT, Method.BORDA),
)
TIE_ORDER = (
    TieRule.MEMBER_POINTS,
    TieRule.HEAVIEST_CRITERION,
    TieRule.FIRST_PREFERENCES,
    TieRule.SHARED_TITLE,
)
TERMS = (
    "Ik werk de business case zelf uit. De jury leest mijn plan van aanpak, mijn korte cv en mijn toelichting; na"
    " afloop maakt het bureau de uitslag met de scores per criterium bekend. Ik gebruik geen vertrouwelijke gegevens"
    " van opdrachtgevers. Ik kan mij tot de bekendmaking terugtrekken; dan blijft vermeld dat ik mij terugtrok."
)

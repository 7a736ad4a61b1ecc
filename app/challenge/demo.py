"""What the demo's edition is about: its case, and what people write."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from nacl.public import PrivateKey
from nacl.signing import SigningKey

from app.challenge.defaults import TERMS, TIE_ORDER
from app.challenge.models import Model, Scope
from app.challenge.services import CaseDetails, EditionDetails, TrusteeDetails, Work
from app.core import clock

INTRO = (
    "Een zorgorganisatie verliest in één maand haar bestuurder en haar financieel directeur. Wie houdt het huis"
    " overeind, en laat het sterker achter? Dit jaar gaat de Challenge over rust brengen zonder stil te staan."
)
CASE = (
    "### De organisatie\n\n"
    "Stichting De Waterlelie heeft negen locaties, 1.400 medewerkers en een omzet van 96 miljoen euro. Het verzuim is"
    " 9,2%, de helft van de locaties schrijft rode cijfers, en de inspectie komt over tien weken terug.\n\n"
    "### De opdracht\n\n"
    "- Neem voor negen maanden de leiding over, tot de nieuwe bestuurder er is.\n"
    "- Breng het toezicht van de inspectie tot een goed einde.\n"
    "- Laat een begroting achter waar het volgende team achter staat.\n\n"
    "### Wat wij van u vragen\n\n"
    "Een plan van aanpak van ten hoogste vier bladzijden: wat doet u in de eerste **tien dagen**, in de eerste **tien"
    " weken**, en waaraan ziet men na negen maanden dat u er was?\n"
)
REASON = "Nam bij een fusie de rust terug in een directieteam, en vertrok pas toen zijn opvolger stevig stond."
PLAN = (
    "### De eerste tien dagen\n\nIk loop op elke locatie een dienst mee, en spreek wie een begroting tekent.\n\n"
    "### De eerste tien weken\n\n- Eén overleg in plaats van vier.\n- Een verbeterplan dat de inspectie kan volgen.\n\n"
    "### Na negen maanden\n\nDe nieuwe bestuurder vindt een team dat mij niet meer nodig heeft."
)
A_CASE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
NOON, MIDNIGHT, EVENING = time(12), time(0), time(23, 59)


def case_details() -> CaseDetails:
    """Return the case, with a page of figures as a PDF."""
    return CaseDetails(text=CASE, content=A_CASE, name="de-waterlelie-cijfers.pdf")


def trustee_details() -> TrusteeDetails:
    """Return who keeps the key of the ballots; the secret half is as invented as the notary is."""
    encryption, signing = PrivateKey(b"demo".ljust(32)), SigningKey(b"demo".ljust(32))
    return TrusteeDetails(
        name="mr. Hanneke Vos, notaris",
        email="notaris@demo.example",
        locale="nl",
        encryption=bytes(encryption.public_key).hex(),
        signing=bytes(signing.verify_key).hex(),
    )


def work_of() -> Work:
    """Return what a nominee hands in."""
    return Work(
        plan=PLAN,
        short_cv="Twaalf jaar interim-bestuurder in zorg en onderwijs; drie fusies, twee doorstarts.",
        note="Cijfers over het verzuim staan in de bijlage.",
        content=A_CASE,
        name="plan-van-aanpak.pdf",
    )


def edition_details(
    year: int, officer_id: UUID, *, today: date, days: tuple[int, int, int, int, int], is_blind: bool = False
) -> EditionDetails:
    """Return an edition whose dates lie so many days from today: nominations from and until, work, and the verdict."""

    def at(ahead: int, wall: time) -> datetime:
        return clock.at_home(datetime.combine(today + timedelta(days=ahead), wall))

    return EditionDetails(
        year=year,
        scope=Scope.BROAD,
        term_id=None,
        title=f"Interim Challenge {year}",
        intro=INTRO,
        terms_text=TERMS,
        nominations_from=at(days[0], MIDNIGHT),
        nominations_until=at(days[1], EVENING),
        work_until=at(days[2], EVENING),
        opens_at=at(days[3], NOON),
        closes_at=at(days[4], NOON),
        eligible_on=today + timedelta(days=days[0]),
        is_blind=is_blind,
        model=Model.POINTS,
        jury_share=5000,
        quorum_percent=20,
        tie_order=list(TIE_ORDER),
        officer_id=officer_id,
    )

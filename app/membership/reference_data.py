"""What the lists hold to begin with; from then on they are the bureau's own."""

from __future__ import annotations

from app.membership.models import Benefit, ConsentKind, TermKind

# slug, Dutch, English and, for competences, what is meant by them in both
TERMS: dict[TermKind, tuple[tuple[str, ...], ...]] = {
    TermKind.DISCIPLINE: (
        ("general", "Algemene leiding", "General management"),
        ("finance", "Financiën en control", "Finance and control"),
        ("hr", "Personeel en organisatie", "Human resources"),
        ("it", "ICT en digitalisering", "IT and digitalisation"),
        ("operations", "Productie en uitvoering", "Operations"),
        ("supply-chain", "Inkoop en logistieke keten", "Procurement and supply chain"),
        ("commerce", "Verkoop en marketing", "Sales and marketing"),
        ("legal", "Juridische zaken en compliance", "Legal and compliance"),
        ("real-estate", "Vastgoed en huisvesting", "Real estate and facilities"),
        ("quality", "Kwaliteit en veiligheid", "Quality and safety"),
        ("communication", "Communicatie en public affairs", "Communication and public affairs"),
        ("social", "Sociaal domein", "Social services"),
    ),
    TermKind.SECTOR: (
        ("municipalities", "Gemeenten", "Municipalities"),
        ("government", "Rijk, provincies en waterschappen", "Central and regional government"),
        ("hospitals", "Ziekenhuizen en klinieken", "Hospitals and clinics"),
        ("elderly-care", "Ouderenzorg en thuiszorg", "Elderly and home care"),
        ("mental-health", "Geestelijke gezondheidszorg", "Mental health care"),
        ("education", "Onderwijs en onderzoek", "Education and research"),
        ("housing", "Woningcorporaties", "Housing associations"),
        ("construction", "Bouw en infrastructuur", "Construction and infrastructure"),
        ("industry", "Maakindustrie", "Manufacturing"),
        ("food", "Voeding en landbouw", "Food and agriculture"),
        ("transport", "Transport en logistiek", "Transport and logistics"),
        ("energy", "Energie en milieu", "Energy and environment"),
        ("finance", "Banken, pensioenen en verzekeringen", "Banking, pensions and insurance"),
        ("retail", "Detailhandel en groothandel", "Retail and wholesale"),
        ("services", "Zakelijke dienstverlening", "Business services"),
        ("culture", "Cultuur, sport en goede doelen", "Culture, sports and charities"),
    ),
    TermKind.HARD_COMPETENCE: (
        (
            "restructuring", "Reorganiseren", "Restructuring",
            "Van besluit en sociaal plan tot een organisatie die weer draait",
            "From decision and social plan to an organisation that runs again",
        ),
        (
            "financial-steering", "Financieel sturen", "Financial steering",
            "Begroting, liquiditeit en verslag aan bank of toezichthouder",
            "Budget, liquidity and reporting to bank or supervisor",
        ),
        (
            "programme-management", "Programma’s en projecten leiden", "Leading programmes and projects",
            "Meerdere projecten, één samenhang, op tijd",
            "Several projects, one whole, on time",
        ),
        (
            "digitalisation", "Systemen invoeren", "Introducing systems",
            "ERP, zaaksysteem of EPD: keuze, invoering, gebruik",
            "ERP, case or patient records: choice, introduction, use",
        ),
        (
            "integration", "Fuseren en samenvoegen", "Mergers and integration",
            "Twee organisaties, twee culturen, één jaarplan",
            "Two organisations, two cultures, one annual plan",
        ),
        (
            "labour-relations", "Medezeggenschap en arbeidsrecht", "Works council and labour law",
            "Overleg met OR en vakbonden, adviesaanvragen, dossiers",
            "Consulting works council and unions, requests for advice, files",
        ),
        (
            "process-improvement", "Processen verbeteren", "Improving processes",
            "Doorlooptijd, verspilling en fouten aantoonbaar omlaag",
            "Lead time, waste and errors measurably down",
        ),
        (
            "crisis-control", "Crisis beheersen", "Crisis control",
            "Eerste honderd uur, verscherpt toezicht, herstelplan",
            "First hundred hours, heightened supervision, recovery plan",
        ),
    ),
    TermKind.SOFT_COMPETENCE: (
        (
            "leading-change", "Mensen meenemen in verandering", "Taking people along in change",
            "Weerstand horen zonder de richting te verliezen",
            "Hearing resistance without losing direction",
        ),
        (
            "listening", "Luisteren en doorvragen", "Listening and probing",
            "Ook wat niet gezegd wordt op tafel krijgen",
            "Getting on the table what is not said",
        ),
        (
            "deciding", "Knopen doorhakken", "Taking decisions",
            "Besluiten met onvolledige gegevens en daarvoor staan",
            "Deciding on incomplete facts and standing by it",
        ),
        (
            "conflict", "Omgaan met conflicten", "Handling conflict",
            "Tussen bestuur, team en toezicht het gesprek openhouden",
            "Keeping board, team and supervisors talking",
        ),
        (
            "political-sense", "Bestuurlijk gevoel", "Political sense",
            "Belangen, raden en wethouders op waarde schatten",
            "Weighing interests, councils and boards",
        ),
        (
            "connecting", "Verbinden", "Connecting",
            "Partijen die elkaar mijden toch samen aan het werk krijgen",
            "Getting parties that avoid each other to work together",
        ),
        (
            "developing-people", "Mensen laten groeien", "Developing people",
            "De zittende leiding sterker achterlaten dan u haar aantrof",
            "Leaving the standing managers stronger than you found them",
        ),
        (
            "handing-over", "Overdragen en loslaten", "Handing over and letting go",
            "Zorgen dat het blijft werken als u weg bent",
            "Making sure it still works when you have gone",
        ),
    ),
    TermKind.LANGUAGE: (
        ("nl", "Nederlands", "Dutch"),
        ("en", "Engels", "English"),
        ("de", "Duits", "German"),
        ("fr", "Frans", "French"),
        ("es", "Spaans", "Spanish"),
        ("it", "Italiaans", "Italian"),
        ("pl", "Pools", "Polish"),
        ("tr", "Turks", "Turkish"),
        ("ar", "Arabisch", "Arabic"),
    ),
    TermKind.REGION: (
        ("groningen", "Groningen", "Groningen"),
        ("friesland", "Fryslân", "Friesland"),
        ("drenthe", "Drenthe", "Drenthe"),
        ("overijssel", "Overijssel", "Overijssel"),
        ("flevoland", "Flevoland", "Flevoland"),
        ("gelderland", "Gelderland", "Gelderland"),
        ("utrecht", "Utrecht", "Utrecht"),
        ("noord-holland", "Noord-Holland", "North Holland"),
        ("zuid-holland", "Zuid-Holland", "South Holland"),
        ("zeeland", "Zeeland", "Zeeland"),
        ("noord-brabant", "Noord-Brabant", "North Brabant"),
        ("limburg", "Limburg", "Limburg"),
        ("abroad", "Buiten Nederland", "Outside the Netherlands"),
    ),
    TermKind.REGISTER: (
        ("rqim", "RQIM – Register Quality Interim Managers", "RQIM – Register of Quality Interim Managers"),
        ("nobco", "NOBCO-register van coaches", "NOBCO register of coaches"),
        ("lvsc", "LVSC-register begeleidingskundigen", "LVSC register of supervisors and coaches"),
        ("ra", "Registeraccountant (RA)", "Chartered accountant (RA)"),
        ("rc", "Registercontroller (RC)", "Chartered controller (RC)"),
        ("ipma", "IPMA-gecertificeerd", "IPMA certified"),
        ("cmc", "Certified Management Consultant (CMC)", "Certified Management Consultant (CMC)"),
    ),
}  # fmt: skip

PLAN_SLUG = "binnenkring"
PLAN = {"slug": PLAN_SLUG, "name_nl": "Binnenkring", "name_en": "Inner circle"}
PLAN_NET_CENTS, PLAN_VAT_CODE = 495_00, "high"
ENTITLEMENTS = (
    (Benefit.SESSIONS, 10),
    (Benefit.COACHING_HOURS, 6),
    (Benefit.INTERVISION, 8),
    (Benefit.GUESTS, 2),
)

_PRIVACY_NL = (
    "Het bureau mag mijn gegevens gebruiken om mijn aanvraag te beoordelen. Word ik geen lid, dan worden ze een jaar na"
    " het besluit gewist."
)
_PRIVACY_EN = (
    "The bureau may use my details to judge my application. If I do not become a member they are erased one year after"
    " the decision."
)
_REFERENCES_NL = "Het bureau mag mijn referenten bellen of mailen. Ik heb hun gezegd dat ik hen noem."
_REFERENCES_EN = "The bureau may call or mail my referees. I have told them that I name them."
_CONDUCT_NL = (
    "Wat collega’s in de kring vertellen, blijft in de kring. Ik noem geen opdrachtgevers of personen bij naam zonder"
    " hun toestemming."
)
_CONDUCT_EN = (
    "What colleagues tell in the circle stays in the circle. I name no clients or persons without their permission."
)
CONSENT_TEXTS: dict[ConsentKind, tuple[str, str]] = {
    ConsentKind.PRIVACY: (_PRIVACY_NL, _PRIVACY_EN),
    ConsentKind.REFERENCE_CHECK: (_REFERENCES_NL, _REFERENCES_EN),
    ConsentKind.CODE_OF_CONDUCT: (_CONDUCT_NL, _CONDUCT_EN),
}

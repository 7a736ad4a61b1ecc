"""What visitors, applicants, members and the bureau fill in about membership."""

from app.membership.forms.application import (
    LevelsForm,
    MotivationForm,
    ReferencesForm,
    SelfTestForm,
    SendForm,
    StepForm,
    answers_from,
    open_step,
)
from app.membership.forms.company import AdmittedForm, OwnCompanyForm
from app.membership.forms.discounts import DiscountForm, PlacesForm, UseCodeForm
from app.membership.forms.judging import (
    AdmitForm,
    CheckForm,
    DeclineForm,
    IntakeForm,
    InvitationForm,
    ReopenForm,
    WaiverForm,
)
from app.membership.forms.leaving import ResignForm
from app.membership.forms.plans import NewPlanForm, PlanForm, PriceForm

__all__ = [
    "AdmitForm",
    "AdmittedForm",
    "CheckForm",
    "DeclineForm",
    "DiscountForm",
    "IntakeForm",
    "InvitationForm",
    "LevelsForm",
    "MotivationForm",
    "NewPlanForm",
    "OwnCompanyForm",
    "PlacesForm",
    "PlanForm",
    "PriceForm",
    "ReferencesForm",
    "ReopenForm",
    "ResignForm",
    "SelfTestForm",
    "SendForm",
    "StepForm",
    "UseCodeForm",
    "WaiverForm",
    "answers_from",
    "open_step",
]

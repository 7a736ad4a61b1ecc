"""M4, M11: the company that is billed."""

from __future__ import annotations

from typing import Self, cast

from wtforms.form import FormMeta

from app.core.forms import ConsentField, Form, KvkField, PostcodeField, TextField, VatIdField
from app.core.i18n import _l
from app.membership.models import ConsentText
from app.membership.services import CompanyDetails


class OwnCompanyForm(Form):
    """M11: the company that is billed."""

    company_name = TextField(_l("Name of your company"), autocomplete="organization", max_length=200)
    kvk = KvkField(_l("KvK number"), hint=_l("Eight digits, as in the trade register."))
    vat_id = VatIdField(_l("VAT id"), hint=_l("It stands on your own invoices and starts with NL."))
    address = TextField(_l("Street and number"), autocomplete="address-line1", max_length=200)
    postcode = PostcodeField(_l("Postcode"))
    city = TextField(_l("Town"), autocomplete="address-level2", max_length=120, width="m")

    def details(self) -> CompanyDetails:
        """Return the company as filled in."""
        return CompanyDetails(
            name=self.company_name.data,
            kvk=self.kvk.data,
            vat_id=self.vat_id.data,
            address=self.address.data,
            postcode=self.postcode.data,
            city=self.city.data,
        )


class AdmittedForm(OwnCompanyForm):
    """M4: what an invited person tells before paying: the company, and the consents that an application asks."""

    @classmethod
    def with_fields(cls, texts: list[ConsentText]) -> type[Self]:
        """Return this form with a tick for each text in force."""
        fields = {f"consent-{text.id}": ConsentField(text.text) for text in texts}
        return cast("type[Self]", FormMeta(cls.__name__, (cls,), fields))

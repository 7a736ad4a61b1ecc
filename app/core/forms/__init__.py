"""The form mechanism: one for the whole product. Fields read forgivingly, forms refuse helpfully, one call answers."""

from app.core.forms.base import Form, Part, render_form
from app.core.forms.choices import (
    CheckboxField,
    ChoiceField,
    ConsentField,
    LevelField,
    MultiChoiceField,
    Option,
)
from app.core.forms.fields import (
    EmailField,
    HiddenField,
    IbanField,
    KvkField,
    PasswordField,
    PhoneField,
    PostcodeField,
    TextAreaField,
    TextField,
    UrlField,
    VatIdField,
)
from app.core.forms.previewed import PreviewedForm
from app.core.forms.ranges import DateField, DecimalField, IntegerField, MoneyField, TimeField
from app.core.forms.uploads import CSV, DOCX, IMAGES, JSON, MT940, PDF, PPTX, XLSX, XML, ZIP, Upload, UploadField

__all__ = [
    "CSV",
    "DOCX",
    "IMAGES",
    "JSON",
    "MT940",
    "PDF",
    "PPTX",
    "XLSX",
    "XML",
    "ZIP",
    "CheckboxField",
    "ChoiceField",
    "ConsentField",
    "DateField",
    "DecimalField",
    "EmailField",
    "Form",
    "HiddenField",
    "IbanField",
    "IntegerField",
    "KvkField",
    "LevelField",
    "MoneyField",
    "MultiChoiceField",
    "Option",
    "Part",
    "PasswordField",
    "PhoneField",
    "PostcodeField",
    "PreviewedForm",
    "TextAreaField",
    "TextField",
    "TimeField",
    "Upload",
    "UploadField",
    "UrlField",
    "VatIdField",
    "render_form",
]

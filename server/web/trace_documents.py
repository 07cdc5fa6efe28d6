"""Documents as people type them from what is printed, into the spelling that codes have.

1. Blanks of every kind, dots, hyphens and brackets are how people group a number: they go (of a certificate only
   blanks). Wide digits are digits.
2. A telephone number may begin with +84 or 0084: that is the 0. Without either it may be another number, mistyped.
3. The health-insurance card of 15 characters ends with the ten digits of social insurance.
4. What is not in its form is named by its place among those sent, with the form expected, never with the number.
Source of 3: `server.codes.insurance`.
"""

import re
import unicodedata
from collections.abc import Sequence

import msgspec

from server.codes.types import (
    CERTIFICATE,
    CITIZEN,
    FORMS,
    INSURANCE,
    OLD_CITIZEN,
    PASSPORT,
    PERSONAL_QR,
    PHONE,
    Document,
)
from server.errors import Refused

MOST_DOCUMENTS = 10
NUMBERS = {kind: re.compile(form) for kind, form in FORMS.items()}
GROUPING = re.compile(r"[\s.()‐‑‒–—-]+")
BLANKS = re.compile(r"\s+")
ABROAD = re.compile(r"(?:\+|00)84(?=[1-9][0-9]{8}\Z)")
OLD_CARD = re.compile(r"[A-Za-z]{2}[1-5][0-9]{2}([0-9]{10})")
EXPECTED = {
    CITIZEN: ("12 digits", "12 chữ số"),
    OLD_CITIZEN: ("9 or 12 digits", "9 hoặc 12 chữ số"),
    INSURANCE: (
        "10 digits, or the 15 characters of the older card",
        "10 chữ số, hoặc đủ 15 ký tự của thẻ cũ",
    ),
    PASSPORT: ("5 to 20 letters and digits", "5 đến 20 chữ cái và chữ số"),
    PERSONAL_QR: ("6 to 40 digits", "6 đến 40 chữ số"),
    PHONE: ("10 digits from 0 on, or from +84 on", "10 chữ số bắt đầu bằng 0, hoặc bắt đầu bằng +84"),
    CERTIFICATE: ("4 to 80 letters, digits and : / # . -", "4 đến 80 chữ cái, chữ số và : / # . -"),
}
KINDS = ", ".join(EXPECTED)


class DocumentForm(msgspec.Struct, forbid_unknown_fields=True):
    """`type`: citizen, old_citizen, insurance, passport, personal_qr, phone, certificate. `value`: as it is printed;
    blanks, dots and hyphens do not matter."""

    type: str
    value: str


def documents_of(forms: Sequence[DocumentForm]) -> tuple[Document, ...]:
    """Raises `Refused`: `document_form`."""
    if len(forms) > MOST_DOCUMENTS:
        raise Refused("document_form", f"at most {MOST_DOCUMENTS} documents")
    return tuple(_document(number, one) for number, one in enumerate(forms, 1))


def _document(number: int, form: DocumentForm) -> Document:
    if form.type not in EXPECTED:
        raise Refused("document_form", f"document {number} / giấy tờ thứ {number}: the type is one of {KINDS}")
    value = spelled(form.type, form.value)
    if NUMBERS[form.type].fullmatch(value) is None:
        en, vi = EXPECTED[form.type]
        raise Refused("document_form", f"document {number} / giấy tờ thứ {number} ({form.type}): {en} / {vi}")
    return Document(form.type, value)


def spelled(type_: str, value: str) -> str:
    """By rules 1 to 3; whether it is a number of that type is not said."""
    plain = unicodedata.normalize("NFKC", value)
    plain = (BLANKS if type_ == CERTIFICATE else GROUPING).sub("", plain)
    if type_ == PHONE:
        return ABROAD.sub("0", plain)
    if type_ == INSURANCE and (card := OLD_CARD.fullmatch(plain)) is not None:
        return card[1]
    return plain.upper() if type_ == PASSPORT else plain

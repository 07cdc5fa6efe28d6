"""What a code says: the parsed minimum, and nothing else of it."""

from typing import NamedTuple

# types of documents: what a number names a person by
CITIZEN = "citizen"  # the 12 digits of the citizen card
OLD_CITIZEN = "old_citizen"  # the 9 digits of the card before it
INSURANCE = (
    "insurance"  # the 10 digits of social insurance, which stand in both generations of the health-insurance card
)
PASSPORT = "passport"
PERSONAL_QR = "personal_qr"  # the number that the national platform gave (Decision 1405: QID)
PHONE = "phone"  # ten digits, beginning with 0
CERTIFICATE = "certificate"  # the identifier of a health certificate
TICKET = "ticket"  # what an operator's prefix rule names; never a person's
# how a whole number of each type is written
FORMS = {
    CITIZEN: r"[0-9]{12}",
    OLD_CITIZEN: r"[0-9]{9}|[0-9]{12}",
    INSURANCE: r"[0-9]{10}",
    PASSPORT: r"[0-9A-Za-z]{5,20}",
    PERSONAL_QR: r"[0-9]{6,40}",
    PHONE: r"0[0-9]{9}",
    CERTIFICATE: r"[0-9A-Za-z:/#.-]{4,80}",
}
DOCUMENT_TYPES = (CITIZEN, OLD_CITIZEN, INSURANCE, PASSPORT, PERSONAL_QR, PHONE, CERTIFICATE, TICKET)

# classes of what is kept, each with a retention clock of its own
PERSON = "person"  # who somebody is
HEALTH = "health"  # what a certificate says of somebody's health
CODE = "code"  # codes as they were read: other, and what could not be read
CLASSES = (PERSON, HEALTH, CODE)


class Document(NamedTuple):
    """A number of a person. `masked`: some of it is stars, it names nobody for sure; `value` has the stars."""

    type: str
    value: str
    masked: bool = False

    def __repr__(self) -> str:
        return f"Document({self.type})"


class Health(NamedTuple):
    """What a certificate proves at the instant it was shown."""

    verdict: str
    """valid, not_yet, expired, not_trusted, wrong_signature, refused_by_rules"""
    what: str
    """vaccination, test, recovery"""
    issuer: str
    until_ms: int | None


class Parsed(NamedTuple):
    """The minimum of one code. `documents`: of the person that the scan is for, the main one first."""

    kind: str
    class_: str
    documents: tuple[Document, ...] = ()
    name: str | None = None
    born: str | None = None
    """The year, four digits."""
    sex: str | None = None
    """f, m"""
    on_behalf: bool = False
    guardian: tuple[Document, ...] = ()
    health: Health | None = None
    rule: str | None = None
    """The operator's prefix rule that took it."""
    warnings: tuple[str, ...] = ()
    repaired: str | None = None
    """The character set that it had been misread in."""

    def __repr__(self) -> str:
        return f"Parsed({self.kind}, {len(self.documents)} documents)"

"""What the place's own page may show of a scan, and by what a person is known again: from the bytes of a code.

1. Of a citizen card of either generation and of a personal code: the initials of the name, at most six, and the year of
   birth. Of anything else only its kind.
2. A name of which any part is spoilt or masked has no initials; a date that is not one gives no year. Where a reader
   has swallowed a bar, the fields stand elsewhere: the name is not looked for.
3. The same person shows their card through readers that spoil names in different ways: a card is known by its number,
   a personal code by its number of the national platform, an insurance card by its own; everything else by all of it,
   without the white space around it.
"""

import unicodedata
from hashlib import sha256

from firmware.codes.kind import kind_of

MOST_INITIALS = 6
_SPACE = b" \t\r\n\0"
_CARDS = ("citizen_card_2021", "citizen_card_2024")
_KNOWN_BY_FIELD = {
    "citizen_card_2021": 0,
    "citizen_card_2024": 0,
    "personal_1405": 4,
    "health_insurance_new": 0,
    "health_insurance_old": 0,
}


def who(code: bytes, kind: str | None = None) -> str:
    """Initials and year of birth, such as `T.T.M. 1999`; empty where nothing may be shown."""
    kind = kind or kind_of(code)
    fields = code.strip(_SPACE).split(b"|")
    if kind in _CARDS:
        name, year = (fields[2], _year(fields[3][-4:])) if _is_date(fields[3]) else (b"", _year(fields[2][-4:]))
    elif kind == "personal_1405":
        name, year = fields[1], _year(fields[2][:4])
    else:
        return ""
    return " ".join(part for part in (_initials(name), year) if part)


def person_of(code: bytes, kind: str | None = None) -> bytes:
    """What is the same whenever the same person shows this code. Only ever hashed with a key."""
    kind = kind or kind_of(code)
    code = code.strip(_SPACE)
    at = _KNOWN_BY_FIELD.get(kind)
    if at is None:
        return b"other\0" + code
    family = "card" if kind in _CARDS else kind
    return family.encode() + b"\0" + code.split(b"|")[at]


def sums_of(code: bytes) -> set[bytes]:
    """A printed card is known by the SHA-256 of its code, with or without the white space that a reader puts around."""
    return {sha256(code).digest(), sha256(code.strip(_SPACE)).digest()}


def _is_date(field: bytes) -> bool:
    return len(field) == 8 and field.isdigit()


def _year(field: bytes) -> str:
    return field.decode() if len(field) == 4 and field.isdigit() and b"1850" <= field <= b"2199" else ""


def _initials(name: bytes) -> str:
    try:
        text = unicodedata.normalize("NFC", name.decode())
    except UnicodeDecodeError:
        return ""
    words = text.split()
    if not words or not all(_is_latin(word) for word in words):
        return ""
    return "".join(word[0].upper() + "." for word in words[:MOST_INITIALS])


def _is_latin(word: str) -> bool:
    """Begins with a letter, and holds nothing that a wrong character set or a mask would leave behind."""
    letters = [letter for letter in word if letter not in "'’-."]
    return word[0].isalpha() and all(unicodedata.name(letter, "").startswith("LATIN ") for letter in letters)

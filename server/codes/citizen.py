"""The citizen card of 2021 and of 2024: number|old number|name|ddmmyyyy|sex|residence|ddmmyyyy issued[|more …]

1. Kept: the number, the old number, the name, the year of birth, the sex. The residence is looked at for spoilt letters
   only; what stands behind the seventh field (numbers of relatives, it may be) is not looked at at all.
2. An empty second field stays a field. An old number of one digit repeated is none.
3. What is spoilt is put right where that is proved (charset.py): of the whole card, or else of the name by itself.
   Otherwise the name is not kept (`name_doubtful`), and what is ASCII is read as firmware/codes/kind.py finds it, with
   bars swallowed.
4. A card without a single letter that has a mark was read by a reader that drops them: its name is doubtful too.
5. The number is what stands in front of the first bar; nothing behind that bar changes it.
6. A card that is whole and unspoilt, as nearly all are, is known by one pattern: `read_whole` says of it what the long
   way would, or nothing.
Source: codes.md §2.1-2.3, §2.12.
"""

import re
import unicodedata
from typing import NamedTuple

from firmware.codes import kind_of
from server.codes import names, numbers
from server.codes.charset import repair
from server.codes.dates import is_day, year_of
from server.codes.errors import CodeError
from server.codes.types import CITIZEN, OLD_CITIZEN, PERSON, Document, Parsed

KINDS = ("citizen_card_2021", "citizen_card_2024")
FIELDS = 7
SEXES = {"nam": "m", "nữ": "f"}
MARKS = "\ufffd?"
"""What readers put where they do not know a character."""

OLD_NUMBER = "old_number"
SEX = "sex"
# day and month 00 are unknown; the years are those of firmware/codes/kind.py, and so is the number of bars
_DATE = "(?:[0-2][0-9]|3[01])(?:0[0-9]|1[0-2])(?:18[5-9][0-9]|19[0-9]{2}|2[01][0-9]{2})"
_WHOLE = re.compile(
    rf"([0-9]{{12}})\|((?:[0-9]{{9}}(?:[0-9]{{3}})?)?)\|([{names.FIELD}]*)\|({_DATE})\|(Nam|Nữ)"
    rf"\|([{names.ADDRESS_FIELD}]*)\|{_DATE}((?:\|[^|]*){{0,17}})"
)


class _Card(NamedTuple):
    name: str | None
    born: str
    """ddmmyyyy"""
    sex: str | None


def read(code: bytes, kind: str, at_ms: int) -> Parsed:
    """A code that kind_of() names a citizen card. Raises `CodeError`: `card_date`."""
    warnings: list[str] = []
    number, old = (field.decode() for field in code.split(b"|", 2)[:2])
    card, repaired = _card(code, warnings)
    year = year_of(card.born[4:], at_ms)
    if year is None:
        raise CodeError("card_date")
    if not is_day(int(year), int(card.born[2:4]), int(card.born[:2])):
        warnings.append("date")
    warnings += numbers.compared(number, card.sex, year)
    documents = [Document(CITIZEN, number)]
    if old and old != number:
        if numbers.is_one_digit(old):
            warnings.append(OLD_NUMBER)
        else:
            documents.append(Document(OLD_CITIZEN, old))
    return Parsed(
        kind, PERSON, tuple(documents), card.name, year, card.sex, warnings=tuple(warnings), repaired=repaired
    )


def read_whole(code: bytes, at_ms: int) -> Parsed | None:
    """A card in which nothing is spoilt or odd, as `kind_of` and `read` find it; None: not by one look. `code`: without
    white space around it."""
    try:
        text = code.decode("utf-8")
    except UnicodeDecodeError:
        return None
    found = _WHOLE.fullmatch(text)
    if found is None or not unicodedata.is_normalized("NFC", text):
        return None
    number, old, name, born, sex, residence, more = found.groups()
    name, year = " ".join(name.split()), year_of(born[4:], at_ms)
    is_plain = sex == "Nam" and name.isascii() and residence.isascii()
    if is_plain or year is None or not name or len(name) > names.MOST_CHARACTERS or names.ESCAPED in name:
        return None
    if (
        more.endswith("|$")
        or names.LOOK_ALIKE.search(name + residence)
        or (old and numbers.is_one_digit(old))
        or not is_day(int(year), int(born[2:4]), int(born[:2]))
    ):
        return None
    shown = "m" if sex == "Nam" else "f"
    citizen = Document(CITIZEN, number)
    documents = (citizen, Document(OLD_CITIZEN, old)) if old and old != number else (citizen,)
    warnings = tuple(numbers.compared(number, shown, year))
    return Parsed(KINDS[bool(more)], PERSON, documents, name, year, shown, warnings=warnings)


def _card(code: bytes, warnings: list[str]) -> tuple[_Card, str | None]:
    try:
        text = code.decode("utf-8")
    except UnicodeDecodeError:
        return _spoilt(code, [], warnings)
    fields, charset = _fields(text), None
    if not _is_right(fields):
        found = repair(text, lambda was: _is_same_card(was, text))
        if found is None:
            return _spoilt(code, text.split("|", FIELDS), warnings)
        fields, charset = _fields(found[0]), found[1]
    sex = SEXES.get(fields[4].lower())
    if sex is None:
        warnings.append(SEX)
    return _Card(names.cleaned(fields[2], warnings), fields[3], sex), charset


def _fields(text: str) -> list[str]:
    return _nfc(text).split("|", FIELDS)[:FIELDS]


def _is_right(fields: list[str]) -> bool:
    if len(fields) < FIELDS or not _is_date(fields[3]) or not _is_date(fields[6]):
        return False
    name, sex, residence = fields[2], fields[4], fields[5]
    if name.isascii() and sex.isascii() and residence.isascii():
        return False
    return names.is_unspoilt(name) and names.is_unspoilt(sex) and names.is_unspoilt_address(residence)


def _is_same_card(was: str, text: str) -> bool:
    fields = _fields(was)
    return (
        fields[0] == text.partition("|")[0]
        and _is_right(fields)
        and _is_name(fields[2])
        and fields[4].lower() in SEXES
        and kind_of(was.encode()) in KINDS
    )


def _is_name(was: str) -> bool:
    return names.is_unspoilt(was) and names.is_pronounced(was)


def _is_date(field: str) -> bool:
    return len(field) == 8 and field.isascii() and field.isdigit()


def _spoilt(code: bytes, texts: list[str], warnings: list[str]) -> tuple[_Card, str | None]:
    # the name may be proved where the residence is past it; not where the reader may have dropped what it did not know
    fields = code.split(b"|", FIELDS)
    is_in_place = len(fields[3]) == 8 and fields[3].isdigit()
    born = fields[3] if is_in_place else fields[2][-8:]
    is_marked = any(mark in text for mark in MARKS for text in texts[2:6])
    name = repair(texts[2], lambda was: _is_name(_nfc(was))) if is_in_place and is_marked else None
    sex = "m" if b"Nam" in fields[3:5] else None
    if name is not None and sex is None:
        found = repair(texts[4], lambda was: _nfc(was).lower() in SEXES)
        sex = SEXES[_nfc(found[0]).lower()] if found is not None and found[1] == name[1] else None
    if name is None:
        warnings.append(names.DOUBTFUL)
    if sex is None:
        warnings.append(SEX)
    kept = None if name is None else names.cleaned(name[0], warnings)
    return _Card(kept, born.decode(), sex), None if name is None else name[1]


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)

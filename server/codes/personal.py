"""The personal code of Decision 1405/QĐ-BTTTT (v1.1, 11/09/2021): paper|name|born|self or on behalf|number|more

1. `more` is values in a fixed order with `<` between: the guardian's number, sex (0 none, 1 male, 2 female), health
   insurance, telephone, then signature and others, which are not looked at.
2. On behalf: the documents are the child's; the guardian's number and the telephone are the guardian's.
3. A paper of 12 digits is a citizen card, of 9 the card before it, with a letter in it a passport. With stars it is
   masked, and stays so: nothing fills them in. Digits of another length are no paper (`paper_number`).
4. What cannot be of its form is left out with a warning; the code still names its person by the number of the platform.
Source: codes.md §2.4.
"""

import re
from typing import NamedTuple

from server.codes import names, numbers
from server.codes.charset import repair
from server.codes.dates import is_day, year_of
from server.codes.errors import CodeError
from server.codes.types import (
    CITIZEN,
    INSURANCE,
    OLD_CITIZEN,
    PASSPORT,
    PERSON,
    PERSONAL_QR,
    PHONE,
    Document,
    Parsed,
)

FIELDS = 6
SEXES = {"1": "m", "2": "f"}
NONE = ("", "0", "00", "-")

PAPER_NUMBER = "paper_number"
INSURANCE_NUMBER = "insurance_number"
PHONE_NUMBER = "phone_number"
NO_GUARDIAN = "no_guardian"
GUARDIAN_OF_SELF = "guardian_of_self"

_STARRED = re.compile(r"[0-9A-Z*]{6,20}")
_PASSPORT = re.compile(r"(?=[0-9]*[A-Z])[0-9A-Z]{6,12}")
_INSURANCE = re.compile(r"(?:[A-Z]{2}[0-9]{3})?([0-9]{10})")
_PHONE = re.compile(r"(?:0|\+?84)([1-9][0-9]{8})")
_QID = re.compile(r"[0-9]{6,40}")


class _More(NamedTuple):
    guardian: str
    sex: str
    insurance: str
    phone: str


def read(code: bytes, kind: str, at_ms: int) -> Parsed:
    """A code that kind_of() names personal_1405. Raises `CodeError`: `charset`, `personal_date`, `personal_fields`."""
    warnings: list[str] = []
    fields, repaired = _text(code, warnings)
    if len(fields) != FIELDS:
        raise CodeError("personal_fields")
    paper, name, born, whose, qid, rest = fields
    if not paper.isascii():
        raise CodeError("charset")
    more = _More(*(rest.split("<", 4) + [""] * 4)[:4])
    on_behalf, sex = whose == "1", SEXES.get(more.sex)
    year = year_of(born[:4], at_ms)
    if year is None:
        raise CodeError("personal_date")
    if born[5:].replace("-", "").isdigit() and not is_day(int(year), int(born[5:7]), int(born[8:10])):
        warnings.append("date")
    documents = [Document(PERSONAL_QR, qid)]
    found = _paper(paper.strip().upper(), warnings)
    if found is not None:
        documents.insert(0, found)
        if found.type == CITIZEN and not found.masked:
            warnings += numbers.compared(found.value, sex, year)
    documents += _insurance(more.insurance, warnings)
    guardian = _guardian(more, on_behalf, qid, warnings)
    phone = _phone(more.phone, warnings)
    return Parsed(
        kind,
        PERSON,
        tuple(documents if on_behalf else documents + phone),
        names.cleaned(name, warnings) if name else None,
        year,
        sex,
        on_behalf,
        tuple(guardian + phone if on_behalf else []),
        warnings=tuple(warnings),
        repaired=repaired,
    )


def _text(code: bytes, warnings: list[str]) -> tuple[list[str], str | None]:
    # -> the fields, with an empty name where it is spoilt, and the character set that was put right
    try:
        text = code.decode("utf-8")
    except UnicodeDecodeError:
        fields = code.split(b"|")
        warnings.append(names.DOUBTFUL)
        return [one.decode("ascii", "replace") if at != 1 else "" for at, one in enumerate(fields)], None
    fields_of = text.split("|")
    if (text.isascii() and "?" not in text) or names.is_unspoilt(fields_of[1]):
        return fields_of, None
    found = repair(text, lambda was: _is_same(was.split("|"), fields_of))
    if found is not None:
        return found[0].split("|"), found[1]
    warnings.append(names.DOUBTFUL)
    return [fields_of[0], "", *fields_of[2:]], None


def _is_same(was: list[str], fields: list[str]) -> bool:
    return len(was) == FIELDS and was[:1] + was[2:] == fields[:1] + fields[2:] and names.is_unspoilt(was[1])


def _paper(paper: str, warnings: list[str]) -> Document | None:
    if not paper:
        return None
    kind = {12: CITIZEN, 9: OLD_CITIZEN}.get(len(paper)) if not any("A" <= one <= "Z" for one in paper) else PASSPORT
    if kind in (CITIZEN, OLD_CITIZEN) and paper.isascii() and paper.isdigit() and not numbers.is_one_digit(paper):
        return Document(kind, paper)
    if "*" in paper and paper.strip("*") and _STARRED.fullmatch(paper):
        return Document(kind or PASSPORT, paper, masked=True)
    if kind == PASSPORT and _PASSPORT.fullmatch(paper):
        return Document(PASSPORT, paper)
    warnings.append(PAPER_NUMBER)
    return None


def _insurance(text: str, warnings: list[str]) -> list[Document]:
    if text in NONE:
        return []
    found = _INSURANCE.fullmatch(text)
    if found is None or numbers.is_one_digit(found[1]):
        warnings.append(INSURANCE_NUMBER)
        return []
    return [Document(INSURANCE, found[1])]


def _phone(text: str, warnings: list[str]) -> list[Document]:
    if text in NONE:
        return []
    found = _PHONE.fullmatch(text)
    if found is None:
        warnings.append(PHONE_NUMBER)
        return []
    return [Document(PHONE, "0" + found[1])]


def _guardian(more: _More, on_behalf: bool, qid: str, warnings: list[str]) -> list[Document]:
    is_given = _QID.fullmatch(more.guardian) is not None and more.guardian != qid
    if not on_behalf:
        if more.guardian not in NONE:
            warnings.append(GUARDIAN_OF_SELF)
        return []
    if not is_given:
        warnings.append(NO_GUARDIAN)
        return []
    return [Document(PERSONAL_QR, more.guardian)]

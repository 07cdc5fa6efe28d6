"""What means to be a code of a person and is none: named, so that it can be told from what is nobody's.

1. A code of no kind that begins as a certificate does, or has the bars of a card around twelve digits, was somebody's.
2. Bars and digits of other scripts (fullwidth, Arabic, …), or a mark of byte order in front, are not put right but
   refused (`charset`): a reader that changes those may have changed anything.
"""

import re
import unicodedata
from binascii import unhexlify

from firmware.codes import kind_of
from server.codes.errors import CodeError

_PERSONS = ("citizen_card_2021", "citizen_card_2024", "personal_1405", "health_insurance_new", "health_insurance_old")
_NUMBER = re.compile(rb"[0-9]{9,15}")
_DATE = re.compile(rb"[0-9]{4}-[0-9*]{2}-[0-9*]{2}")
_OLD_CODE = re.compile(rb"[A-Z]{2}[0-9]{13}")
_MOST_FIELDS = 24


def refuse(code: bytes) -> None:
    """Raises `CodeError` where a code of kind `other` was meant to be of another: `card_fields`, `card_number`,
    `charset`, `hc1_base45`, `insurance_fields`, `insurance_name`, `personal_fields`, `shc_digits`."""
    if code[:4] == b"HC1:":
        raise CodeError("hc1_base45")
    if code[:5].lower() == b"shc:/":
        raise CodeError("shc_digits")
    fields = code.split(b"|", _MOST_FIELDS)
    if not code.isascii():
        _refuse_scripts(code)
    if len(fields) >= 4:
        _refuse_fields(fields)


def _refuse_fields(fields: list[bytes]) -> None:
    first, count = fields[0], len(fields)
    if fields[-1] == b"$" and (_OLD_CODE.fullmatch(first) or _NUMBER.fullmatch(first)):
        raise CodeError("insurance_name" if count in (10, 17) and not _is_hex(fields[1]) else "insurance_fields")
    if count == 6 and fields[3] in (b"0", b"1") and _DATE.fullmatch(fields[2]):
        raise CodeError("personal_fields")
    if _NUMBER.fullmatch(first):
        has_dates = any(len(field) == 8 and field.isdigit() for field in fields[2:])
        if len(first) != 12:
            if has_dates and count >= 7:
                raise CodeError("card_number")
        elif has_dates or count == 7:
            raise CodeError("card_fields")


def _refuse_scripts(code: bytes) -> None:
    try:
        text = code.decode("utf-8")
    except UnicodeDecodeError:
        return
    plain = "".join(_plain(one) for one in text)
    if plain != text and kind_of(plain.encode()) in _PERSONS:
        raise CodeError("charset")


def _plain(one: str) -> str:
    if one <= "\x7f":
        return one
    if one == "\ufeff":
        return ""
    if one in "｜￨∣❘│":
        return "|"
    digit = unicodedata.digit(one, None)
    if digit is not None:
        return str(digit)
    wide = unicodedata.normalize("NFKC", one)
    return wide if len(wide) == 1 and wide.isascii() else one


def _is_hex(field: bytes) -> bool:
    try:
        unhexlify(field)
    except ValueError:
        return False
    return len(field) > 0

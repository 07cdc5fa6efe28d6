"""The health-insurance card, both generations; what names the person is the ten digits of social insurance.

1. New, 17 fields: number of 10 digits|name|born|sex|…|$. Old, 10 fields: code of 15 characters|name|born|sex|…|$.
2. The code of 15: two letters (who pays), one digit of benefit (1 to 5), two of the province, the 10 digits.
3. The name is UTF-8 in hexadecimal; the date of birth dd/mm/yyyy or a year; the sex 1 (male) or 2 (female).
4. Address, hospital, dates of the card and what follows are not looked at.
Source: codes.md §2.6.
"""

from binascii import unhexlify

from server.codes import names, numbers
from server.codes.dates import is_day, year_of
from server.codes.errors import CodeError
from server.codes.types import INSURANCE, PERSON, Document, Parsed

KINDS = ("health_insurance_new", "health_insurance_old")
SEXES = {b"1": "m", b"2": "f"}
BENEFITS = b"12345"


def read(code: bytes, kind: str, at_ms: int) -> Parsed:
    """A code that kind_of() names a health-insurance card.
    Raises `CodeError`: `insurance_code`, `insurance_date`, `insurance_name`, `insurance_number`."""
    holder, name, born, sex = code.split(b"|", 4)[:4]
    warnings: list[str] = []
    if len(holder) == 15:
        if holder[2] not in BENEFITS:
            raise CodeError("insurance_code")
        if f"0{holder[3:5].decode()}" not in numbers.PROVINCES:
            warnings.append(numbers.PROVINCE)
    number = holder[-10:].decode()
    if numbers.is_one_digit(number):
        raise CodeError("insurance_number")
    year = year_of(born[-4:].decode(), at_ms)
    if year is None:
        raise CodeError("insurance_date")
    if len(born) == 10 and not is_day(int(year), int(born[3:5]), int(born[:2])):
        warnings.append("date")
    try:
        text = unhexlify(name).decode("utf-8")
    except ValueError:
        raise CodeError("insurance_name") from None
    return Parsed(
        kind,
        PERSON,
        (Document(INSURANCE, number),),
        names.cleaned(text, warnings),
        year,
        SEXES[sex],
        warnings=tuple(warnings),
    )

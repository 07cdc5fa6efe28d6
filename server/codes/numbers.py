"""The twelve digits of a citizen: where registered, sex and century, year, and six drawn at random.

1. There is no check digit. What can be compared is only compared: a difference is a warning, never a refusal, since
   numbers given by mistake stay given (Thông tư 59/2021/TT-BCA art. 4).
2. The first three are one of the 63 provinces before the mergers of 2025, whose numbers stay, or a country from 101 on.
3. The fourth is even for men and odd for women; halved it counts the centuries since 1900. Two digits of the
   year follow.
"""

import json
from pathlib import Path

PROVINCE = "province"
SEX_DIGIT = "sex_digit"
YEAR_DIGIT = "year_digit"

_FOUND = json.loads(Path(__file__).with_name("birth_places.json").read_text(encoding="utf-8"))
PROVINCES: dict[str, str] = _FOUND["provinces"]
"""Code of three digits -> name, before the mergers of 2025."""
FIRST_COUNTRY, LAST_COUNTRY = int(_FOUND["countries"]["first"]), int(_FOUND["countries"]["last"])


def compared(number: str, sex: str | None, year: str | None) -> list[str]:
    """What does not fit together, as warnings. `number`: 12 digits; sex f or m; year of four digits."""
    found = []
    if number[:3] not in PROVINCES and not FIRST_COUNTRY <= int(number[:3]) <= LAST_COUNTRY:
        found.append(PROVINCE)
    century_and_sex = int(number[3])
    if sex is not None and (sex == "f") != bool(century_and_sex % 2):
        found.append(SEX_DIGIT)
    if year is not None and f"{19 + century_and_sex // 2}{number[4:6]}" != year:
        found.append(YEAR_DIGIT)
    return found


def is_one_digit(number: str) -> bool:
    """000000000 and the like: what is typed where nobody has a number."""
    return len(set(number)) == 1

"""What people write into the register, in its form: names, ids, codes of areas, days and instants.

1. Text is NFC, in one line, without spaces at its ends or doubled. Control characters, and the characters that turn the
   direction of writing or have no width, are refused: what is shown is what was written. So are < and >, and what
   begins as a formula does: whatever opens it, a page or a spreadsheet, has nothing to run.
2. A day may be written 2026-01-31 or, as spreadsheets in Vietnam do, 31/01/2026; a time of day may follow. Local time
   is Asia/Ho_Chi_Minh (UTC+7). "" is 0: as long as anything is known of.
"""

import re
import unicodedata
from datetime import UTC, datetime, timedelta

from server.errors import Refused

ZONE = timedelta(hours=7)
ID = re.compile(r"[a-z0-9][a-z0-9-]{2,31}\Z")
GATE = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
AREA = re.compile(r"\d{2}(\d(\d\d)?)?\Z")
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
WHOLE = re.compile(r"\d{1,12}\Z")
USER = re.compile(r"[\w.@-]{1,64}\Z")
FORMS = ("%Y-%m-%d", "%d/%m/%Y")
TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M", "T%H:%M:%S")
LEVELS = {2: "province", 3: "district", 5: "commune"}
FORMULA = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
REFUSED_CATEGORIES = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
YEARS = (1970, 2200)


def text(said: str, most: int, least: int = 0) -> str:
    """A line of text of so many letters. Raises `Refused`: `text` and what begins so."""
    if len(said) > 4 * most:
        raise Refused("text_long", f"longer than {most} letters")
    made = " ".join(unicodedata.normalize("NFC", said).split(" ")).strip()
    if any(unicodedata.category(letter) in REFUSED_CATEGORIES for letter in made):
        raise Refused("text", "a character that cannot be seen, or turns the direction of writing")
    made = " ".join(made.split())
    must_be_inert(made)
    if len(made) > most:
        raise Refused("text_long", f"longer than {most} letters")
    if len(made) < least:
        raise Refused("text_missing", "nothing is written there")
    return made


def must_be_inert(said: str) -> None:
    """Raises `Refused`: `text_markup`, `text_formula`."""
    if "<" in said or ">" in said:
        raise Refused("text_markup", "< or >")
    if FORMULA.match(said):
        raise Refused("text_formula", "it begins as a formula")


def matching(said: str, pattern: re.Pattern[str], code: str) -> str:
    """The same. Raises `Refused` with this code."""
    if pattern.match(said) is None or not said.isascii():
        raise Refused(code, f"{printable(said)}: not in its form")
    return said


def printable(said: str) -> str:
    """A short piece of what was written, safe to be shown."""
    return "".join(letter if letter.isprintable() else "?" for letter in said[:40])


def area_code(said: str) -> str:
    """Two, three or five digits: province, district, commune. Raises `Refused`: `area_code`."""
    return matching(said, AREA, "area_code")


def whole(said: str, most: int, code: str) -> int:
    """A whole number; "" is 0. Raises `Refused` with this code."""
    if said == "":
        return 0
    found = int(matching(said, WHOLE, code))
    if found > most:
        raise Refused(code, f"more than {most}")
    return found


def day(said: str) -> str:
    """A date as 2026-01-31; "" stays. Raises `Refused`: `place_day`."""
    return "" if said == "" else _read(said, ("",), "place_day").date().isoformat()


def instant_ms(said: str) -> int:
    """UTC ms of a local day, perhaps with a time; "" is 0. Raises `Refused`: `place_instant`."""
    if said == "":
        return 0
    found = _read(said, TIMES, "place_instant").replace(tzinfo=UTC) - ZONE
    return (found - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def local(utc_ms: int, between: str = " ") -> str:
    """What `instant_ms` reads as this, seconds and all; "" for 0."""
    if utc_ms == 0:
        return ""
    made = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=utc_ms) + ZONE
    return made.strftime(f"%Y-%m-%d{between}%H:%M:%S")


def _read(said: str, times: tuple[str, ...], code: str) -> datetime:
    if len(said) > 19 or not said.isascii():
        raise Refused(code, f"{printable(said)}: no such day")
    for form in FORMS:
        for time in times:
            try:
                found = datetime.strptime(said, form + time)
            except ValueError:
                continue
            if YEARS[0] <= found.year < YEARS[1]:
                return found
    raise Refused(code, f"{printable(said)}: no such day")

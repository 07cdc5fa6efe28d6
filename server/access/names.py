"""Names that people give and see, in their form.

1. A log-in name is 3 to 32 of a-z 0-9 . _ -, beginning with a letter or digit: two names never look alike.
2. A name to be shown is NFC, at most 64 characters, and has no control, format (bidi overrides, zero width), private,
   surrogate or line-separating character: nothing in it can forge a header, a log line or the direction of a text. It
   has no < and no >, and does not begin as a spreadsheet's formula does.
"""

import re
import unicodedata

from server.errors import Refused

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{2,31}\Z")
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\Z")
FORMULA = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
MOST = 64
BARRED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def login(text: str) -> str:
    """Raises `Refused`: `user_name`."""
    if not LOGIN.match(text):
        raise Refused("user_name", "3 to 32 of a-z 0-9 . _ -, beginning with a letter or digit")
    return text


def shown(text: str, most: int = MOST) -> str:
    """As it is kept. Raises `Refused`: `text`, `text_markup`, `text_formula`."""
    made = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(made) <= most or any(unicodedata.category(letter) in BARRED for letter in made):
        raise Refused("text", f"1 to {most} characters, none of them invisible")
    if "<" in made or ">" in made:
        raise Refused("text_markup", "< or >")
    if FORMULA.match(made):
        raise Refused("text_formula", "it begins as a formula")
    return made


def ids(found: list[str], what: str) -> tuple[str, ...]:
    """Ids of areas or places, each once, in order. Raises `Refused`: `field`."""
    if len(found) > 1000 or any(one != "*" and not ID.match(one) for one in found):
        raise Refused("field", f"{what} is not in its form")
    return tuple(sorted(set(found)))

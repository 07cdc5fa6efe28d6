"""A case: what a tracer works under, and the pseudonyms that hold within it.

1. Every question belongs to an open case. A case ends at an instant that was said when it was opened, or is closed
   before; after that nothing is asked, opened or exported under it, and the contacts of its answers are destroyed. The
   questions stay: who, when, what by which rules, how much came of it.
2. A case is of an area, or of everywhere (empty). Who is bounded by areas works only under cases within them.
3. A pseudonym is a person's within one case: a keyed hash under the case's own random key, so that those of two cases
   cannot be matched. 50 bits, in Crockford's base 32 without I, L, O, U.
4. A question's window lies in order, in the past, and is no longer than the rule set looks back.
"""

import hmac
import re
import unicodedata
from hashlib import sha256
from typing import NamedTuple

from server.errors import Refused
from server.tracing.rules import RuleSet
from server.tracing.types import DAY_MS, Window

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LETTERS = 10
LONGEST_TEXT = 200
LONGEST_CASE_DAYS = 366
FORMULA = re.compile("'*[=+\\-@\uff1d\uff0b\uff0d\uff20]")
FORBIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


class Case(NamedTuple):
    """`area`: a code, empty for everywhere; `key`: what its pseudonyms are made with."""

    id: str
    title: str
    legal_basis: str
    area: str
    opened_by: str
    opened_ms: int
    ends_ms: int
    key: bytes
    closed_by: str | None = None
    closed_ms: int | None = None
    version: int = 1

    def is_open(self, now_ms: int) -> bool:
        """Whether one may work under it."""
        return self.closed_ms is None and now_ms < self.ends_ms

    def must_be_open(self, now_ms: int) -> None:
        """Raises `Refused`: `case_closed`."""
        if not self.is_open(now_ms):
            raise Refused("case_closed", "the case is closed, or its time is over")

    def __repr__(self) -> str:
        return f"Case({self.id})"


def pseudonym(case_key: bytes, person: bytes) -> str:
    """Ten letters in two groups: `7Q2M9-XDK4T`."""
    number = int.from_bytes(hmac.digest(case_key, b"tram-case-pseudonym|" + person, sha256)[:8], "big") >> 14
    letters = "".join(ALPHABET[(number >> (5 * place)) & 31] for place in reversed(range(LETTERS)))
    return f"{letters[:5]}-{letters[5:]}"


def text(value: str, what: str) -> str:
    """A line that people write, normalised. Raises `Refused`: `text`, `text_markup`, `text_formula`."""
    clean = unicodedata.normalize("NFC", value).strip()
    if not clean or len(clean) > LONGEST_TEXT:
        raise Refused("text", f"{what} is a line of 1 to {LONGEST_TEXT} characters")
    if any(unicodedata.category(one) in FORBIDDEN for one in clean):
        raise Refused("text", f"{what} has a character that does not belong into a line")
    if "<" in clean or ">" in clean:
        raise Refused("text_markup", f"{what}: < or >")
    if FORMULA.match(clean):
        raise Refused("text_formula", f"{what} begins as a formula")
    return clean


def checked_end(ends_ms: int, now_ms: int) -> int:
    """When a case ends. Raises `Refused`: `case_end`."""
    if not now_ms < ends_ms <= now_ms + LONGEST_CASE_DAYS * DAY_MS:
        raise Refused("case_end", f"a case ends in the future, within {LONGEST_CASE_DAYS} days")
    return ends_ms


def checked_window(from_ms: int | None, to_ms: int | None, rules: RuleSet, now_ms: int) -> Window:
    """The window of a question; None: until now, from as far as the rule set looks back.

    Raises `Refused`: `window_future`, `window_order`, `window_long`."""
    end_ms = now_ms if to_ms is None else to_ms
    start_ms = end_ms - rules.look_back_days * DAY_MS if from_ms is None else from_ms
    if end_ms > now_ms or start_ms > now_ms:
        raise Refused("window_future", "the window ends in the future")
    if start_ms >= end_ms:
        raise Refused("window_order", "the window ends before it begins")
    if start_ms < 0 or end_ms - start_ms > rules.look_back_days * DAY_MS:
        raise Refused("window_long", f"the rule set looks back {rules.look_back_days} days")
    return Window(start_ms, end_ms)


def covers(areas: frozenset[str], above: frozenset[str]) -> bool:
    """Whether somebody who is bounded by `areas` (empty: by none; `*`: by none) reaches what lies in `above`."""
    return not areas or "*" in areas or not areas.isdisjoint(above)

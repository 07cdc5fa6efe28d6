"""Names of people: which letters they are written in, and what is taken out of them.

1. A name is kept in NFC, with its marks. Control characters, marks of writing direction and characters of no width are
   taken out, which is a warning; white space is one space. Whatever else stands in it is text, and stays.
2. A name that a reader's character set may have spoilt is written in Vietnamese letters, those of the Latin scripts of
   Vietnam's other peoples, and ASCII without question mark and backslash. A letter with a mark, misread in a character
   set of one byte, leaves that alphabet, but for pairs that stand in no name: ơ in DOS Latin (`ãí`), a mark of its own
   on a Mac (`ÃÉ`). They spoil it too.
3. A name of more than 100 characters is no name.
"""

import re
import unicodedata
from itertools import product

MOST_CHARACTERS = 100
CLEANED = "name_cleaned"
DOUBTFUL = "name_doubtful"
LONG = "name_long"

_TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
_VOWELS = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
_LETTERS = {unicodedata.normalize("NFC", vowel + tone) for vowel, tone in product(_VOWELS, _TONES)}
_OTHER_PEOPLES = "čČĕĔĭĬŏŎŭŬƀɃñÑ\u0306"  # Ê Đê, Gia Rai, Ba Na, M'Nông; the breve stands on ê, ô, ơ, ư too
_LETTERS_CLASS = "".join(sorted(letter for letter in _LETTERS if letter > "\x7f")) + "đĐ" + _OTHER_PEOPLES
_ASCII = r" ->@-\[\]-~"  # without ? and \
_IN_ADDRESSES = "–—‘’“”…"
_NAME = re.compile(f"[{_ASCII}{_LETTERS_CLASS}]*")
_ADDRESS = re.compile(f"[{_ASCII}{_LETTERS_CLASS}{_IN_ADDRESSES}]*")
FIELD = r" ->@-\[\]-{}~" + _LETTERS_CLASS
"""The alphabet of names without the bar, as it stands between brackets of a pattern."""
ADDRESS_FIELD = FIELD + _IN_ADDRESSES
_VOWELS_ONLY = re.compile("[aeiouy]", re.IGNORECASE)
ESCAPED = "&#"
LOOK_ALIKE = re.compile("[ãĂ][áí]|Ã[Éâõ]")
_INVISIBLE = re.compile(
    "[\x00-\x1f\x7f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]"
)


def is_unspoilt(name: str) -> bool:
    """Whether all of it is in the alphabet of names, not counting what is taken out anyway. `name`: NFC."""
    if ESCAPED in name or LOOK_ALIKE.search(name):
        return False
    return _NAME.fullmatch(name) is not None or _NAME.fullmatch(_INVISIBLE.sub("", name)) is not None


def is_pronounced(name: str) -> bool:
    """Whether each of its words has a vowel: one that has none has lost it. `name`: NFC."""
    words = unicodedata.normalize("NFD", name).split()
    return bool(words) and all(_VOWELS_ONLY.search(word) for word in words)


def is_unspoilt_address(text: str) -> bool:
    """The same for an address, which is looked at and never kept."""
    if LOOK_ALIKE.search(text):
        return False
    return _ADDRESS.fullmatch(text) is not None or _ADDRESS.fullmatch(_INVISIBLE.sub("", text)) is not None


def cleaned(text: str, warnings: list[str]) -> str | None:
    """The name to keep, or None; appends to `warnings`."""
    name = unicodedata.normalize("NFC", text)
    if not name.isprintable() or _INVISIBLE.search(name):
        kept = "".join(" " if one in "\t\n" else one for one in name if one in " \t\n" or not _is_hidden(one))
        if kept.split() != name.split():
            warnings.append(CLEANED)
        name = kept
    name = " ".join(name.split())
    if len(name) > MOST_CHARACTERS:
        warnings.append(LONG)
        return None
    if not name:
        warnings.append(DOUBTFUL)
        return None
    return name


def _is_hidden(one: str) -> bool:
    return unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or _INVISIBLE.match(one) is not None

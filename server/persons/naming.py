"""From what a code says to tokens: which numbers name a person, and as what. Pure; the keyed hash is handed in.

1. A token is the keyed hash of type and number. The number is brought into one spelling first.
2. A masked number names nobody. With the name and the year it makes a `probable` token of its last six digits; a whole
   citizen number makes the same one beside its own, so that the two can be found beside each other.
3. A ticket is nobody's.
4. Where a scan is on behalf of somebody, the numbers are that somebody's; the guardian's stay apart and join nothing.
"""

import unicodedata
from collections.abc import Callable

from server.codes.types import CITIZEN, OLD_CITIZEN, PHONE, TICKET, Document, Parsed
from server.persons.types import PROBABLE, Named, Token

Mac = Callable[[bytes], bytes]
LAST_DIGITS = 6
_CARD_TYPES = (CITIZEN, OLD_CITIZEN)


class _Plain(dict[int, str]):
    """What `str.translate` puts in the place of each sign: in upper case, without marks. Filled as signs come."""

    def __missing__(self, code: int) -> str:
        bare = unicodedata.normalize("NFD", chr(code))
        self[code] = "".join(sign for sign in bare if not unicodedata.combining(sign)).upper()
        return self[code]


_PLAIN = _Plain({ord("đ"): "D", ord("Đ"): "D"})


def spelled(document: Document) -> bytes:
    """What is hashed: one spelling for one number."""
    value = document.value
    if not (value.isascii() and value.isdigit()):
        value = "".join(unicodedata.normalize("NFC", value).upper().split())
    return f"{document.type}|{value}".encode()


def plain_name(name: str) -> str:
    """A name without marks, in upper case, with single spaces: as the national platform writes it."""
    return " ".join(name.translate(_PLAIN).split())


def token(document: Document, mac: Mac) -> Token:
    """The token of a whole number."""
    return Token(document.type, mac(spelled(document)))


def tokens(documents: tuple[Document, ...], name: str | None, born: str | None, mac: Mac) -> tuple[Token, ...]:
    """The tokens of one person's documents, each once, in the order of the documents."""
    if not documents:
        return ()
    found: dict[bytes, Token] = {}
    called = f"{plain_name(name)}|{born}" if name and born else ""
    for document in documents:
        if document.type == TICKET:
            continue
        if not document.masked:
            made = token(document, mac)
            found.setdefault(made.mac, made)
        probable = _probable(document, called, mac) if called else None
        if probable is not None:
            found.setdefault(probable.mac, probable)
    return tuple(found.values())


def named(parsed: Parsed, mac: Mac) -> Named:
    """What a scan says of who it is for."""
    guardian = tokens(parsed.guardian, None, None, mac)
    own = tokens(parsed.documents, parsed.name, parsed.born, mac)
    has_phone = any(one.type == PHONE for one in (*own, *guardian))
    return Named(parsed.kind, own, guardian, parsed.on_behalf, has_phone, parsed.class_)


def _probable(document: Document, called: str, mac: Mac) -> Token | None:
    digits = document.value[-LAST_DIGITS:]
    if document.type not in _CARD_TYPES or len(digits) != LAST_DIGITS or not digits.isdigit():
        return None
    said = f"{PROBABLE}|{document.type}|{digits}|{called}"
    return Token(PROBABLE, mac(said.encode()), document.masked)

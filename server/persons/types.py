"""What linking works on: tokens in the place of numbers. Nothing here can be read back into a document."""

from typing import NamedTuple

from server.codes.types import CERTIFICATE, CITIZEN, INSURANCE, OLD_CITIZEN, PASSPORT, PERSONAL_QR, PHONE

MAC_BYTES = 16
# A token of this type says "the last six digits, the name, the year": somebody probably is somebody.
PROBABLE = "probable"
# Who may begin a person, the strongest first. A phone begins one only where nothing else is known (see link.py).
RANKS = (CITIZEN, PERSONAL_QR, PASSPORT, CERTIFICATE, INSURANCE, OLD_CITIZEN)
ANCHOR = CITIZEN
# What a scan is known by, the best first.
NAMING = (CITIZEN, PASSPORT, PERSONAL_QR, CERTIFICATE, INSURANCE, OLD_CITIZEN, PROBABLE, PHONE)
_PLACE_IN_NAMING = {type_: at for at, type_ in enumerate(NAMING)}


class Token(NamedTuple):
    """A number of a person as a keyed hash of 16 bytes. `masked`: some of the number was stars, or it is only the
    `probable` side of a whole one; it never joins two persons."""

    type: str
    mac: bytes
    masked: bool = False

    def __repr__(self) -> str:
        return f"Token({self.type})"


class Named(NamedTuple):
    """What a scan says of who it is for, without a letter of it. `guardian`: of who declared on behalf."""

    kind: str
    tokens: tuple[Token, ...]
    guardian: tuple[Token, ...] = ()
    on_behalf: bool = False
    has_phone: bool = False
    class_: str = "person"

    def __repr__(self) -> str:
        return f"Named({self.kind}, {len(self.tokens)} tokens)"

    @property
    def naming(self) -> Token | None:
        """The token that the scan goes by: the smallest of the best type. The same for the same scan, always."""
        best: Token | None = None
        best_rank = len(NAMING)
        for token in self.tokens:  # once or more for every scan there is
            rank = _PLACE_IN_NAMING.get(token.type)
            if rank is None or rank > best_rank or token.masked is not (token.type == PROBABLE):
                continue
            if best is None or rank < best_rank or token.mac < best.mac:
                best, best_rank = token, rank
        return best

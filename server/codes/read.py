"""Read what a code says, and keep the minimum of it.

1. The kind is what firmware/codes names; the depth is here. White space around a code is the reader's.
2. A code that names nobody, or whose form breaks, is `CodeError`. A doubt about what it says is a warning.
3. Of `other` codes, those that a ticket rule takes are tickets; those that meant to be a person's code are refused by
   name; the rest is nobody's.
"""

from firmware.codes import kind_of
from server.codes import citizen, hc1, insurance, nearly, payment, personal, shc, tickets
from server.codes.errors import CONTROL, PAYMENT, PAYMENT_DAMAGED, PLACE, SET_UP, CodeError
from server.codes.rules import Rules
from server.codes.trust import Trust
from server.codes.types import CODE, Parsed

MOST_BYTES = 3072
_WHITE = b" \t\r\n\0"
_REFUSED = {"place": PLACE, "control": CONTROL, "provision": SET_UP}


def read(code: bytes, rules: Rules, trust: Trust, at_ms: int) -> Parsed:
    """The minimum of one code, as it was shown at `at_ms` (UTC). Raises `CodeError`; never anything else.

    - A person's code -> Parsed of class PERSON (cards, personal codes) or HEALTH (certificates, whatever the verdict).
    - A code that a ticket rule takes -> Parsed("other", CODE, (Document(TICKET),), rule=its name).
    - Any other code that means nothing to us -> Parsed("other", CODE) with no documents and no rule: to be kept whole.
    - `CodeError`: it means to be one of the known kinds and is not, or names nobody; `may_be_kept` says whether it may
      be kept whole, sealed. Payment codes, place codes, control and set-up codes never may.
    - A certificate that nobody trusts or whose signature is wrong is Parsed with that verdict, and no documents where
      the signature is wrong.
    - Masked documents keep their stars in `value`: `******012345`.
    """
    if len(code) > MOST_BYTES:
        raise CodeError("code_too_long")
    code = code.strip(_WHITE)
    if not code:
        raise CodeError("code_empty")
    card = citizen.read_whole(code, at_ms)
    if card is not None:
        return card
    kind = kind_of(code)
    if kind in citizen.KINDS:
        return citizen.read(code, kind, at_ms)
    if kind == "personal_1405":
        return personal.read(code, kind, at_ms)
    if kind in insurance.KINDS:
        return insurance.read(code, kind, at_ms)
    if kind == hc1.KIND:
        return hc1.read(code, rules.health, trust, at_ms)
    if kind == shc.KIND:
        return shc.read(code, rules.health, trust, at_ms)
    if kind == "vietqr":
        raise CodeError(PAYMENT if payment.is_whole(code) else PAYMENT_DAMAGED)
    if kind in _REFUSED:
        raise CodeError(_REFUSED[kind])
    return _other(code, rules)


def _other(code: bytes, rules: Rules) -> Parsed:
    if code.isascii():
        taken = tickets.take(code.decode("ascii"), rules.tickets)
        if taken is not None:
            return taken
    nearly.refuse(code)
    return Parsed("other", CODE)

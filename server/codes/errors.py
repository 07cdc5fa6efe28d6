"""What is wrong with a code.

1. `code` is stable; the text of a code never stands in an error, not even a part of it. So what a decoder said, which
   may quote it, is never handed on as the cause.
2. What is in NEVER_KEPT is nobody's identity, and holds what is not ours to hold (somebody's bank account, a secret of
   the fleet): it must not be kept, not even sealed. Every other code that could not be read may be kept sealed.
"""

from server.errors import Refused

PAYMENT = "payment_code"
PAYMENT_DAMAGED = "payment_damaged"
PLACE = "place_code"
CONTROL = "control_code"
SET_UP = "set_up_code"
NEVER_KEPT = frozenset((PAYMENT, PAYMENT_DAMAGED, PLACE, CONTROL, SET_UP))


class CodeError(Refused):
    """This code could not be read, or names nobody. `code` says why; `detail` is always empty."""

    def __init__(self, code: str) -> None:
        super().__init__(code)

    @property
    def may_be_kept(self) -> bool:
        """Whether the code may be kept, sealed, to be looked at later."""
        return self.code not in NEVER_KEPT

"""Errors of the server: whose fault, and a stable code.

1. `Refused`: what the caller sent is wrong, and stays wrong. Nothing was kept.
2. `Unavailable`: the server cannot keep it now. Nothing was kept; the same may be sent again later.
3. `Unusable`: the server cannot start, and says why.

`code` is stable and safe to count; `detail` is for a person and never holds a code that somebody showed, or a secret.
Which HTTP status belongs to which code is said in one table: `server.web.problems`.
"""


class TramError(Exception):
    """The base of all: `code` and `detail`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Refused(TramError):
    """The caller's fault."""


class Unavailable(TramError):
    """Ours, for the moment."""


class Unusable(TramError):
    """Ours, until somebody does something about it."""

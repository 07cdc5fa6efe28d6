"""Refusals that say when to come again."""

from server.errors import Refused, Unavailable


class Locked(Refused):
    """Too many log-ins failed: `locked`, and how long to wait."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("locked", "too many log-ins failed")
        self.retry_after_s = retry_after_s


class TooManyLogIns(Unavailable):
    """More log-ins at once than are judged: `too_many_logins`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("too_many_logins", "too many log-ins at once")
        self.retry_after_s = retry_after_s

"""What came of a request: by a stable code, with what follows from it.

| code          | of                                       | follows                                            |
|---------------|------------------------------------------|----------------------------------------------------|
| `answered`    | 200 (or what else was asked for)         | the caller looks at the body                       |
| `unreachable` | no connection                            | says nothing of the batch: wait, longer each time  |
| `name`        | the address's name is not known          | the same: no network, or a mistyped address        |
| `certificate` | not of our authority, not for that name  | the same: somebody else is there                   |
| `expired`     | its time is over, for sure               | the same: a person must renew it                   |
| `clock`       | its time has not begun, by our clock     | the same: our clock is wrong, most likely          |
| `tls`         | no TLS there, or not one that we speak   | the same                                           |
| `slow_down`   | 429, 425                                 | the same, as long as Retry-After says at least     |
| `busy`        | 502, 503, 504                            | the same                                           |
| `denied`      | 401, 403; our certificate is not wanted  | a person must do something: wait long              |
| `misplaced`   | 3xx, 404, 405, 410, other statuses       | the same: not our server, or not its address       |
| `too_large`   | 413                                      | half as much at once; one record alone: suspicion  |
| `rejected`    | 400, 415, 422                            | something in this batch, at once a suspicion       |
| `failed`      | 500, and other 5xx                       | the server or the batch: a suspicion the next time |
| `cut`         | timeout, or cut off after connecting     | the same                                           |
| `bad_answer`  | 200 that is no answer to what was asked  | nothing is freed but what matches; wait            |
"""

from typing import NamedTuple

ANSWERED = "answered"
UNREACHABLE = "unreachable"
NAME = "name"
CERTIFICATE = "certificate"
EXPIRED = "expired"
CLOCK = "clock"
TLS = "tls"
SLOW_DOWN = "slow_down"
BUSY = "busy"
DENIED = "denied"
MISPLACED = "misplaced"
TOO_LARGE = "too_large"
REJECTED = "rejected"
FAILED = "failed"
CUT = "cut"
BAD_ANSWER = "bad_answer"

SLOW = frozenset((DENIED, MISPLACED))
SUSPICIOUS_AT_ONCE = frozenset((REJECTED, TOO_LARGE))
SUSPICIOUS_AGAIN = frozenset((FAILED, CUT))
OF_THE_SERVER = frozenset((ANSWERED, REJECTED, TOO_LARGE, SLOW_DOWN))
"""What our own server says: no reason to try another address."""

_BY_STATUS = {
    400: REJECTED,
    401: DENIED,
    403: DENIED,
    408: CUT,
    413: TOO_LARGE,
    415: REJECTED,
    422: REJECTED,
    425: SLOW_DOWN,
    429: SLOW_DOWN,
    502: BUSY,
    503: BUSY,
    504: BUSY,
}


class Outcome(NamedTuple):
    code: str
    detail: str
    """In words, with the address where that matters."""
    body: bytes = b""
    """Of a `cut` answer: what had come of it."""
    retry_after_s: float | None = None
    status: int = 0
    elsewhere: bool = False
    """Another address of the server has not been tried yet since this one failed."""
    valid_ms: tuple[int, int] | None = None
    """Between which instants the server's certificates are good; None: no certificates."""

    def admits(self, utc_ms: int) -> bool:
        """Whether it can be that time where the answer came from: its own certificates must be good then."""
        return self.valid_ms is None or self.valid_ms[0] <= utc_ms <= self.valid_ms[1]


def code_of(status: int, good: frozenset[int]) -> str:
    if status in good:
        return ANSWERED
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return FAILED if status >= 500 else MISPLACED

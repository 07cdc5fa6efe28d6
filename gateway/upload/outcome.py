"""What came of a request: by a stable code, with what follows from it.

| code          | of                                     | follows                                            |
|---------------|----------------------------------------|----------------------------------------------------|
| `answered`    | 200                                    | verdicts.py looks at the body                      |
| `unreachable` | no connection                          | says nothing of the batch: wait, longer each time  |
| `busy`        | 429, 502, 503, 504                     | the same, as long as Retry-After says at least     |
| `denied`      | 401, 403                               | a person must do something: wait long              |
| `misplaced`   | 3xx, 404, 405, 410, other statuses     | the same: not our server, or not its address       |
| `too_large`   | 413                                    | half as much at once; one record alone: suspicion  |
| `rejected`    | 400, 415, 422                          | something in this batch, at once a suspicion       |
| `failed`      | 500, and other 5xx                     | the server or the batch: a suspicion the next time |
| `cut`         | timeout, or cut off after connecting   | the same                                           |
| `bad_answer`  | 200 that is no answer to this batch    | nothing is freed but what matches; wait            |
"""

from typing import NamedTuple

ANSWERED = "answered"
UNREACHABLE = "unreachable"
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

_BY_STATUS = {
    200: ANSWERED,
    400: REJECTED,
    401: DENIED,
    403: DENIED,
    408: CUT,
    413: TOO_LARGE,
    415: REJECTED,
    422: REJECTED,
    425: BUSY,
    429: BUSY,
    502: BUSY,
    503: BUSY,
    504: BUSY,
}


class Outcome(NamedTuple):
    code: str
    detail: str
    body: bytes = b""
    retry_after_s: float | None = None


def code_of(status: int) -> str:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return FAILED if status >= 500 else MISPLACED

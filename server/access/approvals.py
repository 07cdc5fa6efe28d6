"""Two persons for what one must not do alone: exports of many people.

1. One asks, and ANOTHER with the role approves or refuses: nobody approves what they asked for, and a token speaks for
   its user.
2. It is good for one question: the SHA-256 over its canonical JSON, action and all. Another bit, another question.
3. It is used once, by the one who asked, before it ends (at most 24 hours after it was asked for).
4. asked -> approved -> used; asked -> refused. What has ended is neither approved nor used.
Source: the case for it is a "super admin" who downloaded three million records (Malaysia, 2021).
"""

from hashlib import sha256
from typing import NamedTuple

import msgspec

from server.errors import Refused

ASKED, APPROVED, DENIED, USED = "asked", "approved", "refused", "used"
MOST_MS = 86_400_000


class Approval(NamedTuple):
    """`question`: 64 hexadecimal digits; `about`: an id of what it is about, such as a case; `people`: how many."""

    id: str
    action: str
    question: str
    about: str
    people: int
    asked_by: str
    asked_ms: int
    ends_ms: int
    state: str
    judged_by: str
    judged_ms: int | None
    used_ms: int | None


def question_hash(action: str, question: object) -> str:
    """Of what msgspec can write; dictionaries in the order of their keys."""
    return sha256(
        b"tram question 1\n" + action.encode() + b"\n" + msgspec.json.encode(question, order="sorted")
    ).hexdigest()


def ends(asked_ms: int, within_ms: int) -> int:
    """When it ends. Raises `Refused`: `approval_end`."""
    if not 0 < within_ms <= MOST_MS:
        raise Refused("approval_end", "an approval is good for 24 hours at most")
    return asked_ms + within_ms


def judge(approval: Approval, by: str, is_yes: bool, now_ms: int) -> Approval:
    """Approved or refused. Raises `Refused`: `approval_own`, `approval_state`, `approval_over`."""
    if by == approval.asked_by:
        raise Refused("approval_own", "another person has to approve it")
    if approval.state != ASKED:
        raise Refused("approval_state", f"it is {approval.state}")
    _must_last(approval, now_ms)
    return approval._replace(state=APPROVED if is_yes else DENIED, judged_by=by, judged_ms=now_ms)


def use(approval: Approval, by: str, action: str, question: str, now_ms: int) -> Approval:
    """Used. Raises `Refused`: `approval_other`, `approval_state`, `approval_over`."""
    if (approval.asked_by, approval.action, approval.question) != (by, action, question):
        raise Refused("approval_other", "it was given to another, or for another question")
    if approval.state != APPROVED:
        raise Refused("approval_state", f"it is {approval.state}")
    _must_last(approval, now_ms)
    return approval._replace(state=USED, used_ms=now_ms)


def _must_last(approval: Approval, now_ms: int) -> None:
    if not approval.asked_ms - MOST_MS <= now_ms < approval.ends_ms:
        raise Refused("approval_over", "it has ended")

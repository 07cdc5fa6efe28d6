"""Two persons for what one must not do alone: telling who many people are.

1. One asks, and ANOTHER with the role approves or refuses: nobody approves what they asked for, and a token speaks for
   its user.
2. It is good for one question: the SHA-256 over its canonical JSON, action and all. Another bit, another question.
3. It is used once, by the one who asked, before it ends (at most 24 hours after it was asked for), and for no more
   people than it was given for.
4. asked -> approved -> used; asked -> refused. What has ended is neither approved nor used.
5. One after the other is many, too: of an answer of more than `most` people somebody opens `most` different ones alone,
   counted over all questions of the case, and the rest with an approval of that answer, which from its use until its
   end is good for all of them. Who was opened already counts once.
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


class Opening(NamedTuple):
    """One contact of an answer of `people` is to be opened. `person`: as the answer has it, 32 hexadecimal digits;
    `action`, `question`, `approval`: what an approval has to be for, and its id where there is one."""

    case_id: str
    question_id: str
    person: str
    people: int
    most: int
    action: str
    question: str
    approval: str


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


def use(approval: Approval, by: str, action: str, question: str, now_ms: int, people: int = 0) -> Approval:
    """Used, for so many people. Raises `Refused`: `approval_other`, `approval_state`, `approval_over`."""
    if (approval.asked_by, approval.action, approval.question) != (by, action, question):
        raise Refused("approval_other", "it was given to another, or for another question")
    if people > approval.people:
        raise Refused("approval_other", f"it was given for {approval.people} people, and these are {people}")
    if approval.state != APPROVED:
        raise Refused("approval_state", f"it is {approval.state}")
    _must_last(approval, now_ms)
    return approval._replace(state=USED, used_ms=now_ms)


def is_open(approval: Approval, opening: Opening, by: str, now_ms: int) -> bool:
    """Whether it was used before, and lets this one be opened, too."""
    mine = approval.asked_by, approval.action, approval.question, approval.state
    is_mine = mine == (by, opening.action, opening.question, USED)
    return is_mine and opening.people <= approval.people and _lasts(approval, now_ms)


def _lasts(approval: Approval, now_ms: int) -> bool:
    return approval.asked_ms - MOST_MS <= now_ms < approval.ends_ms


def _must_last(approval: Approval, now_ms: int) -> None:
    if not _lasts(approval, now_ms):
        raise Refused("approval_over", "it has ended")

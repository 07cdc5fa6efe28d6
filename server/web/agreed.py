"""What an approval is given for where many people of an answer are told: that very answer, by its hash.

How many people that is, the server says: who asks and who approves see the same number.
"""

from server.access import approvals
from server.access.approvals import Opening
from server.tracing.kept import Asked
from server.web.trace_store import TraceStore

EXPORT = "export"
CASE = "case:"
QUESTIONS = 500


def answer_of(asked: Asked) -> dict[str, str | None]:
    """An answer, as an approval has to be for it."""
    return {"question": asked.id, "sha256": asked.sha256}


def hash_of(asked: Asked) -> str:
    """What is asked for."""
    return approvals.question_hash(EXPORT, answer_of(asked))


def opening(asked: Asked, person: bytes, most: int, approval: str) -> Opening:
    """One contact of an answer is to be opened."""
    people = asked.contacts or 0
    return Opening(asked.case_id, asked.id, person.hex(), people, most, EXPORT, hash_of(asked), approval)


async def people_of(store: TraceStore, about: str, question: str) -> int | None:
    """How many people are in the answer with this hash, of the case that it is about; None: there is no such one."""
    after = (-1, "")
    while about.startswith(CASE):
        page = await store.questions(about.removeprefix(CASE), after, QUESTIONS)
        for asked in page:
            if asked.sha256 is not None and hash_of(asked) == question:
                return asked.contacts or 0
        if len(page) < QUESTIONS:
            break
        after = page[-1].asked_ms, page[-1].id
    return None

"""What is kept of the work under a case: questions, what came of them, exports. Never a document that was asked for."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from server.tracing.told import Kept

WORKING, DONE, FAILED = "working", "done", "failed"


class Asked(NamedTuple):
    """A question as it is kept. `body`: what was asked, without any document; `summary`: what came of it."""

    id: str
    case_id: str
    asked_by: str
    asked_ms: int
    body: dict[str, Any]
    state: str
    code: str | None
    done_ms: int | None
    took_ms: int | None
    contacts: int | None
    sha256: str | None
    summary: dict[str, Any] | None


class Found(NamedTuple):
    """What came of a question."""

    question_id: str
    code: str | None
    done_ms: int
    took_ms: int
    sha256: str | None
    summary: dict[str, Any]
    contacts: Sequence[Kept]


class Export(NamedTuple):
    """That an answer was taken out."""

    id: str
    case_id: str
    question_id: str
    made_by: str
    made_ms: int
    form: str
    with_identities: bool
    contacts: int
    approval: str | None

"""Requests of people, for the page and the API alike: taken in, stepped on; approvals asked for.

What is judged here is the form; by when, and which step follows, is said in `server.access.rights`.
"""

import secrets

from server.access import approvals, rights
from server.access.approvals import ASKED, Approval
from server.access.chain import WORD, Told, is_subject
from server.access.rights import RECEIVED, Asked
from server.access.who import Who
from server.errors import Refused
from server.web import agreed
from server.web.access_forms import ApprovalForm, RequestForm, StepForm
from server.web.desk import Desk

DIGITS = 64
MOST_REFERENCE = 64


async def take_in(desk: Desk, who: Who, form: RequestForm) -> Asked:
    """A request that came in; its days begin when it came. Raises `Refused`: `field`, `request_kind`."""
    now_ms = desk.now_ms()
    received_ms = now_ms if form.received_ms is None else form.received_ms
    for text in (form.subject, form.reference):
        if text and (not is_subject(text) or len(text) > MOST_REFERENCE):
            raise Refused("field", "subject and reference are ids: no names, no numbers of people")
    if not 0 <= received_ms <= now_ms:
        raise Refused("field", "received_ms lies ahead")
    asked = Asked(
        id=secrets.token_hex(8),
        kind=rights.judge(form.kind),
        subject=form.subject,
        reference=form.reference,
        with_processors=form.with_processors,
        received_ms=received_ms,
        state=RECEIVED,
        taken_by=who.id,
        answered_ms=None,
        ended_ms=None,
        extended=0,
        ground="",
        version=1,
    )
    subjects = (f"request:{asked.id}", *((asked.subject,) if asked.subject else ()))
    await desk.access.add_request(asked, Told(who.id, "request_added", subjects, {"kind": asked.kind}))
    return asked


async def step(desk: Desk, who: Who, request_id: str, version: int, form: StepForm) -> Asked:
    """After a step. Raises `Refused`: `field`, and as `AccessStore.step_request`."""
    if form.step not in rights.STEPS or form.ground not in ("", *rights.GROUNDS):
        raise Refused("field", "step or ground is not known")
    told = Told(who.id, "request_stepped", (f"request:{request_id}",), {"step": form.step, "ground": form.ground})
    return await desk.access.step_request(request_id, version, form.step, form.ground, told)


async def ask(desk: Desk, who: Who, form: ApprovalForm) -> Approval:
    """An approval for one question. Of an answer the server says how many people are in it. Raises `Refused`:
    `field`, `approval_end`."""
    is_hash = len(form.question) == DIGITS and not set(form.question) - set("0123456789abcdef")
    if not is_hash or not WORD.match(form.action) or not is_subject(form.about) or not 0 <= form.people < 1 << 31:
        raise Refused("field", "action, question, about or people is not in its form")
    now_ms = desk.now_ms()
    counted = await agreed.people_of(desk.tracing, form.about, form.question) if form.action == agreed.EXPORT else None
    asked = Approval(
        id=secrets.token_hex(8),
        action=form.action,
        question=form.question,
        about=form.about,
        people=form.people if counted is None else counted,
        asked_by=who.id,
        asked_ms=now_ms,
        ends_ms=approvals.ends(now_ms, form.within_s * 1000),
        state=ASKED,
        judged_by="",
        judged_ms=None,
        used_ms=None,
    )
    facts = {"what": asked.action, "question": asked.question, "people": asked.people}
    await desk.access.ask_approval(asked, Told(who.id, "approval_asked", (f"approval:{asked.id}", asked.about), facts))
    return asked

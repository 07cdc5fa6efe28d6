"""What tracers send, and what they are shown."""

import re
from typing import Any

import msgspec

from server.errors import Refused
from server.tracing import classes, rules
from server.tracing.cases import Case
from server.tracing.kept import Asked, Export
from server.tracing.rules import RuleSet
from server.tracing.sheets import local
from server.tracing.told import ToldContact
from server.web.trace_documents import DocumentForm as DocumentForm
from server.web.trace_documents import documents_of as documents_of
from server.web.trace_work import Identity, Wanted

ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
LONGEST_ZONE = 40


class Form(msgspec.Struct, forbid_unknown_fields=True):
    """A body: what is not known in it is refused."""


class CaseForm(Form):
    """A new case. `area`: a code, empty for everywhere."""

    title: str
    legal_basis: str
    ends_ms: int
    area: str = ""


class QuestionForm(Form):
    """Documents of one person, or a place with its window. `from_ms`, `to_ms` null: until now, from as far as the rule
    set looks back. `rule_set` null: the one in force at the instant of each contact."""

    documents: list[DocumentForm] = []
    place_id: str = ""
    gate_id: str = ""
    zone: str = ""
    from_ms: int | None = None
    to_ms: int | None = None
    degree: int = 1
    rule_set: int | None = None


class RuleSetForm(Form):
    """A new version, in force from `since_ms` on. `parameters`: what differs from the built-in set."""

    name: str
    since_ms: int
    parameters: dict[str, Any] = {}


class CaseView(msgspec.Struct):
    """A case."""

    id: str
    title: str
    legal_basis: str
    area: str
    opened_by: str
    opened_ms: int
    ends_ms: int
    is_open: bool
    closed_by: str | None
    closed_ms: int | None
    version: int


class CaseList(msgspec.Struct):
    """Cases; `next` goes into `after`."""

    cases: list[CaseView]
    next: str | None


class Note(msgspec.Struct):
    """Something to know of an answer, in both languages."""

    code: str
    vi: str
    en: str


class QuestionView(msgspec.Struct):
    """A question as it was asked, and what came of it. `about`: person or place; `by_certainty`: how many contacts of
    each class; `counted`: the classes that the rules count by; `nearly`: how many persons of the others were come
    across; `notes`: what is to be known of how it was counted."""

    id: str
    case_id: str
    asked_by: str
    asked_ms: int
    about: str
    place_id: str
    gate_id: str
    zone: str
    from_ms: int
    to_ms: int
    degree: int
    rule_sets: list[int]
    state: str
    code: str | None
    took_ms: int | None
    contacts: int | None
    by_certainty: dict[str, int] | None
    counted: list[str] | None
    nearly: int | None
    sha256: str | None
    notes: list[Note]


class ClassView(msgspec.Struct):
    """How sure contacts are: `sure`, `likely`, `possible`, the surest first; what that means, in both languages; how
    many of the answer are in it (null: it was not counted then); whether the rules count by it."""

    code: str
    contacts: int | None
    is_counted: bool
    vi: str
    en: str
    vi_means: str
    en_means: str


class QuestionList(msgspec.Struct):
    """Questions of a case; `next` goes into `after`."""

    questions: list[QuestionView]
    exports: list[dict[str, Any]]
    next: str | None


class NumberedContact(msgspec.Struct):
    """A contact, with its place in the answer."""

    number: int
    contact: ToldContact


class AnswerView(msgspec.Struct):
    """A question and a page of its answer, the surest contacts first. `looked_at`: rows, while it is being worked on;
    `classes`: how sure the contacts are; `summary` has the holes, and what cut the answer short; `export_question`:
    what an approval has to be given for."""

    question: QuestionView
    looked_at: int
    classes: list[ClassView]
    summary: dict[str, Any] | None
    contacts: list[NumberedContact]
    export_question: str | None
    next: int | None


class RuleSetView(msgspec.Struct):
    """A version of the rule set. Version 0 is built in."""

    version: int
    since_ms: int
    name: str
    parameters: dict[str, Any]


class RuleSetList(msgspec.Struct):
    """By version; `next` goes into `after`, null: there are no more."""

    rule_sets: list[RuleSetView]
    next: int | None


class IdentityView(msgspec.Struct):
    """Who a contact is. `unreadable`: scans of which nothing can be read any more."""

    pseudonym: str
    names: list[str]
    born: list[str]
    sex: list[str]
    documents: list[dict[str, Any]]
    guardian: list[dict[str, Any]]
    on_behalf: bool
    unreadable: int


def wanted(form: QuestionForm) -> Wanted:
    """Raises `Refused`: `document_form`, `field`."""
    documents = documents_of(form.documents)
    for name in ("place_id", "gate_id"):
        value = getattr(form, name)
        if value and ID.match(value) is None:
            raise Refused("field", f"{name} is not in its form")
    if len(form.zone) > LONGEST_ZONE or not form.zone.isprintable():
        raise Refused("field", "zone is not in its form")
    rest = (form.place_id, form.gate_id, form.zone, form.from_ms, form.to_ms, form.degree, form.rule_set)
    return Wanted(documents, *rest)


def case_view(case: Case, now_ms: int) -> CaseView:
    """A case as it is shown; never its key."""
    return CaseView(
        case.id,
        case.title,
        case.legal_basis,
        case.area,
        case.opened_by,
        case.opened_ms,
        case.ends_ms,
        case.is_open(now_ms),
        case.closed_by,
        case.closed_ms,
        case.version,
    )


def question_view(asked: Asked) -> QuestionView:
    """A question as it is shown: never a person."""
    body, summary = asked.body, asked.summary or {}
    return QuestionView(
        asked.id,
        asked.case_id,
        asked.asked_by,
        asked.asked_ms,
        "place" if body["place_id"] else "person",
        body["place_id"],
        body["gate_id"],
        body["zone"],
        body["from_ms"],
        body["to_ms"],
        body["degree"],
        body["rule_sets"],
        asked.state,
        asked.code,
        asked.took_ms,
        asked.contacts,
        summary.get("by_certainty"),
        summary.get("counted"),
        summary.get("nearly"),
        asked.sha256,
        [Note(**one) for one in summary.get("notes", [])],
    )


def class_views(asked: Asked) -> list[ClassView]:
    """The classes of an answer; none where there is no answer."""
    return [ClassView(*one) for one in classes.told(asked.summary)]


def export_view(one: Export) -> dict[str, Any]:
    """An export as it is shown."""
    return one._asdict()


def rule_set_view(one: RuleSet) -> RuleSetView:
    """A version as it is shown."""
    return RuleSetView(one.version, one.since_ms, one.name, rules.said(one))


def identity_view(one: Identity) -> IdentityView:
    """Who it is, for whoever has opened this one."""
    return IdentityView(
        one.pseudonym,
        list(one.names),
        list(one.born),
        list(one.sex),
        [document._asdict() for document in one.documents],
        [document._asdict() for document in one.guardian],
        one.on_behalf,
        one.unreadable,
    )


def facts(asked: Asked) -> list[tuple[str, str]]:
    """Lines about a question, for a sheet."""
    body, summary = asked.body, asked.summary or {}
    return [
        ("Vụ việc / Case", asked.case_id),
        ("Câu hỏi / Question", asked.id),
        ("Hỏi lúc / Asked", local(asked.asked_ms)),
        ("Từ / From", local(body["from_ms"])),
        ("Đến / To", local(body["to_ms"])),
        ("Địa điểm / Place", body["place_id"]),
        ("Bậc / Degree", str(body["degree"])),
        ("Phiên bản quy tắc / Rule sets", " ".join(str(one) for one in summary.get("rule_sets", []))),
        ("Số người / Contacts", str(asked.contacts)),
        *((f"{one.vi} / {one.en}", " / ".join(one.lines)) for one in classes.told(summary)),
        ("Không có điện thoại / Without phone", str(summary.get("without_phone", ""))),
        ("Chưa đầy đủ vì / Cut short by", " ".join(summary.get("cut", []))),
        *(("Chú ý / Note", f"{one['vi']} / {one['en']}") for one in summary.get("notes", [])),
        ("SHA-256", asked.sha256 or ""),
    ]

"""What the API of `server/access` answers with. Never a password, a digest or a sealed secret."""

from collections.abc import Sequence
from typing import Any

import msgspec

from server.access import rights, working_days
from server.access.approvals import Approval
from server.access.chain import Entry
from server.access.rights import Asked
from server.access.two import Reset
from server.access.users import Token, User
from server.access.who import Who
from server.web.words import Phrases


class ResetView(msgspec.Struct):
    """Somebody else changed what I get in by. `what`: `password`, `second_factor`; `lone`: no second person agreed."""

    at_ms: int
    by: str
    name: str
    what: list[str]
    lone: bool
    en: str
    vi: str


class MeView(msgspec.Struct):
    """Who I am. `acting`: the roles that count now; `needs_totp`: a second factor has to be set up first; `resets`: in
    the answer to a log-in, what others changed since the one before, and in the last week."""

    id: str
    name: str
    roles: list[str]
    acting: list[str]
    areas: list[str]
    places: list[str]
    by: str
    has_second_factor: bool
    needs_totp: bool
    must_change_password: bool
    resets: list[ResetView] = []


class UserView(msgspec.Struct):
    """A user; `version` is its ETag."""

    id: str
    name: str
    title: str
    roles: list[str]
    areas: list[str]
    places: list[str]
    is_locked: bool
    has_second_factor: bool
    must_change_password: bool
    made_ms: int
    changed_ms: int
    version: int


class UserList(msgspec.Struct):
    """`next`: what to ask for `after`; null: that was all."""

    users: list[UserView]
    next: str | None


class TokenView(msgspec.Struct):
    """A token without itself."""

    id: str
    user_id: str
    name: str
    roles: list[str]
    areas: list[str]
    places: list[str]
    made_ms: int
    ends_ms: int
    used_ms: int | None


class NewToken(msgspec.Struct):
    """`token` is shown this once."""

    token: str
    about: TokenView


class TokenList(msgspec.Struct):
    """`next`: what to ask for `after`; null: that was all."""

    tokens: list[TokenView]
    next: str | None


class TotpView(msgspec.Struct):
    """What an authenticator app takes; shown this once."""

    secret: str
    uri: str


class RecoveryView(msgspec.Struct):
    """Each is good once; shown this once."""

    recovery_codes: list[str]


class ApprovalView(msgspec.Struct):
    """An approval; `state`: asked, approved, refused, used."""

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


class ApprovalList(msgspec.Struct):
    """`next`: what to ask for `after`; null: that was all."""

    approvals: list[ApprovalView]
    next: str | None


class RequestView(msgspec.Struct):
    """A request; `overdue`: "", answer or done; days are last days, local."""

    id: str
    kind: str
    subject: str
    reference: str
    with_processors: bool
    received_ms: int
    state: str
    answer_by: str
    done_by: str
    holidays_known: bool
    overdue: str
    answered_ms: int | None
    ended_ms: int | None
    is_extended: bool
    ground: str
    version: int


class RequestList(msgspec.Struct):
    """`next`: what to ask for `after`; null: that was all."""

    requests: list[RequestView]
    next: str | None


class EntryView(msgspec.Struct):
    """A line of the record of looks: all that its hash is made of, in hexadecimal digits where it is bytes."""

    no: int
    at_ms: int
    at: str
    node: str
    actor: str
    action: str
    subjects: list[str]
    detail: dict[str, Any]
    prev: str
    hash: str
    key: str
    signature: str


class EntryList(msgspec.Struct):
    """`next`: what to ask for `after`; null: that was all."""

    entries: list[EntryView]
    next: int | None


class LookList(msgspec.Struct):
    """`next`: what to ask for `after`; null: that was all. `told_since_ms`: everybody got another pseudonym then, and
    no look before is found by those of now; null: every look is."""

    entries: list[EntryView]
    next: int | None
    told_since_ms: int | None


class HeadView(msgspec.Struct):
    """The last line of the record, signed; keep it elsewhere."""

    no: int
    hash: str
    key: str
    public_key: str
    signature: str


class Done(msgspec.Struct):
    """It is done."""

    done: bool = True


def me_view(who: Who, needs_totp: bool, resets: Sequence[Reset] = ()) -> MeView:
    """Who asks."""
    lists = (sorted(who.roles), sorted(who.acting), sorted(who.areas), sorted(who.places))
    told = [reset_view(one) for one in resets]
    return MeView(who.id, who.name, *lists, who.by, who.is_strong, needs_totp, who.must_change_password, told)


def reset_view(one: Reset) -> ResetView:
    """What is said of it; times are local."""
    en, vi = (reset_said(one, lang) for lang in ("en", "vi"))
    return ResetView(one.at_ms, one.by, one.name, list(one.what), one.lone, en, vi)


def reset_said(one: Reset, lang: str) -> str:
    """A sentence: what, by whom, when, and whether alone."""
    say = Phrases(lang)
    key = "reset_both" if len(one.what) == 2 else f"reset_{one.what[0]}" if one.what else "reset_both"
    at = working_days.local_text(one.at_ms)[:16].replace("T", " ")
    said = say(key, name=one.name, time=at)
    return f"{said} {say('reset_lone')}" if one.lone else said


def user_view(user: User) -> UserView:
    """A user."""
    lists = (sorted(user.roles), sorted(user.areas), sorted(user.places))
    is_locked = user.state != "active"
    times = (user.made_ms, user.changed_ms, user.version)
    return UserView(user.id, user.name, user.title, *lists, is_locked, user.has_totp, user.must_change_password, *times)


def token_view(token: Token) -> TokenView:
    """A token."""
    lists = (sorted(token.roles), sorted(token.areas), sorted(token.places))
    return TokenView(token.id, token.user_id, token.name, *lists, token.made_ms, token.ends_ms, token.used_ms)


def approval_view(approval: Approval) -> ApprovalView:
    """An approval."""
    return ApprovalView(*approval)


def request_view(asked: Asked, now_ms: int) -> RequestView:
    """A request, with its days."""
    last = rights.deadlines(asked)
    return RequestView(
        id=asked.id,
        kind=asked.kind,
        subject=asked.subject,
        reference=asked.reference,
        with_processors=asked.with_processors,
        received_ms=asked.received_ms,
        state=asked.state,
        answer_by=last.answer.isoformat(),
        done_by=last.done.isoformat(),
        holidays_known=last.is_sure,
        overdue=rights.overdue(asked, now_ms),
        answered_ms=asked.answered_ms,
        ended_ms=asked.ended_ms,
        is_extended=bool(asked.extended),
        ground=asked.ground,
        version=asked.version,
    )


def entry_view(entry: Entry) -> EntryView:
    """A line."""
    return EntryView(
        no=entry.no,
        at_ms=entry.at_ms,
        at=working_days.local_text(entry.at_ms),
        node=entry.node,
        actor=entry.actor,
        action=entry.action,
        subjects=entry.subjects.split(),
        detail=msgspec.json.decode(entry.detail),
        prev=entry.prev.hex(),
        hash=entry.hash.hex(),
        key=entry.key,
        signature=entry.signature.hex(),
    )

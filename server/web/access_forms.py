"""What comes in at the API of `server/access`, and how a version of a thing is said (ETag, If-Match)."""

import re
from typing import Annotated, Any, TypeVar, cast

import msgspec
from litestar import Request, Response

from server.errors import Refused
from server.web import bodies
from server.web.desk import desk_of

MOST_BYTES = 65_536
JSON = "application/json"
VERSION = re.compile(r'"(\d{1,9})"\Z')
Anything = Request[Any, Any, Any]
T = TypeVar("T")
ApprovalId = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{16})?$")]


class Form(msgspec.Struct, forbid_unknown_fields=True):
    """A body of this API: nothing that is not known."""


class LogInForm(Form):
    """`code`: of the second factor, or a recovery code."""

    name: str
    password: str
    code: str = ""


class PasswordForm(Form):
    """The old one, and the new one."""

    old: str
    new: str


class CodeForm(Form):
    """Six digits."""

    code: str


class TotpForm(Form):
    """The password once more."""

    password: str


class UserForm(Form):
    """A new user. `password`: one to be changed at the first log-in. `everywhere`: instead of areas; `approval`: of
    another administrator, where it takes two."""

    name: str
    title: str
    password: str
    roles: list[str] = []
    areas: list[str] = []
    places: list[str] = []
    everywhere: bool = False
    approval: ApprovalId = ""


class UserChange(Form):
    """What is to be otherwise; what is not there stays. `everywhere`, `approval`: as for a new user."""

    title: str | None = None
    roles: list[str] | None = None
    areas: list[str] | None = None
    places: list[str] | None = None
    is_locked: bool | None = None
    everywhere: bool = False
    approval: ApprovalId = ""


class ResetForm(Form):
    """A password to be changed at the next log-in (empty: it stays); `totp`: the second factor is to be set up anew.
    `approval`: of another administrator, where the user sees people."""

    password: str = ""
    totp: bool = False
    approval: ApprovalId = ""


class TokenForm(Form):
    """A token of one's own. `areas`, `places` of "*": all that the user has."""

    name: str
    roles: list[str]
    ends_ms: int
    areas: list[str] = msgspec.field(default_factory=lambda: ["*"])
    places: list[str] = msgspec.field(default_factory=lambda: ["*"])


class ApprovalForm(Form):
    """`question`: 64 hexadecimal digits, as the answer `approval_needed` named them. `people`: where it is about an
    answer of a case (`about` names the case), what the server counts takes the place of it; it is good for no more."""

    action: str
    question: str
    about: str
    people: int
    within_s: int = 3600


class JudgeForm(Form):
    """Yes or no."""

    approve: bool


class RequestForm(Form):
    """A request that came in. `received_ms`: when, if not now; `reference`: of the paper."""

    kind: str
    subject: str = ""
    reference: str = ""
    with_processors: bool = False
    received_ms: int | None = None


class StepForm(Form):
    """`answer`, `extend`, `done`, or `refuse` with its ground."""

    step: str
    ground: str = ""


async def read(request: Anything, form: type[T]) -> T:
    """The body in its form. Raises `Refused`: `content_type`, `json`, `too_long`, `body_timeout`."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused("content_type", "application/json")
    desk = desk_of(request)
    data = await bodies.read(request, MOST_BYTES, desk.limits.body_timeout_s, "too_long")
    try:
        return msgspec.json.decode(data, type=form)
    except msgspec.ValidationError as err:
        raise Refused("json", str(err)) from err
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise Refused("json", "not JSON") from err


def version_of(request: Anything) -> int:
    """The version that is to be changed. Raises `Refused`: `if_match_needed`, `changed_meanwhile`."""
    said = request.headers.get("if-match", "")
    if not said:
        raise Refused("if_match_needed", "If-Match is missing")
    found = VERSION.match(said.strip())
    if found is None:
        raise Refused("changed_meanwhile", "no version has this name")
    return int(found.group(1))


def seen_if_said(request: Anything) -> int | None:
    """The version that is to be changed; None: whichever there is. Raises `Refused`: `changed_meanwhile`."""
    return version_of(request) if request.headers.get("if-match") else None


def shown(request: Anything, value: T, version: int | str) -> Response[T]:
    """For looking: `tagged`, or 304 where the caller has this version (If-None-Match)."""
    answer = tagged(value, version)
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if answer.headers["ETag"] in known or "*" in known:
        return cast("Response[T]", Response(None, status_code=304, headers=dict(answer.headers)))
    return answer


def tagged(value: T, version: int | str) -> Response[T]:
    """An answer that says which version it shows."""
    return Response(value, headers={"ETag": f'"{version}"', "Cache-Control": "no-store"})

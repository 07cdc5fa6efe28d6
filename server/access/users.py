"""Users, their tokens and sessions, as values; what each comes to as `Who`.

1. A user has roles; where these are bounded, areas and places. A locked user is nobody.
2. A token speaks for its user: its roles are those of both, its areas and places are those that it names and the user
   has. What the user loses, its tokens lose. It ends within a year. A tracer without areas is bounded by none: so where
   a token is left with none it has `NOWHERE`, which no area is. A token that reaches nothing from the first is not
   made. It is as strong as its user: where a second factor is not set up, or not any more, it is not.
3. Who is bounded by areas (`roles.BY_AREAS`) is made with some, or it is said: everywhere, which is the area `*`. So
   nobody reaches everywhere because the last area went.
4. A session is of a user or of a reader's token in the settings; it ends by itself, and at once when the user's
   password, roles or second factor change.
"""

from collections.abc import Iterable
from typing import NamedTuple

from server.access import roles
from server.access.who import EVERYWHERE, TOKEN, USER, Who
from server.errors import Refused

YEAR_MS = 366 * 86_400_000
ACTIVE, LOCKED = "active", "locked"
NOWHERE = "-"


class User(NamedTuple):
    """`version` counts changes; `has_totp`: a second factor is set up."""

    id: str
    name: str
    title: str
    roles: frozenset[str]
    areas: frozenset[str]
    places: frozenset[str]
    state: str
    has_totp: bool
    made_ms: int
    changed_ms: int
    version: int
    must_change_password: bool = False


class Secrets(NamedTuple):
    """What a log-in is judged by."""

    password: str | None
    totp: bytes | None
    totp_step: int
    recovery: list[str]


class Token(NamedTuple):
    """`tram_…` itself is shown once; kept is its SHA-256."""

    id: str
    user_id: str
    name: str
    roles: frozenset[str]
    areas: frozenset[str]
    places: frozenset[str]
    is_strong: bool
    made_ms: int
    ends_ms: int
    used_ms: int | None


class Session(NamedTuple):
    """`subject`: a user's id, or `settings:NAME`."""

    subject: str
    is_strong: bool
    made_ms: int
    ends_ms: int


def judge_roles(asked: Iterable[str]) -> frozenset[str]:
    """Raises `Refused`: `role_unknown`."""
    found = frozenset(asked)
    if unknown := found - set(roles.ROLES):
        raise Refused("role_unknown", f"{min(unknown)[:32]!a} is none of: {', '.join(roles.ROLES)}")
    return found


def judge_areas(asked: frozenset[str], everywhere: bool) -> frozenset[str]:
    """The areas of a user. Raises `Refused`: `field` where areas are named and everywhere is said too."""
    if everywhere and asked - {EVERYWHERE}:
        raise Refused("field", "either areas are named, or it is everywhere")
    return frozenset({EVERYWHERE}) if everywhere else asked


def must_be_bounded(found: frozenset[str], areas: frozenset[str]) -> None:
    """Raises `Refused`: `areas_needed`."""
    if not areas and (bound := found & roles.BY_AREAS):
        raise Refused("areas_needed", f"{min(bound)}: name its areas, or say that it is everywhere")


def needs_second_factor(found: frozenset[str]) -> bool:
    """Whether one of these roles asks for it."""
    return bool(found & roles.SECOND_FACTOR)


def by_session(user: User, session: Session) -> Who:
    """Who this session is. Raises `Refused`: `no_token` where the user is locked."""
    _must_be_active(user)
    is_new = user.must_change_password
    strong = session.is_strong
    return Who(user.id, user.name, user.roles, user.areas, user.places, USER, strong, must_change_password=is_new)


def by_token(user: User, token: Token, now_ms: int) -> Who:
    """Who this token is. Raises `Refused`: `token_expired`, `wrong_token`."""
    if user.state != ACTIVE:
        raise Refused("wrong_token", "nobody has this token")
    if token.ends_ms <= now_ms:
        raise Refused("token_expired", "this token has ended")
    areas, places = _areas(user, token), within(token.places, user.places)
    is_strong = token.is_strong and user.has_totp
    return Who(user.id, user.name, user.roles & token.roles, areas, places, TOKEN, is_strong)


def within(asked: frozenset[str], has: frozenset[str]) -> frozenset[str]:
    """What of `asked` lies within `has`. An area is compared by its id: name those that the user has, or `*`."""
    if EVERYWHERE in has:
        return asked
    return has if EVERYWHERE in asked else asked & has


def _areas(user: User, token: Token) -> frozenset[str]:
    if EVERYWHERE in token.areas or roles.TRACER not in user.roles & token.roles:
        return within(token.areas, user.areas)
    is_unbounded = not user.areas and roles.SUPERVISOR not in user.roles
    left = token.areas if is_unbounded else within(token.areas, user.areas)
    return left or frozenset({NOWHERE})


def must_reach(user: User, token: Token) -> None:
    """Raises `Refused`: `token_nowhere` where it names areas or places, and its user has none of them."""
    found, known = user.roles & token.roles, ", ".join(sorted(user.areas)) or "none"
    if found & roles.BY_AREAS and EVERYWHERE not in token.areas and not _areas(user, token) - {NOWHERE}:
        raise Refused("token_nowhere", f"{user.name} has the areas: {known}; name those, or *")
    if roles.OPERATOR in found and EVERYWHERE not in token.places and not within(token.places, user.places):
        raise Refused("token_nowhere", f"{user.name} has none of these places")


def judge_end(ends_ms: int, now_ms: int) -> int:
    """When a token ends. Raises `Refused`: `token_end`."""
    if not now_ms < ends_ms <= now_ms + YEAR_MS:
        raise Refused("token_end", "a token ends after now, and within a year")
    return ends_ms


def _must_be_active(user: User) -> None:
    if user.state != ACTIVE:
        raise Refused("no_token", "the session has ended")

"""What one administrator must not do alone: let somebody see people, or come to what such a user gets in by.

1. It takes two to make a user who sees people (`SEES`: tracers, and administrators, who open what is known of somebody
   who asks), to give a user such a role, to take an administrator's role or account away, and to give a user who sees
   people another password or take the second factor away. Locking takes one: it has to be quick.
2. The second is another administrator, with a second factor, who approved this very act (`approvals`).
3. While no other administrator has set up a second factor there is nobody to ask: then it is done alone, and the record
   says `lone`. A locked administrator is one that there is: nobody becomes the only one by locking the others.
4. Who has the machine and stops the server asks nobody, and the record says `lone` with `cli:`. So the first comes in,
   and so it goes on where the other administrator is gone.
5. Whose password or second factor somebody else has changed is told so at log-in: by whom, when, and whether alone;
   everything since the log-in before, and everything of the last week.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from server.access import roles
from server.access.chain import Told
from server.access.users import User

SEES = frozenset({*roles.may("look_at_people"), *roles.may("open_subjects")})
ADDED, CHANGED, RESET, REMOVED = "user_added", "user_changed", "user_reset", "user_removed"
ACTS = (ADDED, CHANGED, RESET, REMOVED)
MACHINE = "cli:"
WEEK_MS = 7 * 86_400_000
PASSWORD, SECOND_FACTOR = "password", "second_factor"


class Act(NamedTuple):
    """What takes two. `question`: all that is to be agreed on; the password is not in it."""

    action: str
    question: Mapping[str, object]


class How(NamedTuple):
    """How it was let through: by an approval, or alone; neither: it takes only one."""

    approval: str = ""
    by: str = ""
    lone: bool = False


class Reset(NamedTuple):
    """Somebody else changed what a user gets in by. `what`: `password`, `second_factor`; `name`: who did, as shown."""

    at_ms: int
    by: str
    name: str
    what: tuple[str, ...]
    lone: bool


def added(user: User) -> Act | None:
    """A new user."""
    return Act(ADDED, {"name": user.name, **_reach(user)}) if user.roles & SEES else None


def changed(user: User, fields: Mapping[str, Any], actor: str) -> Act | None:
    """A user is to have these fields."""
    roles_, areas, places = (frozenset(fields.get(name, getattr(user, name))) for name in ("roles", "areas", "places"))
    after = user._replace(roles=roles_, areas=areas, places=places)
    if (after.roles - user.roles) & SEES or roles.ADMINISTRATOR in user.roles - after.roles:
        return Act(CHANGED, {"user": user.id, **_reach(after)})
    if actor != user.id and user.roles & SEES and fields.keys() & {"password", "totp"}:
        return Act(RESET, {"user": user.id, "password": "password" in fields, "totp": "totp" in fields})
    return None


def removed(user: User) -> Act | None:
    """A user is to go."""
    return Act(REMOVED, {"user": user.id}) if roles.ADMINISTRATOR in user.roles else None


def is_machine(actor: str) -> bool:
    """Whether it is typed at the machine of a stopped server."""
    return actor.startswith(MACHINE)


def told(before: Told, how: How) -> Told:
    """What the record says, with how it was let through."""
    if how.lone:
        return before._replace(detail={**before.detail, "lone": True})
    if not how.approval:
        return before
    detail = {**before.detail, "approved_by": how.by}
    return before._replace(subjects=(*before.subjects, f"approval:{how.approval}"), detail=detail)


def what_of(detail: Mapping[str, Any]) -> tuple[str, ...]:
    """What an entry of the record says was changed."""
    fields = detail.get("fields", ())
    is_password = "password" in fields or (not fields and "totp" in detail)
    is_totp = "totp" in fields or bool(detail.get("totp"))
    return (PASSWORD,) * is_password + (SECOND_FACTOR,) * is_totp


def _reach(user: User) -> dict[str, object]:
    return {name: sorted(getattr(user, name)) for name in ("roles", "areas", "places")}

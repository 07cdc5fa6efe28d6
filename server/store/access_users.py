"""Users, tokens, sessions and failed log-ins in the database: functions of a connection.

1. The last active administrator stays: neither locked, nor removed, nor without the role (`last_administrator`). Who
   is bounded by areas is kept with some (`areas_needed`).
2. A change of password, second factor, roles or state ends the user's sessions. Where the second factor is taken away,
   the tokens that were made with it go too.
3. A step of a second factor, and a recovery code, is spent in one statement: of two that come at once one wins.
4. Whoever changes users, or counts an attempt, has locked `LOCK` or `ATTEMPTS` as the first act of its job.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from server.access import lockout, roles
from server.access.lockout import Attempts
from server.access.users import ACTIVE, Secrets, Session, Token, User, must_be_bounded
from server.errors import Refused
from server.store import dialect
from server.store.access_tables import api_tokens, attempts, sessions, users

ENDING = ("roles", "areas", "places", "state", "password", "totp", "must_change_password")
MOST_SESSIONS = 100
LISTS = ("roles", "areas", "places")
LOCK, ATTEMPTS = "users", "attempts"


def words(found: Iterable[str]) -> str:
    """A list as a column holds it."""
    return " ".join(sorted(found))


def add(connection: Connection, user: User, password: str | None) -> None:
    """Raises `Refused`: `name_taken`, `areas_needed`."""
    must_be_bounded(user.roles, user.areas)
    if _named(connection, user.name) is not None:
        raise Refused("name_taken", "there is a user of that name")
    connection.execute(
        users.insert().values(
            id=user.id,
            name=user.name,
            title=user.title,
            roles=words(user.roles),
            areas=words(user.areas),
            places=words(user.places),
            state=user.state,
            password=password,
            must_change_password=user.must_change_password,
            totp=None,
            totp_step=-1,
            recovery="",
            made_ms=user.made_ms,
            changed_ms=user.changed_ms,
            version=user.version,
        )
    )


def page(connection: Connection, after_id: str, limit: int) -> list[User]:
    """Users in the order of their ids."""
    asked = select(users).where(users.c.id > after_id).order_by(users.c.id).limit(limit)
    return [_user(row) for row in connection.execute(asked)]


def one(connection: Connection, user_id: str) -> User:
    """Raises `Refused`: `not_found`."""
    return _user(_row(connection, user_id))


def named(connection: Connection, name: str) -> tuple[User, Secrets] | None:
    """Who logs in by this name, and what that is judged by."""
    row = _named(connection, name)
    return None if row is None else (_user(row), _secrets(row))


def secrets(connection: Connection, user_id: str) -> tuple[User, Secrets]:
    """Raises `Refused`: `not_found`."""
    row = _row(connection, user_id)
    return _user(row), _secrets(row)


def change(connection: Connection, user_id: str, version: int | None, now_ms: int, **fields: Any) -> User:
    """Raises `Refused`: `not_found`, `changed_meanwhile`, `last_administrator`, `areas_needed`."""
    user = one(connection, user_id)
    if version is not None and version != user.version:
        raise Refused("changed_meanwhile", "somebody has changed it")
    after_roles = frozenset(fields.get("roles", user.roles))
    if "roles" in fields or "areas" in fields:
        must_be_bounded(after_roles, frozenset(fields.get("areas", user.areas)))
    stays = roles.ADMINISTRATOR in after_roles and fields.get("state", user.state) == ACTIVE
    _keep_one_administrator(connection, user, stays)
    kept = {name: words(value) if name in LISTS else value for name, value in fields.items()}
    changed = {**kept, "version": user.version + 1, "changed_ms": now_ms}
    connection.execute(update(users).where(users.c.id == user_id).values(**changed))
    if any(name in fields for name in ENDING):
        end_sessions(connection, user_id)
    if "totp" in fields and fields["totp"] is None:
        connection.execute(delete(api_tokens).where(api_tokens.c.user_id == user_id))
    return one(connection, user_id)


def begin_totp(connection: Connection, user_id: str, sealed: bytes) -> None:
    """A secret that counts when its first step is spent. Raises `Refused`: `totp_set`."""
    begun = update(users).where(users.c.id == user_id, users.c.totp_step < 0).values(totp=sealed)
    if connection.execute(begun).rowcount == 0:
        raise Refused("totp_set", "there is one already")


def remove(connection: Connection, user_id: str, version: int) -> None:
    """Raises `Refused`: `not_found`, `changed_meanwhile`, `last_administrator`."""
    user = one(connection, user_id)
    if version != user.version:
        raise Refused("changed_meanwhile", "somebody has changed it")
    _keep_one_administrator(connection, user, False)
    end_sessions(connection, user_id)
    connection.execute(delete(api_tokens).where(api_tokens.c.user_id == user_id))
    connection.execute(delete(users).where(users.c.id == user_id))


def is_empty(connection: Connection) -> bool:
    """Whether there is no user yet."""
    return connection.execute(select(users.c.id).limit(1)).first() is None


def spend_step(connection: Connection, user_id: str, step: int) -> bool:
    """Whether this step was not spent before."""
    spent = update(users).where(users.c.id == user_id, users.c.totp_step < step).values(totp_step=step)
    return connection.execute(spent).rowcount == 1


def spend_recovery(connection: Connection, user_id: str, had: list[str], left: list[str]) -> bool:
    """Whether nobody spent one meanwhile."""
    spent = update(users).where(users.c.id == user_id, users.c.recovery == " ".join(had))
    return connection.execute(spent.values(recovery=" ".join(left))).rowcount == 1


def keep_password(connection: Connection, user_id: str, had: str, made: str) -> None:
    """The same password, hashed anew: nothing else changes."""
    again = update(users).where(users.c.id == user_id, users.c.password == had)
    connection.execute(again.values(password=made))


def add_token(connection: Connection, token: Token, digest: str) -> None:
    """One more."""
    row = token._asdict() | {name: words(getattr(token, name)) for name in LISTS}
    connection.execute(api_tokens.insert().values(**row, digest=digest))


def token_of(connection: Connection, digest: str) -> tuple[Token, User] | None:
    """The token with this digest, and for whom it speaks."""
    row = connection.execute(select(api_tokens).where(api_tokens.c.digest == digest)).first()
    if row is None:
        return None
    owner = connection.execute(select(users).where(users.c.id == row.user_id)).first()
    return None if owner is None else (_token(row), _user(owner))


def tokens(connection: Connection, user_id: str | None, after_id: str, limit: int) -> list[Token]:
    """Of one user, or of all."""
    asked = select(api_tokens).where(api_tokens.c.id > after_id).order_by(api_tokens.c.id).limit(limit)
    if user_id is not None:
        asked = asked.where(api_tokens.c.user_id == user_id)
    return [_token(row) for row in connection.execute(asked)]


def remove_token(connection: Connection, token_id: str, user_id: str | None) -> None:
    """Raises `Refused`: `not_found`."""
    gone = delete(api_tokens).where(api_tokens.c.id == token_id)
    if user_id is not None:
        gone = gone.where(api_tokens.c.user_id == user_id)
    if connection.execute(gone).rowcount == 0:
        raise Refused("not_found", "no such token")


def used(connection: Connection, token_id: str, now_ms: int) -> None:
    """When it was used last."""
    connection.execute(update(api_tokens).where(api_tokens.c.id == token_id).values(used_ms=now_ms))


def add_session(connection: Connection, digest: str, session: Session, now_ms: int) -> None:
    """One more; what has ended goes, and of too many of one subject the oldest."""
    connection.execute(delete(sessions).where(sessions.c.ends_ms <= now_ms))
    own = select(sessions.c.digest).where(sessions.c.subject == session.subject).order_by(sessions.c.made_ms.desc())
    for old in connection.execute(own.offset(MOST_SESSIONS - 1)).scalars().all():
        connection.execute(delete(sessions).where(sessions.c.digest == old))
    connection.execute(sessions.insert().values(digest=digest, **session._asdict()))


def session_of(connection: Connection, digest: str, now_ms: int) -> tuple[Session, User | None] | None:
    """A session that has not ended, and its user where it is one's."""
    row = connection.execute(select(sessions).where(sessions.c.digest == digest)).first()
    if row is None or not row.made_ms - lockout.FORGET_MS <= now_ms < row.ends_ms:
        return None
    found = connection.execute(select(users).where(users.c.id == row.subject)).first()
    session = Session(row.subject, row.is_strong, row.made_ms, row.ends_ms)
    return session, None if found is None else _user(found)


def end_session(connection: Connection, digest: str) -> None:
    """Log out."""
    connection.execute(delete(sessions).where(sessions.c.digest == digest))


def end_sessions(connection: Connection, subject: str) -> None:
    """All of one."""
    connection.execute(delete(sessions).where(sessions.c.subject == subject))


def begin_attempt(connection: Connection, whose: list[tuple[str, str]], now_ms: int) -> int:
    """Count a log-in that begins, for (kind, whose); returns 0, or how long to wait, and then it is not counted."""
    connection.execute(delete(attempts).where(attempts.c.last_ms < now_ms - lockout.FORGET_MS))
    found = [(kind, who, _attempts(connection, kind, who)) for kind, who in whose]
    wait_ms = max((lockout.wait_ms(one, now_ms) for _, _, one in found), default=0)
    if wait_ms:
        return wait_ms
    for kind, who, before in found:
        after = lockout.begun(before, kind, now_ms)
        dialect.upsert(connection, attempts, {"kind": kind, "whose": who, **after._asdict()})
    return 0


def end_attempt(connection: Connection, account: str, address: str) -> None:
    """It succeeded: the account begins anew, the address has one less."""
    connection.execute(delete(attempts).where(attempts.c.kind == "account", attempts.c.whose == account))
    mine = update(attempts).where(attempts.c.kind == "address", attempts.c.whose == address, attempts.c.failures > 0)
    connection.execute(mine.values(failures=attempts.c.failures - 1, until_ms=0))


def forgive(connection: Connection, account: str) -> None:
    """An administrator lets an account try again."""
    connection.execute(delete(attempts).where(attempts.c.kind == "account", attempts.c.whose == account))


def _attempts(connection: Connection, kind: str, whose: str) -> Attempts:
    row = connection.execute(select(attempts).where(attempts.c.kind == kind, attempts.c.whose == whose)).first()
    return Attempts() if row is None else Attempts(row.failures, row.last_ms, row.until_ms)


def _keep_one_administrator(connection: Connection, user: User, stays: bool) -> None:
    if stays or user.state != ACTIVE or roles.ADMINISTRATOR not in user.roles:
        return
    padded = " " + users.c.roles + " "
    others = (
        select(func.count())
        .select_from(users)
        .where(users.c.id != user.id, users.c.state == ACTIVE, padded.like(f"% {roles.ADMINISTRATOR} %"))
    )
    if connection.execute(others).scalar_one() == 0:
        raise Refused("last_administrator", "there has to be an administrator who can log in")


def _named(connection: Connection, name: str) -> Row[Any] | None:
    return connection.execute(select(users).where(users.c.name == name)).first()


def _row(connection: Connection, user_id: str) -> Row[Any]:
    row = connection.execute(select(users).where(users.c.id == user_id)).first()
    if row is None:
        raise Refused("not_found", "no such user")
    return row


def _user(row: Row[Any]) -> User:
    return User(
        row.id,
        row.name,
        row.title,
        frozenset(row.roles.split()),
        frozenset(row.areas.split()),
        frozenset(row.places.split()),
        row.state,
        row.totp is not None and row.totp_step >= 0,
        row.made_ms,
        row.changed_ms,
        row.version,
        row.must_change_password,
    )


def _secrets(row: Row[Any]) -> Secrets:
    totp = None if row.totp is None else bytes(row.totp)
    return Secrets(row.password, totp, row.totp_step, row.recovery.split())


def _token(row: Row[Any]) -> Token:
    said: dict[str, Any] = {name: getattr(row, name) for name in Token._fields}
    return Token(**said | {name: frozenset(said[name].split()) for name in LISTS})

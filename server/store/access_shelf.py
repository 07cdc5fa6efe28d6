"""What `server/access` keeps: a few verbs to await, each one transaction.

A change of who may do what is recorded in the transaction that makes it: one is never there without the other. What
takes two administrators is judged there too: `approval` is the id of what another one approved.
`vault` signs the record; the one that it has at first is forgotten with the process, so whoever opens a store for work
gives it the real one.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection

from server.access import two
from server.access.approvals import Approval, Opening
from server.access.chain import Checker, Entry, Fault, Head, Told
from server.access.rights import Asked
from server.access.two import Act, Reset
from server.access.users import Secrets, Session, Token, User
from server.access.vault import Vault
from server.places.importing import Sheet
from server.places.types import Period
from server.store import (
    access_audit,
    access_openings,
    access_purposes,
    access_requests,
    access_two,
    access_users,
    dialect,
)
from server.store.database import Database
from server.store.place_import import Imported

T = TypeVar("T")


class AccessShelf:
    """Each verb raises `Unavailable` where the database cannot do it now."""

    def __init__(self, database: Database, now_ms: Callable[[], int]) -> None:
        self.vault = Vault(secrets.token_bytes(32))
        self.node = "server"
        self._database = database
        self._now_ms = now_ms

    # the record

    async def record(
        self,
        actor: str,
        action: str,
        subjects: Sequence[str],
        detail: Mapping[str, object],
        opening: Opening | None = None,
    ) -> int:
        """Append to the record of looks; returns its number, after the commit. `opening`: one of many contacts, which
        may take an approval. Raises `Refused`: what `access_openings.allow` raises."""
        told = Told(actor, action, tuple(subjects), detail)

        def job(connection: Connection) -> Entry:
            if opening is not None and access_openings.allow(connection, actor, opening, self._now_ms()):
                self._append(connection, _used(actor, opening.approval, opening.action, opening.question))
            return self._append(connection, told)

        names = () if opening is None else (access_requests.LOCK,)
        return (await self._change(names, told, job, append=False)).no

    async def entries(self, after_no: int, limit: int, actor: str | None, action: str | None) -> list[Entry]:
        """Entries of the record in their order."""
        return await self._read(lambda one: access_audit.page(one, after_no, limit, actor, action))

    async def looks(self, subjects: Sequence[str], after_no: int, limit: int) -> list[Entry]:
        """Entries about any of these pseudonyms."""
        return await self._read(lambda one: access_audit.looks(one, subjects, after_no, limit))

    async def told_since_ms(self) -> int | None:
        """No look before this instant is found by the pseudonyms of now; None: every look is."""
        return await self._read(access_audit.told_since_ms)

    def pseudonyms_changed(self, connection: Connection) -> None:
        """Everybody has another pseudonym from this transaction on, which has taken `access_audit.LOCK`."""
        self._append(connection, Told("server", "pseudonyms_changed", (access_audit.PSEUDONYMS,), {}))

    async def head(self) -> Head:
        """The last entry."""
        return await self._read(access_audit.head)

    async def head_at(self, no: int) -> Head:
        """The head as it was then; number 0 where there is no such entry."""
        return await self._read(lambda one: access_audit.head_at(one, no))

    async def entries_left(self, after_no: int) -> int:
        """How many entries are above this number."""
        return await self._read(lambda one: access_audit.count(one, after_no))

    async def check(self, checker: Checker, limit: int) -> tuple[int, list[Fault]]:
        """Check the next page of the record; returns how many entries it has, and what is wrong."""
        return await self._read(lambda one: access_audit.check(one, checker, limit))

    # users

    async def add_user(self, user: User, password: str | None, told: Told, approval: str = "") -> None:
        """Raises `Refused`: `name_taken`, `areas_needed`, and what `access_two.allow` raises."""
        await self._by_two(
            told, approval, lambda one: two.added(user), lambda one: access_users.add(one, user, password)
        )

    async def users(self, after_id: str, limit: int) -> list[User]:
        """In the order of their ids."""
        return await self._read(lambda one: access_users.page(one, after_id, limit))

    async def user(self, user_id: str) -> User:
        """Raises `Refused`: `not_found`."""
        return await self._read(lambda one: access_users.one(one, user_id))

    async def user_named(self, name: str) -> tuple[User, Secrets] | None:
        """Who logs in by this name."""
        return await self._read(lambda one: access_users.named(one, name))

    async def secrets(self, user_id: str) -> tuple[User, Secrets]:
        """Raises `Refused`: `not_found`."""
        return await self._read(lambda one: access_users.secrets(one, user_id))

    async def change_user(
        self, user_id: str, version: int | None, fields: dict[str, Any], told: Told, approval: str = ""
    ) -> User:
        """Raises `Refused`: `not_found`, `changed_meanwhile`, `last_administrator`, `areas_needed`, and what
        `access_two.allow` raises."""
        return await self._by_two(
            told,
            approval,
            lambda one: two.changed(access_users.one(one, user_id), fields, told.actor),
            lambda one: access_users.change(one, user_id, version, self._now_ms(), **fields),
        )

    async def begin_totp(self, user_id: str, sealed: bytes, told: Told) -> None:
        """A second factor that does not count yet."""
        await self._change([access_users.LOCK], told, lambda one: access_users.begin_totp(one, user_id, sealed))

    async def remove_user(self, user_id: str, version: int, told: Told, approval: str = "") -> None:
        """Raises `Refused`: `not_found`, `changed_meanwhile`, `last_administrator`, and as `add_user`."""
        await self._by_two(
            told,
            approval,
            lambda one: two.removed(access_users.one(one, user_id)),
            lambda one: access_users.remove(one, user_id, version),
        )

    async def resets(self, user_id: str) -> list[Reset]:
        """What others changed of what a user gets in by, the latest first."""
        return await self._read(lambda one: access_two.resets(one, user_id, self._now_ms()))

    async def forgive(self, account: str, told: Told) -> None:
        """An account may try again now."""
        await self._change([access_users.ATTEMPTS], told, lambda one: access_users.forgive(one, account))

    # log-ins

    async def begin_attempt(self, whose: list[tuple[str, str]]) -> int:
        """Count a log-in that begins, for (kind, whose); returns 0, or how many ms to wait."""

        def job(connection: Connection) -> int:
            dialect.lock(connection, [access_users.ATTEMPTS])
            return access_users.begin_attempt(connection, whose, self._now_ms())

        return await self._database.write(job)

    async def log_in(self, digest: str, session: Session, whose: tuple[str, str], old: str, told: Told) -> None:
        """A log-in that succeeded: its session, its account and address, the session that it takes the place of."""

        def job(connection: Connection) -> None:
            access_users.end_attempt(connection, *whose)
            access_users.end_session(connection, old)
            access_users.add_session(connection, digest, session, self._now_ms())

        await self._change([access_users.ATTEMPTS], told, job)

    async def session_of(self, digest: str) -> tuple[Session, User | None] | None:
        """A session that has not ended."""
        return await self._read(lambda one: access_users.session_of(one, digest, self._now_ms()))

    async def end_session(self, digest: str) -> None:
        """Log out."""
        await self._database.write(lambda one: access_users.end_session(one, digest))

    async def spend_step(self, user_id: str, step: int) -> bool:
        """Whether this step of a second factor was not used before."""
        return await self._database.write(lambda one: access_users.spend_step(one, user_id, step))

    async def spend_recovery(self, user_id: str, had: list[str], left: list[str]) -> bool:
        """Whether a recovery code was not used before."""
        return await self._database.write(lambda one: access_users.spend_recovery(one, user_id, had, left))

    async def keep_password(self, user_id: str, had: str, made: str) -> None:
        """The same password, hashed anew."""
        await self._database.write(lambda one: access_users.keep_password(one, user_id, had, made))

    # tokens

    async def add_token(self, token: Token, digest: str, told: Told) -> None:
        """One more."""
        await self._change([access_users.LOCK], told, lambda one: access_users.add_token(one, token, digest))

    async def token_of(self, digest: str) -> tuple[Token, User] | None:
        """The token with this digest, and for whom it speaks."""
        return await self._read(lambda one: access_users.token_of(one, digest))

    async def tokens(self, user_id: str | None, after_id: str, limit: int) -> list[Token]:
        """Of one user, or of all."""
        return await self._read(lambda one: access_users.tokens(one, user_id, after_id, limit))

    async def remove_token(self, token_id: str, user_id: str | None, told: Told) -> None:
        """Raises `Refused`: `not_found`."""
        await self._change([access_users.LOCK], told, lambda one: access_users.remove_token(one, token_id, user_id))

    async def used(self, token_id: str, now_ms: int) -> None:
        """When a token was used last."""
        await self._database.write(lambda one: access_users.used(one, token_id, now_ms))

    # requests and approvals

    async def add_request(self, asked: Asked, told: Told) -> None:
        """One more."""
        await self._change([access_requests.LOCK], told, lambda one: access_requests.add(one, asked))

    async def requests(self, only_open: bool, after_id: str, limit: int) -> list[Asked]:
        """In the order of their ids."""
        return await self._read(lambda one: access_requests.page(one, only_open, after_id, limit))

    async def request(self, request_id: str) -> Asked:
        """Raises `Refused`: `not_found`."""
        return await self._read(lambda one: access_requests.one(one, request_id))

    async def step_request(self, request_id: str, version: int, name: str, ground: str, told: Told) -> Asked:
        """Raises `Refused`: `not_found`, `changed_meanwhile`, `request_step`, `request_ground`, `request_late`."""
        now_ms = self._now_ms()
        return await self._change(
            [access_requests.LOCK],
            told,
            lambda one: access_requests.step(one, request_id, version, name, told.actor, now_ms, ground),
        )

    async def ask_approval(self, approval: Approval, told: Told) -> None:
        """One more."""
        await self._change([access_requests.LOCK], told, lambda one: access_requests.ask(one, approval))

    async def approvals(self, after_id: str, limit: int) -> list[Approval]:
        """In the order of their ids."""
        return await self._read(lambda one: access_requests.approvals_page(one, after_id, limit))

    async def approval(self, approval_id: str) -> Approval:
        """Raises `Refused`: `not_found`."""
        return await self._read(lambda one: access_requests.approval(one, approval_id))

    async def judge_approval(self, approval_id: str, is_yes: bool, told: Told) -> Approval:
        """Raises `Refused`: `not_found`, `approval_own`, `approval_state`, `approval_over`."""
        now_ms = self._now_ms()
        return await self._change(
            [access_requests.LOCK],
            told,
            lambda one: access_requests.judge(one, approval_id, told.actor, is_yes, now_ms),
        )

    async def use_approval(self, approval_id: str, by: str, action: str, question: str, people: int = 0) -> Approval:
        """Use it up, for so many people: from here on it is gone, whatever becomes of what it was for.

        Raises `Refused`: `not_found`, `approval_other`, `approval_state`, `approval_over`.
        """
        now_ms = self._now_ms()
        return await self._change(
            [access_requests.LOCK],
            _used(by, approval_id, action, question),
            lambda one: access_requests.use(one, approval_id, by, action, question, now_ms, people),
        )

    # what is kept where, and why

    async def put_purposes(self, place_id: str, periods: tuple[Period, ...], seen: int, by: str) -> int:
        """All purposes of a place; returns its version. Raises `Refused`: `changed_meanwhile`, `not_found`."""
        now_ms = self._now_ms()
        return await self._purposes(lambda one: access_purposes.put(one, place_id, periods, seen, by, now_ms))

    async def drop_place(self, place_id: str, seen: int, by: str) -> None:
        """Take a place out, with its purposes. Raises `Refused`: `changed_meanwhile`, `place_used`."""
        await self._purposes(lambda one: (None, access_purposes.drop_place(one, place_id, seen, by)))

    async def take_in(self, sheet: Sheet, partial: bool, dry: bool, by: str) -> Imported:
        """A judged file: all of it, or with `partial` what is good of it."""
        now_ms = self._now_ms()
        return await self._purposes(lambda one: access_purposes.take_in(one, sheet, partial, dry, by, now_ms))

    async def wish_place(self, gateway_id: str, place: bytes | None, seen: int | None, by: str) -> int:
        """The rules of a place, wished of a gateway; returns the version. Raises `Refused`: `changed_meanwhile`."""
        return await self._purposes(lambda one: access_purposes.wish_place(one, gateway_id, place, seen, by))

    async def _purposes(self, job: Callable[[Connection], tuple[T, list[Told]]]) -> T:
        def both(connection: Connection) -> T:
            dialect.lock(connection, [access_audit.LOCK])
            made, lines = job(connection)
            for told in lines:
                self._append(connection, told)
            return made

        return await self._database.write(both)

    async def _read(self, job: Callable[[Connection], T]) -> T:
        return await self._database.read(job)

    async def _change(self, names: Sequence[str], told: Told, job: Callable[[Connection], T], append: bool = True) -> T:
        def both(connection: Connection) -> T:
            dialect.lock(connection, [*names, access_audit.LOCK])
            made = job(connection)
            if append:
                self._append(connection, told)
            return made

        return await self._database.write(both)

    async def _by_two(
        self, told: Told, approval: str, act: Callable[[Connection], Act | None], job: Callable[[Connection], T]
    ) -> T:
        def both(connection: Connection) -> T:
            dialect.lock(connection, [access_users.LOCK, access_requests.LOCK, access_audit.LOCK])
            how = access_two.allow(connection, act(connection), told.actor, approval, self._now_ms())
            made = job(connection)
            self._append(connection, two.told(told, how))
            return made

        return await self._database.write(both)

    def _append(self, connection: Connection, told: Told) -> Entry:
        return access_audit.append(connection, self.vault, self.node, self._now_ms(), *told)


def _used(by: str, approval_id: str, action: str, question: str) -> Told:
    return Told(by, "approval_used", (f"approval:{approval_id}",), {"what": action, "question": question})

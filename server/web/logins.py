"""Logging in by name, password and second factor.

1. An attempt is counted before it is judged, for the account and for the address; it is taken back when it succeeds.
   Who has to wait is told how long (`locked`), and costs no hashing.
2. Hashing runs in a few threads of its own. Beyond so many waiting the answer is `too_many_logins`: log-ins never
   take the processor from batches.
3. A wrong name, a wrong password, a locked user, a wrong, old or used code: all are `wrong_password`, after the same
   work. Only who has the password right is told that a code is needed (`totp_needed`).
4. A session is always a new value; the one that the browser came with ends.
5. Where a role asks for a second factor and none is set up, the session is not strong: it opens nothing but setting
   one up (`entry`).
6. Whose password or second factor somebody else has changed is told so with the log-in (`two.Reset`).
"""

import asyncio
import contextlib
import math
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from server.access import lockout, passwords, totp
from server.access.chain import Told
from server.access.errors import Locked, TooManyLogIns
from server.access.names import LOGIN
from server.access.two import Reset
from server.access.users import ACTIVE, Secrets, Session, User
from server.access.vault import Vault
from server.errors import Refused
from server.web.access_store import AccessStore
from server.web.doors import digest

HOUR_MS = 3_600_000
WAITING_FOR_EACH = 8
RETRY_S = 2
WRONG = "name, password or code is wrong"
T = TypeVar("T")


class Entered(NamedTuple):
    """Who has logged in. `resets`: what others changed of what they get in by, the latest first."""

    cookie: str
    user: User
    resets: list[Reset]


class Logins:
    """`await logins.log_in(…)` -> the cookie's value, the user, and what they have to be told."""

    def __init__(
        self, store: AccessStore, vault: Vault, now_ms: Callable[[], int], session_hours: int, threads: int = 2
    ) -> None:
        self.vault = vault
        self.waiting = 0
        self.told_head_no = 0
        self._store = store
        self._now_ms = now_ms
        self._session_ms = session_hours * HOUR_MS
        self._most_waiting = threads * WAITING_FOR_EACH
        self._threads = ThreadPoolExecutor(threads, "hashing")

    def close(self) -> None:
        """No log-in is judged after this."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def log_in(self, name: str, password: str, code: str, address: str, old_cookie: str) -> Entered:
        """Raises `Refused`: `wrong_password`, `totp_needed`, `locked`; `Unavailable`: `too_many_logins`."""
        with self._room():
            return await self._log_in(name, password, code, address, old_cookie)

    async def _log_in(self, name: str, password: str, code: str, address: str, old_cookie: str) -> Entered:
        account, place = self.account(name), self.vault.hide("address " + lockout.group(address))
        wait_ms = await self._store.begin_attempt([("account", account), ("address", place)])
        self.must_not_wait(wait_ms)
        found = await self._store.user_named(name) if LOGIN.match(name) else None
        user, kept = found if found is not None else (None, None)
        is_right = await self._run(passwords.verify, kept.password if kept else None, password)
        if user is None or kept is None or not is_right or user.state != ACTIVE:
            raise Refused("wrong_password", WRONG)
        is_strong = await self._second(user, kept, code)
        if kept.password and passwords.is_outdated(kept.password):
            await self._store.keep_password(user.id, kept.password, await self._run(passwords.make, password))
        resets = await self._store.resets(user.id)
        return Entered(await self._session(user, is_strong, (account, place), old_cookie), user, resets)

    async def go_on(self, user: User, old_cookie: str) -> str:
        """A strong session for who has given password and code, and set up a second factor with them just now."""
        return await self._session(user, True, (self.account(user.name), ""), old_cookie)

    async def _session(self, user: User, is_strong: bool, whose: tuple[str, str], old_cookie: str) -> str:
        cookie, now_ms = secrets.token_urlsafe(32), self._now_ms()
        session = Session(user.id, is_strong, now_ms, now_ms + self._session_ms)
        told = Told(user.id, "logged_in", (user.id,), {"second_factor": is_strong})
        await self._store.log_in(digest(cookie), session, whose, digest(old_cookie), told)
        return cookie

    async def confirm(self, user_id: str, password: str) -> None:
        """The same person again, before something that matters. Raises as `log_in` does."""
        with self._room():
            user, kept = await self._store.secrets(user_id)
            account = self.account(user.name)
            wait_ms = await self._store.begin_attempt([("account", account)])
            self.must_not_wait(wait_ms)
            if not await self._run(passwords.verify, kept.password, password):
                raise Refused("wrong_password", WRONG)
        await self._store.forgive(account, Told(user_id, "password_confirmed"))

    async def change_password(self, user_id: str, name: str, old: str, new: str) -> None:
        """One's own; every session of the user ends. Raises as `confirm` does, and `Refused`: `password_…`."""
        made = passwords.judge(new, name)
        await self.confirm(user_id, old)
        if new == old:
            raise Refused("password_common", "the new one is the old one")
        fields = {"password": await self.hashing(passwords.make, made), "must_change_password": False}
        await self._store.change_user(user_id, None, fields, Told(user_id, "password_changed", (user_id,)))

    async def spend(self, user: User, kept: Secrets, code: str) -> bool:
        """Whether this code of a second factor is good, now used up."""
        if kept.totp is None:
            return False
        step = totp.step_of(self.vault.open(user.id, kept.totp), code.strip(), self._now_ms(), kept.totp_step)
        if step is not None:
            return await self._store.spend_step(user.id, step)
        left = totp.spend(kept.recovery, code)
        return left is not None and await self._store.spend_recovery(user.id, kept.recovery, left)

    def must_not_wait(self, wait_ms: int) -> None:
        """Raises `Refused`: `locked`."""
        if wait_ms:
            raise Locked(math.ceil(wait_ms / 1000))

    def account(self, name: str) -> str:
        """What an account is counted by."""
        return self.vault.hide("name " + name)

    async def hashing(self, work: Callable[..., T], *what: object) -> T:
        """Run in a thread for it. Raises `Unavailable`: `too_many_logins`."""
        with self._room():
            return await self._run(work, *what)

    async def _run(self, work: Callable[..., T], *what: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *what)

    @contextlib.contextmanager
    def _room(self) -> Iterator[None]:
        if self.waiting >= self._most_waiting:
            raise TooManyLogIns(RETRY_S)
        self.waiting += 1
        try:
            yield
        finally:
            self.waiting -= 1

    async def _second(self, user: User, kept: Secrets, code: str) -> bool:
        if not user.has_totp:
            return False
        if not code:
            raise Refused("totp_needed", "the code of the second factor is needed")
        if not await self.spend(user, kept, code):
            raise Refused("wrong_password", WRONG)
        return True

"""Logging in and out.

1. Nobody is in by default. A session is a random value in a cookie; here only its digest is kept, in memory: after a
   restart people log in again.
2. It ends `session_hours` after the log-in, when its owner logs out, or when the owner's line in the file is another.
3. One password is checked at a time, in a thread, and few may wait: checking costs memory and time on purpose.
4. Every refusal sounds the same, whether there is such a person or not; it is counted, and shown to who is in.
"""

import asyncio
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple

import structlog

from gateway.panel import people as people_files
from gateway.panel.people import Hash, People
from gateway.panel.throttle import Throttle

log = structlog.get_logger()

MOST_SESSIONS = 200
MOST_OF_ONE = 20
MOST_WAITING = 8


class Refused(Exception):
    """`code` is `wrong`, `wait` (with `wait_s`) or `busy`."""

    def __init__(self, code: str, wait_s: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.wait_s = wait_s


class Session(NamedTuple):
    name: str
    hashed: Hash
    ends_ms: int


class Failures(NamedTuple):
    """Log-ins refused since this run began."""

    number: int = 0
    last_ms: int | None = None
    last_address: str = ""


class Doors:
    """log_in() gives the cookie's value, who() says whose it is."""

    def __init__(self, people: People, session_hours: int, mono_ms: Callable[[], int]) -> None:
        self._people = people
        self._session_ms = session_hours * 3_600_000
        self._mono_ms = mono_ms
        self._sessions: dict[str, Session] = {}
        self._throttle = Throttle()
        self._checking = asyncio.Lock()
        self._waiting = 0
        self.failures = Failures()
        self.log_ins = 0

    def set_people(self, people: People) -> None:
        """The file has been read anew; sessions of those who are gone, or have another password, end."""
        self._people = people

    @property
    def sessions(self) -> int:
        return len(self._sessions)

    async def log_in(self, typed_name: str, password: str, address: str) -> str:
        """Raises Refused."""
        name = people_files.name_of(typed_name) or ""
        if self._waiting >= MOST_WAITING:
            raise Refused("busy")
        wait_ms = self._throttle.begin(name, address, self._mono_ms())
        if wait_ms:
            raise Refused("wait", -(-wait_ms // 1000))
        self._waiting += 1
        try:
            async with self._checking:
                is_right = await asyncio.to_thread(self._people.check, name, password)
        finally:
            self._waiting -= 1
        hashed = self._people.hash_of(name)
        if not is_right or hashed is None:
            self.failures = Failures(self.failures.number + 1, self._mono_ms(), address)
            log.warning("a log-in to the panel was refused", address=address)
            raise Refused("wrong")
        self._throttle.succeeded(name, address)
        self.log_ins += 1
        log.info("logged in to the panel", name=name, address=address)
        return self._begin(name, hashed)

    def who(self, cookie: str) -> Session | None:
        key = _digest(cookie)
        session = self._sessions.get(key)
        if session is None:
            return None
        if session.ends_ms <= self._mono_ms() or self._people.hash_of(session.name) != session.hashed:
            del self._sessions[key]
            return None
        return session

    def log_out(self, cookie: str) -> None:
        self._sessions.pop(_digest(cookie), None)

    def _begin(self, name: str, hashed: Hash) -> str:
        now_ms = self._mono_ms()
        self._sessions = {key: one for key, one in self._sessions.items() if one.ends_ms > now_ms}
        own = [key for key, one in self._sessions.items() if one.name == name]
        for key in own[: max(0, len(own) + 1 - MOST_OF_ONE)]:
            del self._sessions[key]
        if len(self._sessions) >= MOST_SESSIONS:
            del self._sessions[next(iter(self._sessions))]
        cookie = secrets.token_urlsafe(32)
        self._sessions[_digest(cookie)] = Session(name, hashed, now_ms + self._session_ms)
        return cookie


def _digest(cookie: str) -> str:
    return sha256(cookie.encode("utf-8", "surrogateescape")).hexdigest()

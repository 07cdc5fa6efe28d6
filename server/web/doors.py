"""Who is there: gateways, readers and operators by their tokens, people at the page by a session.

1. Nobody is in by default. A token is compared by its SHA-256, with every digest there is, in constant time.
2. A session is made from a reader's token and is a random value in a cookie (HttpOnly, SameSite=Strict); the server
   keeps its digest, in memory: after a restart people log in again.
3. The cookie opens reading only. What changes anything (logging in and out) must come from our own page.
4. An operator may wish, by token alone, and look at what can be wished of; scans are for readers.
5. A gateway that shows a certificate has to be the one that it names. One that must show one is not let in without.
"""

import hmac
import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import NamedTuple, TypeVar

from server.errors import Refused

COOKIE = "tram_session"
MAX_SESSIONS = 10_000


class Gateway(NamedTuple):
    """A gateway: the digest of its token, and whether it has to show a certificate too."""

    id: str
    token_sha256: str
    certificate_required: bool = False


class Reader(NamedTuple):
    """Who may look."""

    name: str
    token_sha256: str


class Operator(NamedTuple):
    """Who may wish."""

    name: str
    token_sha256: str


Known = TypeVar("Known", Gateway, Reader, Operator)


class Session(NamedTuple):
    """A person at the page."""

    reader: Reader
    ends_ms: int


def digest(secret: str) -> str:
    """How a secret is kept."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def new_token() -> str:
    """A token nobody can guess."""
    return "tram_" + secrets.token_urlsafe(32)


class Doors:
    """Tokens and sessions."""

    def __init__(
        self,
        gateways: Iterable[Gateway],
        readers: Iterable[Reader],
        operators: Iterable[Operator],
        session_hours: int,
        now_ms: Callable[[], int],
    ) -> None:
        self._gateways = list(gateways)
        self._readers = list(readers)
        self._operators = list(operators)
        self._session_ms = session_hours * 3_600_000
        self._sessions: dict[str, Session] = {}
        self._now_ms = now_ms

    def gateway(self, authorization: str, certificate: str | None = None) -> Gateway:
        """The gateway whose token stands in an Authorization header; `certificate`: the name in the one that it shows.
        Raises `Refused`: 401, 403."""
        found = _find(self._gateways, _bearer(authorization))
        if certificate is None and found.certificate_required:
            raise Refused("no_certificate", "this gateway has to show its certificate")
        if certificate is not None and certificate != found.id:
            raise Refused("other_certificate", "the certificate names another than the token does")
        return found

    def operator(self, authorization: str) -> Operator:
        """Who may wish. Raises `Refused`: 401."""
        return _find(self._operators, _bearer(authorization))

    def is_reader(self, authorization: str) -> bool:
        """Whether this is the token of a reader."""
        try:
            return bool(_find(self._readers, _bearer(authorization)))
        except Refused:
            return False

    def looker(self, authorization: str, cookie: str) -> Reader | Operator:
        """Who may look at the fleet: a reader or an operator. Raises `Refused`: 401."""
        try:
            return self.reader(authorization, cookie)
        except Refused:
            if not authorization:
                raise
            return self.operator(authorization)

    def reader(self, authorization: str, cookie: str) -> Reader:
        """The reader of a request, by token or by session. Raises `Refused`: 401."""
        if not authorization and cookie:
            return self._by_session(cookie)
        return _find(self._readers, _bearer(authorization))

    def log_in(self, token: str) -> str:
        """A new session for who has this token; returns the cookie's value. Raises `Refused`: `wrong_token`."""
        reader = _find(self._readers, token)
        now_ms = self._now_ms()
        self._sessions = {key: one for key, one in self._sessions.items() if one.ends_ms > now_ms}
        if len(self._sessions) >= MAX_SESSIONS:
            self._sessions.pop(next(iter(self._sessions)))
        cookie = secrets.token_urlsafe(32)
        self._sessions[digest(cookie)] = Session(reader, now_ms + self._session_ms)
        return cookie

    def log_out(self, cookie: str) -> None:
        """End a session."""
        self._sessions.pop(digest(cookie), None)

    def _by_session(self, cookie: str) -> Reader:
        session = self._sessions.get(digest(cookie))
        if session is None or session.ends_ms <= self._now_ms():
            raise Refused("no_token", "the session has ended")
        return session.reader


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Refused("no_token", "Authorization: Bearer <token> is missing")
    return token.strip()


def _find(known: list[Known], token: str) -> Known:
    asked = digest(token)
    found = [one for one in known if hmac.compare_digest(one.token_sha256, asked)]
    if not found:
        raise Refused("wrong_token", "nobody has this token")
    return found[0]

"""A way to ask the server one question at a time, over a connection that is kept.

1. Nothing that a server or a network does raises: it becomes an Outcome, and the address that failed is named in it.
2. A question goes to one address; only when that has failed may the caller ask again, and then another is in use.
3. A kept connection that broke before it brought a byte had been closed over night: the question is asked once more on
   a new one, at the same address.
4. No redirects are followed, no compression is accepted, no proxy of the environment is used: where the data goes is in
   the configuration, and nowhere else.
5. A question has its time: `timeout_s`, and what its body takes at the rate that is allowed. A connection has
   CONNECT_TIMEOUT_S of it.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from gateway.server import outcome
from gateway.server.addresses import shown
from gateway.server.backoff import retry_after_s
from gateway.server.connection import Connection, Cut, Headers, Question, Response
from gateway.server.outcome import Outcome
from gateway.server.trust import Fault, TrustError

if TYPE_CHECKING:
    from gateway.server.way import Way

MAX_ANSWER_BYTES = 4 * 1024 * 1024
CONNECT_TIMEOUT_S = 10.0
IDLE_MS = 120_000
"""After so long a connection is made anew: on the way somebody may have forgotten it."""
OK = frozenset((200,))
_HAPPY_EYEBALLS_S = 0.25
_DENIALS = (
    "CERTIFICATE_REQUIRED",
    "CERTIFICATE_UNKNOWN",
    "CERTIFICATE_EXPIRED",
    "CERTIFICATE_REVOKED",
    "BAD_CERTIFICATE",
    "UNKNOWN_CA",
    "ACCESS_DENIED",
    "HANDSHAKE_FAILURE",
)
"""Of TLS alerts: what a server says that wants to see a certificate of ours, or another one."""
Check = Callable[[bytes], str | None]


class _NoConnection(Exception):
    """Why there is none: a code of outcome.py."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Link:
    """Made by Way.link(); used inside `async with`, by one task."""

    def __init__(self, way: "Way") -> None:
        self._way = way
        self._connection: Connection | None = None
        self._url = ""
        self._used_ms = 0
        self._asked: Connection | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._let_go()

    async def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Headers = (),
        *,
        good: frozenset[int] = OK,
        most_bytes: int = MAX_ANSWER_BYTES,
        wait_s: float = 0.0,
        check: Check | None = None,
    ) -> Outcome:
        """`wait_s`: so long may the server take its time. `check`: what is wrong with the body of a 200, or None."""
        url = self._way.addresses.current()
        limit_s = self._way.settings.timeout_s + wait_s + self._way.bucket.time_s(len(body))
        split = urlsplit(url)
        all_headers = [("Host", split.netloc.rpartition("@")[2]), *self._way.headers, *headers]
        question = Question(method, split.path + path, all_headers, body, most_bytes)
        self._asked = None
        try:
            async with asyncio.timeout(limit_s):
                got = self._judge(await self._ask(url, question), good, check)
        except TimeoutError:
            got = self._late()
        except _NoConnection as fault:
            got = Outcome(fault.code, str(fault))
        except ssl.SSLError as error:
            got = Outcome(*_tls_fault(error))
        except Cut as cut:
            got = self._late()._replace(detail=str(cut))
        finally:
            self._read_meter()
        return self._settled(url, got)

    def _late(self) -> Outcome:
        """What had come by then."""
        asked = self._asked
        if asked is None:
            return Outcome(outcome.UNREACHABLE, "timeout while connecting")
        return Outcome(outcome.CUT, "no answer in time", bytes(asked.body), status=asked.status)

    def _settled(self, url: str, got: Outcome) -> Outcome:
        """Let the addresses know, and name the one that failed."""
        if got.code == outcome.ANSWERED:
            self._way.addresses.answered(url)
            return got
        named = got._replace(detail=f"{shown(url)}: {got.detail}")
        if got.code in outcome.OF_THE_SERVER:
            return named
        return named._replace(elsewhere=self._way.addresses.failed(url, f"{got.code}: {got.detail}"))

    def _judge(self, response: Response, good: frozenset[int], check: Check | None) -> Outcome:
        headers = response.headers
        wait_s = retry_after_s(headers.get("retry-after"), headers.get("date"), self._way.utc_ms())
        code, detail = outcome.code_of(response.status, good), f"status {response.status}"
        if code == outcome.ANSWERED:
            is_checked = check is not None and response.is_whole and response.status == 200
            fault = check(response.body) if check is not None and is_checked else None
            fault = fault if response.is_whole else "the answer has no end"
            code, detail = (code, detail) if fault is None else (outcome.BAD_ANSWER, fault)
        valid = None if self._connection is None else self._connection.valid_ms
        return Outcome(code, detail, response.body, wait_s, response.status, valid_ms=valid)

    # --- connections

    async def _ask(self, url: str, question: Question) -> Response:
        """The connection is kept only if it is good for another question."""
        connection, is_kept = await self._have(url)
        self._asked = connection
        try:
            try:
                return await connection.ask(question)
            except Cut:
                if not is_kept or connection.came:
                    raise
                connection.abort()
                connection = self._asked = await self._open(url)
                return await connection.ask(question)
        finally:
            self._used_ms = self._way.mono_ms()
            if not connection.is_open:
                self._read_meter()
                connection.abort()
                self._connection = None

    async def _have(self, url: str) -> tuple[Connection, bool]:
        kept = self._connection
        if kept is not None:
            is_old = self._way.mono_ms() - self._used_ms > IDLE_MS
            if self._url == url and kept.is_idle and not is_old:
                return kept, True
            await kept.close()
            self._let_go()
        return await self._open(url), False

    async def _open(self, url: str) -> Connection:
        self._let_go()
        split = urlsplit(url)
        try:
            context = self._way.trust.context() if split.scheme == "https" else None
            async with asyncio.timeout(min(CONNECT_TIMEOUT_S, self._way.settings.timeout_s)):
                reader, writer = await asyncio.open_connection(
                    split.hostname,
                    split.port or (80 if context is None else 443),
                    ssl=context,
                    happy_eyeballs_delay=_HAPPY_EYEBALLS_S,
                )
        except TrustError as error:
            raise _NoConnection(outcome.CERTIFICATE, str(error)) from error
        except (TimeoutError, OSError, ValueError) as error:
            raise _NoConnection(*_connect_fault(error)) from error
        self._connection, self._url = Connection(reader, writer, self._way.bucket), url
        _set_up(writer.get_extra_info("socket"), self._way.settings.timeout_s)
        fault = None if self._connection.valid_ms is None else self._way.trust.judge(self._connection.valid_ms)
        if fault is not None:
            self._connection.abort()
            self._let_go()
            raise _NoConnection(*fault)
        return self._connection

    def _let_go(self) -> None:
        self._read_meter()
        self._connection = None

    def _read_meter(self) -> None:
        if self._connection is not None:
            self._way.meter.add(self._connection.line())


def _connect_fault(error: Exception) -> Fault:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Fault(outcome.CERTIFICATE, error.verify_message)
    if isinstance(error, ssl.SSLError):
        return _tls_fault(error)
    if isinstance(error, socket.gaierror):
        return Fault(outcome.NAME, f"the name is not known: {error.strerror}")
    if isinstance(error, TimeoutError):
        return Fault(outcome.UNREACHABLE, "timeout while connecting")
    return Fault(outcome.UNREACHABLE, str(error) or type(error).__name__)


def _tls_fault(error: ssl.SSLError) -> Fault:
    reason = error.reason or str(error)
    if any(word in reason for word in _DENIALS):
        return Fault(outcome.DENIED, f"the server does not take this gateway's certificate: {reason}")
    return Fault(outcome.TLS, reason)


def _set_up(sock: socket.socket | None, timeout_s: float) -> None:
    """What was sent and nobody confirmed ends the connection, instead of hanging for a quarter of an hour."""
    if sock is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, max(1000, int(timeout_s * 1000)))

"""Where boxes enrol: TLS, one question and one answer, then the line is closed.

1. Everything is bounded before a byte is read: `at_once` connections (further ones wait in the kernel's queue), not
   more than half of them from one address, `per_minute` from one address, `limit_s` for all of it, handshake included,
   and no more bytes than the longest question has.
2. What is kept is on the disk, and the broker knows, before the box is answered. Where any of it fails the answer is
   `busy`, and asking again finishes what was begun.
3. Questions are decided one after the other, in a thread: what waits for the disk holds up no scans.
4. No word of a question is logged but the box's id; what cannot be read is counted and `form`.
5. Another certificate in the file, or another authority in its own, is used from the next connection on.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from firmware.wire import enrol
from firmware.wire.enrol import Question
from firmware.wire.errors import WireError
from gateway.enrol.judge import Judge, Refused
from gateway.enrol.pace import Pace

log = structlog.get_logger()

_BACKLOG = 64
_CLOSE_S = 1.0


class EnrolError(Exception):
    """It cannot listen; `code` is `address`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code


class Limits(NamedTuple):
    at_once: int = 8
    per_minute: int = 60
    limit_s: float = 10.0


class Listener:
    """open() binds, run() is the task that answers; `ports` says where it listens."""

    def __init__(
        self,
        judge: Judge,
        chain_file: Path,
        ca_file: Path,
        publish: Callable[[], Awaitable[None]],
        utc: Callable[[], tuple[int, int] | None],
        mono_ms: Callable[[], int],
        limits: Limits = Limits(),  # noqa: B008 - immutable
        on_enrolled: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`ca_file`: the authority's certificate, DER. `publish`: tells the broker who may come in by now; raises
        OSError where it cannot. `utc`: between which instants it is now. `on_enrolled`: told of a box that is
        new, or new again; raises OSError where that cannot be kept, and the box asks again."""
        self._judge = judge
        self._chain_file = chain_file
        self._ca_file = ca_file
        self._publish = publish
        self._on_enrolled = on_enrolled
        self._utc = utc
        self._mono_ms = mono_ms
        self._limits = limits
        self._pace = Pace(limits.per_minute, max(limits.per_minute // 2, 1))
        self._room = asyncio.Semaphore(limits.at_once)
        self._deciding = asyncio.Lock()
        self._by_address: dict[str, int] = {}
        self._sockets: list[socket.socket] = []
        self._context: tuple[int, ssl.SSLContext] | None = None
        self.answers: dict[str, int] = {}
        """How often each answer was given: `ca`, `enrolled`, `rotated`, and the refusals of SPEC §13."""
        self.turned_away: dict[str, int] = {}
        """Connections without an answer, by reason: `pace`, `share`, `handshake`, `slow`, `cut`."""

    @property
    def ports(self) -> list[int]:
        return [int(one.getsockname()[1]) for one in self._sockets]

    def open(self, addresses: Iterable[str], port: int) -> None:
        """Bind to all of them; raises EnrolError. A certificate that cannot be used is an error now, not later."""
        try:
            self._tls()
            for address in addresses:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                sock = socket.create_server((address, port), family=family, backlog=_BACKLOG)
                sock.setblocking(False)
                self._sockets.append(sock)
        except (OSError, ValueError) as error:
            self.close()
            raise EnrolError("address", f"enrolment cannot listen on port {port}: {error}") from error

    def close(self) -> None:
        for sock in self._sockets:
            sock.close()
        self._sockets = []

    async def run(self) -> None:
        """Answer until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for sock in self._sockets:
                    group.create_task(self._accept(sock, group), name="enrol listens")
        finally:
            self.close()

    async def _accept(self, listening: socket.socket, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._room.acquire()
            try:
                sock, where = await loop.sock_accept(listening)
            except OSError as error:  # out of file descriptors, or reset before it was accepted: the next may be well
                self._room.release()
                log.warning("a connection for enrolment could not be taken", reason=error.strerror)
                await asyncio.sleep(0.1)
                continue
            except BaseException:
                self._room.release()
                raise
            address = str(where[0])
            reason = self._turns_away(address)
            if reason:
                _count(self.turned_away, reason)
                sock.close()
                self._room.release()
                continue
            self._by_address[address] = self._by_address.get(address, 0) + 1
            group.create_task(self._serve(sock, address), name=f"enrol {address}")

    def _turns_away(self, address: str) -> str | None:
        if self._by_address.get(address, 0) >= max(self._limits.at_once // 2, 1):
            return "share"
        return None if self._pace.allows(address, self._mono_ms()) else "pace"

    async def _serve(self, sock: socket.socket, address: str) -> None:
        try:
            async with asyncio.timeout(self._limits.limit_s):
                await self._converse(sock, address)
        except TimeoutError:
            _count(self.turned_away, "slow")
        except ssl.SSLError:
            _count(self.turned_away, "handshake")
        except (OSError, EOFError):
            _count(self.turned_away, "cut")
        except Exception as error:  # a connection's top: whatever it is, it ends this one and no other
            _count(self.turned_away, "fault")
            log.error("enrolment failed", address=address, error=type(error).__name__)
        finally:
            self._room.release()
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]

    async def _converse(self, sock: socket.socket, address: str) -> None:
        loop = asyncio.get_running_loop()
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does so only for sockets of its own
            context = self._tls()
        except BaseException:
            sock.close()
            raise
        reader = asyncio.StreamReader(limit=enrol.MAX_LINE_BYTES, loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        transport, _ = await loop.connect_accepted_socket(
            lambda: protocol,
            sock,
            ssl=context,
            ssl_handshake_timeout=self._limits.limit_s,
            ssl_shutdown_timeout=_CLOSE_S,
        )
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            writer.write(enrol.encode_answer(await self._answer(reader, address)))
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        finally:
            with suppress(AttributeError):  # Python 3.11.2: over TLS, when it was closed twice
                transport.abort()

    async def _answer(self, reader: asyncio.StreamReader, address: str) -> enrol.Answer:
        try:
            question = await _question(reader)
        except WireError:
            return self._refuse("form", "-", address)
        if question.word == "ca":
            _count(self.answers, "ca")
            return enrol.ca(await asyncio.to_thread(self._ca_file.read_bytes))
        try:
            await asyncio.shield(self._decide(question))  # who hangs up does not stop what was begun
        except Refused as refused:
            return self._refuse(refused.code, question.box_id, address)
        except OSError as error:
            log.error("the broker could not be told of a box", box=question.box_id, reason=str(error))
            return self._refuse("busy", question.box_id, address)
        _count(self.answers, "enrolled" if question.word == "enrol" else "rotated")
        log.info("a box has a password of its own", box=question.box_id, by=question.word, address=address)
        return enrol.enrolled(question.box_id)

    async def _decide(self, question: Question) -> None:
        async with self._deciding:
            await asyncio.to_thread(self._judge.decide, question, self._utc())
            await self._publish()
            if question.word == "enrol" and self._on_enrolled is not None:
                await self._on_enrolled(question.box_id)

    def _refuse(self, code: str, box_id: str, address: str) -> enrol.Answer:
        _count(self.answers, code)
        log.warning("enrolment refused", code=code, box=box_id, address=address)
        return enrol.refused(code)

    def _tls(self) -> ssl.SSLContext:
        changed_ns = self._chain_file.stat().st_mtime_ns
        if self._context is None or self._context[0] != changed_ns:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            context.load_cert_chain(self._chain_file)
            context.num_tickets = 0
            self._context = changed_ns, context
        return self._context[1]


async def _question(reader: asyncio.StreamReader) -> Question:
    """Raises WireError where it is none, EOFError where it ends before its end."""
    try:
        line = await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        raise WireError("header", "no end of the line") from error
    content = await reader.readexactly(enrol.content_length(line))
    return enrol.decode_question(line + content)


def _count(counts: dict[str, int], what: str) -> None:
    counts[what] = counts.get(what, 0) + 1

"""Sockets, TLS, and how many may talk at once.

1. On the loopback it is plain text; on every other address TLS 1.2 or newer with the gateway's certificate, or nothing.
2. Before a byte is read: AT_ONCE connections (further ones wait in the kernel's queue), FROM_ONE of them from one
   address; HANDSHAKE_S for the handshake. What comes after has its own times, `exchange.py`.
3. Another certificate in the file is used from the next connection on.
"""

import asyncio
import errno
import socket
import ssl
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import structlog

from gateway.panel import hosts
from gateway.panel.exchange import Answer, Exchange, Takes, Times, nothing_long

log = structlog.get_logger()

AT_ONCE = 64
FROM_ONE = 24
HANDSHAKE_S = 10.0
_BACKLOG = 64
_CLOSE_S = 1.0


class ListenError(Exception):
    """`code` is stable: `port_in_use`, `address` or `certificate`."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Limits(NamedTuple):
    at_once: int = AT_ONCE
    from_one: int = FROM_ONE
    handshake_s: float = HANDSHAKE_S
    times: Times = Times()


class Listener:
    """open() binds, run() serves until cancelled; `ports` says where."""

    def __init__(self, answer: Answer, chain_file: Path | None, limits: Limits, takes: Takes = nothing_long) -> None:
        self._answer = answer
        self._takes = takes
        self._chain_file = chain_file
        self._limits = limits
        self._room = asyncio.Semaphore(limits.at_once)
        self._from: Counter[str] = Counter()
        self._sockets: list[socket.socket] = []
        self._context: tuple[int, ssl.SSLContext] | None = None
        self.turned_away: Counter[str] = Counter()
        """Connections that ended early, by reason: `share`, `handshake`, `slow`, `cut`, `fault`."""

    @property
    def ports(self) -> list[int]:
        return [int(one.getsockname()[1]) for one in self._sockets]

    @property
    def connections(self) -> int:
        return self._from.total()

    def open(self, addresses: Iterable[str], port: int) -> None:
        """Bind to all of them, or to none. Raises ListenError."""
        try:
            for address in addresses:
                if not hosts.is_loopback(address):
                    self._tls()
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                made = socket.create_server((address, port), family=family, backlog=_BACKLOG)
                made.setblocking(False)
                self._sockets.append(made)
        except ListenError:
            self.close()
            raise
        except (OSError, ValueError) as error:
            self.close()
            is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
            raise ListenError("port_in_use" if is_taken else "address", f"port {port}: {error}") from error

    def close(self) -> None:
        for one in self._sockets:
            one.close()
        self._sockets = []

    async def run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for one in self._sockets:
                    group.create_task(self._accept(one, group), name="panel listens")
        finally:
            self.close()

    async def _accept(self, listening: socket.socket, group: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        is_plain = hosts.is_loopback(str(listening.getsockname()[0]))
        while True:
            await self._room.acquire()
            try:
                sock, where = await loop.sock_accept(listening)
            except OSError as error:  # out of file descriptors, or reset before it was accepted: the next may be well
                self._room.release()
                log.warning("a connection to the panel could not be taken", reason=error.strerror)
                await asyncio.sleep(0.1)
                continue
            except BaseException:
                self._room.release()
                raise
            address = str(where[0])
            if self._from[address] >= self._limits.from_one:
                self.turned_away["share"] += 1
                sock.close()
                self._room.release()
                continue
            self._from[address] += 1
            group.create_task(self._serve(sock, address, is_plain), name=f"panel {address}")

    async def _serve(self, sock: socket.socket, address: str, is_plain: bool) -> None:
        try:
            await self._converse(sock, is_plain)
        except TimeoutError:
            self.turned_away["slow"] += 1
        except ssl.SSLError:
            self.turned_away["handshake"] += 1
        except (OSError, EOFError):
            self.turned_away["cut"] += 1
        except Exception as error:  # a connection's top: whatever it is, it ends this one and no other
            self.turned_away["fault"] += 1
            log.error("a connection to the panel failed", address=address, error=repr(error))
        finally:
            self._room.release()
            self._from[address] -= 1
            if not self._from[address]:
                del self._from[address]

    async def _converse(self, sock: socket.socket, is_plain: bool) -> None:
        loop = asyncio.get_running_loop()
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does so only for sockets of its own
            context = None if is_plain else self._tls()
        except BaseException:
            sock.close()
            raise
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        secured = {} if context is None else {"ssl_handshake_timeout": self._limits.handshake_s}
        closing = {} if context is None else {"ssl_shutdown_timeout": _CLOSE_S}
        transport, _ = await loop.connect_accepted_socket(lambda: protocol, sock, ssl=context, **secured, **closing)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        try:
            await Exchange(reader, writer, self._answer, self._limits.times, self._takes).serve()
            writer.close()
            async with asyncio.timeout(self._limits.times.write_s):
                await writer.wait_closed()
        finally:
            with suppress(AttributeError):  # Python 3.11.2: over TLS, when it was closed twice
                transport.abort()

    def _tls(self) -> ssl.SSLContext:
        """Raises ListenError, and on a connection's way too: then that connection ends."""
        if self._chain_file is None:
            raise ListenError("certificate", "there is no certificate, and without one only the loopback is served")
        try:
            changed_ns = self._chain_file.stat().st_mtime_ns
            if self._context is None or self._context[0] != changed_ns:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                context.load_cert_chain(self._chain_file)
                context.set_alpn_protocols(["http/1.1"])
                self._context = changed_ns, context
        except (OSError, ssl.SSLError) as error:
            if self._context is None:
                raise ListenError("certificate", f"{self._chain_file}: {error}") from error
        return self._context[1]  # a file that cannot be read while it is replaced: with the one before

# One TLS connection, in the shape of tcp.Tcp. Loaded only where TLS is configured.
#
# 1. With CAs, the other side must show a certificate that one of these has signed and that carries the name. Without
#    any nothing is checked: only for fetching what is public and is checked by its hash.
# 2. The handshake runs within the first `send`, in steps: mbedTLS gets one record at a time, and between two records
#    the other tasks run. One step is at most one signature checked or one key agreed on; `held_ms` is the longest.
#    It and the connecting together have one limit.
# 3. What mbedTLS waits for is awaited on the bare socket: nothing is polled in between.
# 4. Every failure is a LinkError with a stable code, and leaves no socket behind.
# 5. The clock of the board need not be set: certificates of ours are valid from long before any clock begins.

import asyncio
import gc
import io
import time
from hashlib import sha256

import tls

from firmware.modules import forget

from .errors import LinkError
from .tcp import Tcp, open_socket, readable, writable

_CLOSE = 4  # MP_STREAM_CLOSE
_READ, _WRITE, _AGAIN = 0, 1, 2
_ASIDE_MS = 10
_HEAD_BYTES = 5


class Trust:
    # What connections are checked against. Making one costs entropy and memory: keep it. `signer`: the SHA-256 of the
    # CA at the top of what was shown last.

    def __init__(self, cas):
        self.signer = None
        self._context = context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        if cas is None:
            context.verify_mode = tls.CERT_NONE
            return
        context.verify_mode = tls.CERT_REQUIRED
        context.verify_callback = self._on_certificate
        try:
            for ca_der in cas:
                context.load_verify_locations(ca_der)  # each is added to those before
        except (OSError, ValueError) as bad:
            raise LinkError("tls_ca_form", str(bad))

    def _on_certificate(self, der, depth):
        # from the top down, the one of the other side itself with a depth of 0 last
        if depth and self.signer is None:
            self.signer = sha256(der).digest()
        return 0  # what is wrong with it stays wrong

    async def open(self, address, port, limit_ms, name):
        self.signer = None
        started_ms = time.ticks_ms()
        sock = await open_socket(address, port, limit_ms)
        try:
            wire = _Wire(sock)
            gc.collect()  # some ports take mbedTLS's buffers, 16 KB in one piece, from our heap
            wrapped = self._context.wrap_socket(wire, server_hostname=name, do_handshake_on_connect=False)
            return Tls(sock, wire, wrapped, time.ticks_add(started_ms, limit_ms))
        except (OSError, ValueError) as bad:
            sock.close()
            raise _named(bad)
        except BaseException:  # a socket left behind is lost for good on a board
            sock.close()
            raise


async def open_tls(address, port, limit_ms, cas, name):
    # `cas`: certificates of CAs, or None. `name`: what the other side's certificate must be for.
    return await Trust(cas).open(address, port, limit_ms, name)


class _Wire(io.IOBase):
    # The socket as mbedTLS sees it. `wants`: why the last call had to give up.

    def __init__(self, sock):
        self._sock = sock
        self._head = bytearray()
        self._left_bytes = 0  # of the record's body
        self._is_given = False
        self.wants = _READ

    def begin_step(self):
        self._is_given = False
        self.wants = _READ

    def readinto(self, buffer):
        if self._is_given and not self._head:
            self.wants = _AGAIN
            return None
        most = self._left_bytes or _HEAD_BYTES - len(self._head)
        view = memoryview(buffer)[:most]
        try:
            count = self._sock.readinto(view)
        except OSError as bad:
            return -abs(bad.errno)
        if count is None:
            self.wants = _READ
        elif count:
            self._follow(view[:count])
        return count

    def _follow(self, data):
        if self._left_bytes:
            self._left_bytes -= len(data)
        else:
            self._head.extend(data)
            if len(self._head) < _HEAD_BYTES:
                return
            self._left_bytes = self._head[3] << 8 | self._head[4]
        if not self._left_bytes:
            self._head = bytearray()
            self._is_given = True

    def write(self, data):
        try:
            count = self._sock.write(data)
        except OSError as bad:
            return -abs(bad.errno)
        if count is None:
            self.wants = _WRITE
        return count

    def ioctl(self, request, argument):
        if request == _CLOSE:
            self._sock.close()
        return 0


class Tls(Tcp):
    # `held_ms`: for how long one step has kept everybody else waiting, at most.

    def __init__(self, sock, wire, wrapped, until_ms):
        super().__init__(sock)
        self._wire = wire
        self._wrapped = wrapped
        self._until_ms = until_ms  # of the handshake; None when it is over
        self.held_ms = 0

    async def read_into(self, buffer):
        while True:
            count = self._step(self._wrapped.readinto, buffer)
            if count:
                return count
            if count == 0:
                raise LinkError("closed_by_broker")
            await self._wait(_READ, None)

    async def _flush(self, used, limit_ms):
        out = memoryview(self._out)
        at = 0
        while at < used:
            count = self._step(self._wrapped.write, out[at:used])
            if count is None:
                await self._wait(_WRITE, limit_ms)
            else:
                at += count
                self._until_ms = None

    def _step(self, call, data):
        self._wire.begin_step()
        started_ms = time.ticks_ms()
        try:
            return call(data)
        except (OSError, ValueError) as bad:
            raise _named(bad)
        finally:
            self.held_ms = max(self.held_ms, time.ticks_diff(time.ticks_ms(), started_ms))

    async def _wait(self, own, limit_ms):
        # Once the handshake is over, a reader waits for as long as it takes: `limit_ms` None.
        wants = self._wire.wants
        is_over = self._until_ms is None
        if not is_over:
            limit_ms = time.ticks_diff(self._until_ms, time.ticks_ms())
            if limit_ms <= 0:
                raise LinkError("tls_timeout")
        if wants == _AGAIN:
            await asyncio.sleep_ms(0)
        elif is_over and wants != own:
            await asyncio.sleep_ms(_ASIDE_MS)  # that side of the socket has its own waiter
        elif limit_ms is None:
            await _ready(self._sock, wants)
        else:
            try:
                await asyncio.wait_for_ms(_ready(self._sock, wants), limit_ms)
            except asyncio.TimeoutError:
                raise LinkError("send_timeout" if is_over else "tls_timeout")

    def close(self):
        try:
            self._wrapped.close()
        except OSError:
            pass  # it is gone already
        self._sock.close()


def _ready(sock, wants):
    return writable(sock) if wants == _WRITE else readable(sock)


def _named(bad):
    from .tls_trouble import named

    forget("firmware.link.tls_trouble")
    return named(bad)

# One TCP connection. Every wait has a limit, and nothing here blocks the box.

import asyncio
import socket

from .errors import LinkError

_IPPROTO_TCP = 6
_TCP_NODELAY = 1
_SEGMENT_BYTES = 1400
_IN_PROGRESS = (115, 119, 36, 11)  # EINPROGRESS on Linux, lwIP, macOS; EAGAIN


async def open_tcp(address, port, limit_ms):
    return Tcp(await open_socket(address, port, limit_ms))


async def open_socket(address, port, limit_ms):
    sock = socket.socket()
    try:
        sock.setblocking(False)
        _no_delay(sock)
        try:
            sock.connect(socket.getaddrinfo(address, port)[0][-1])
        except OSError as bad:
            if bad.errno not in _IN_PROGRESS:
                raise
        await asyncio.wait_for_ms(writable(sock), limit_ms)
        return sock
    except asyncio.TimeoutError:
        sock.close()
        raise LinkError("connect_timeout", address)
    except OSError as bad:
        sock.close()
        raise LinkError("connect_failed", str(bad.errno))
    except BaseException:  # also when the task is cancelled: a socket left behind is lost for good on a board
        sock.close()
        raise


def writable(sock):
    # What asyncio.open_connection does itself, which cannot be used: it forgets the socket when it is cancelled.
    yield asyncio.core._io_queue.queue_write(sock)


def readable(sock):
    yield asyncio.core._io_queue.queue_read(sock)


def _no_delay(sock):
    try:
        sock.setsockopt(_IPPROTO_TCP, _TCP_NODELAY, 1)
    except OSError:
        pass  # slower by a delayed ACK, nothing else


class Tcp:
    held_ms = 0  # no step of it keeps the others waiting

    def __init__(self, sock):
        self._sock = sock
        self._stream = asyncio.StreamReader(sock)
        self._out = bytearray(_SEGMENT_BYTES)

    async def read_into(self, buffer):
        # -> how many bytes, at least 1. Waits as long as it takes: silence is for the session to judge.
        while True:
            try:
                count = await self._stream.readinto(buffer)
            except OSError as bad:
                raise LinkError("connection_lost", str(bad.errno))
            if count == 0:
                raise LinkError("closed_by_broker")
            if count:
                return count

    async def read(self, most):
        # -> the next bytes, 1 to `most` of them.
        buffer = bytearray(most)
        return bytes(memoryview(buffer)[: await self.read_into(buffer)])

    async def send(self, parts, limit_ms):
        # The parts leave as one, in segments of a size that the network likes: a pack is never held whole.
        used = 0
        for part in parts:
            part = memoryview(part)
            at = 0
            while at < len(part):
                take = min(_SEGMENT_BYTES - used, len(part) - at)
                self._out[used : used + take] = part[at : at + take]
                at += take
                used += take
                if used == _SEGMENT_BYTES:
                    await self._flush(used, limit_ms)
                    used = 0
        await self._flush(used, limit_ms)
        await asyncio.sleep_ms(0)  # whoever sends without a pause still lets the others run

    async def _flush(self, used, limit_ms):
        out = memoryview(self._out)
        at = 0
        while at < used:
            try:
                count = self._sock.write(out[at:used])
                if count is None:
                    await asyncio.wait_for_ms(writable(self._sock), limit_ms)
                else:
                    at += count
            except asyncio.TimeoutError:
                raise LinkError("send_timeout")
            except OSError as bad:
                raise LinkError("connection_lost", str(bad.errno))

    def close(self):
        self._sock.close()

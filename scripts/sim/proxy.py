"""A TCP link that can fail: stands between two parts and passes, cuts, swallows or slows what they say.

1. `open`: bytes pass as they come.
2. `cut`: every connection is reset at once, and new ones are reset as soon as they are made.
3. `half_open`: connections stay and new ones are accepted, but nothing gets through and nobody is told: no FIN, no RST.
   The bytes that were swallowed are gone, so a connection that lived through this mode never carries anything again;
   it is for its ends to find out.
4. `no_answers`: the same, but only for what comes back: what is asked is heard, and the answer is lost.
5. `slow`: bytes pass at `bytes_per_s`, in small pieces.
6. The target may move or be away: it is called for each connection, and a failure to reach it is a reset.
7. The link itself may move to another address: what was connected to the old one hears nothing any more (rule 3), and
   nobody takes connections there.
"""

import asyncio
import socket
import struct
from contextlib import suppress

MODES = ("open", "cut", "half_open", "no_answers", "slow")
CHUNK_BYTES = 16_384
CONNECT_TIMEOUT_S = 5.0
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER, 0 s


class _Pair:
    """One connection through the proxy: the two streams, and in which directions bytes were lost on it."""

    def __init__(self, streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
        self.streams = streams
        self.is_dumb = self.is_deaf = False  # nothing goes there; nothing comes back

    def suffer(self, mode: str) -> None:
        self.is_dumb |= mode == "half_open"
        self.is_deaf |= mode in ("half_open", "no_answers")

    def swallows(self, is_answer: bool) -> bool:
        return self.is_deaf if is_answer else self.is_dumb

    def reset(self) -> None:
        for _, writer in self.streams:
            _reset(writer)


class Proxy:
    """`async with Proxy(host, port) as proxy:` then connect to `proxy.port`, and set `proxy.mode` through `fail()`."""

    def __init__(self, target_host: str, target_port: int, bytes_per_s: int = 2_000) -> None:
        self.target = (target_host, target_port)
        self.bytes_per_s = bytes_per_s
        self.mode = "open"
        self.host, self.port = "127.0.0.1", 0
        self.passed_bytes = 0
        self.swallowed_bytes = 0
        self._server: asyncio.Server | None = None
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, self.host, self.port, limit=CHUNK_BYTES)
        self.port = self._server.sockets[0].getsockname()[1]

    async def move(self, host: str) -> None:
        """To another address, with the same port. Raises OSError where that is taken: then it has not moved."""
        server = await asyncio.start_server(self._accept, host, self.port, limit=CHUNK_BYTES)
        if self._server is not None:
            self._server.close()
        self._server, self.host = server, host
        for pair in set(self._pairs):
            pair.suffer("half_open")

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for pair in set(self._pairs):
            pair.reset()
        for task in set(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def __aenter__(self) -> "Proxy":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def connections(self) -> int:
        """How many connections are held, dead ones included."""
        return len(self._pairs)

    def set_mode(self, mode: str) -> None:
        """Takes effect at once, on the connections that there are too (rules 1 to 4)."""
        if mode not in MODES:
            raise ValueError(f"{mode} is none of {', '.join(MODES)}")
        self.mode = mode
        for pair in set(self._pairs):
            if mode == "cut":
                pair.reset()
            pair.suffer(mode)

    def cut_once(self) -> None:
        """Reset the connections that there are; new ones are welcome."""
        for pair in set(self._pairs):
            pair.reset()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pair = _Pair([(reader, writer)])
        pair.suffer(self.mode)
        self._pairs.add(pair)
        try:
            if self.mode == "cut" or not (pair.is_dumb or await self._connect(pair)):
                return
            await self._carry(pair)
        except (OSError, asyncio.CancelledError):
            pass  # one end is gone, or the proxy stops: the reset below tells the other end
        finally:
            pair.reset()
            self._pairs.discard(pair)

    async def _connect(self, pair: _Pair) -> bool:
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                pair.streams.append(await asyncio.open_connection(*self.target, limit=CHUNK_BYTES))
        except (OSError, TimeoutError):
            return False
        return True

    async def _carry(self, pair: _Pair) -> None:
        if len(pair.streams) == 1:
            await self._pump(pair, pair.streams[0][0], None, is_answer=False)
            return
        (near_reader, near_writer), (far_reader, far_writer) = pair.streams
        async with asyncio.TaskGroup() as both:
            both.create_task(self._pump(pair, near_reader, far_writer, is_answer=False))
            both.create_task(self._pump(pair, far_reader, near_writer, is_answer=True))

    async def _pump(
        self, pair: _Pair, reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None, is_answer: bool
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(self._piece_bytes()):
                if self.mode == "slow":
                    await asyncio.sleep(len(data) / self.bytes_per_s)
                if writer is None or pair.swallows(is_answer):
                    self.swallowed_bytes += len(data)
                    continue
                writer.write(data)
                await writer.drain()
                self.passed_bytes += len(data)
        if writer is not None and not pair.swallows(is_answer):
            with suppress(OSError):
                writer.write_eof()

    def _piece_bytes(self) -> int:
        return max(1, self.bytes_per_s // 10) if self.mode == "slow" else CHUNK_BYTES


def _reset(writer: asyncio.StreamWriter) -> None:
    raw = writer.get_extra_info("socket")
    if raw is not None:
        with suppress(OSError):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()

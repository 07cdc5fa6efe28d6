"""The process that holds the keys: a Unix socket before a holder.

1. Who may ask is said by the kernel (SO_PEERCRED), not by the one who asks: a uid that is named in the settings, or
   this process's own. Anybody else is hung up on before a byte is read.
2. The socket lies in a folder of the holder's; a stale one is taken away, one that answers is not.
3. A question in a wrong form ends its connection; an error is answered with its code, a mistake of ours with
   `holder_failed` and nothing of what was asked.
4. The process keeps no core, cannot be traced by others of the same user, gains no rights, and opens nothing to others.
"""

import asyncio
import contextlib
import ctypes
import os
import resource
import socket
import stat
import struct
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
import structlog

from server.errors import TramError, Unusable
from server.holder.holder import Holder
from server.holder.verbs import (
    UNAVAILABLE,
    VERBS,
    Answer,
    Broken,
    Error,
    Question,
    decode,
    encode,
    error_of,
    get_frame,
    put_frame,
)

PATIENCE_S = 30.0
MOST_CONNECTIONS = 64
FAILED: Error = (UNAVAILABLE, "holder_failed", "the holder failed; its log says why")
_PEER = struct.Struct("3i")
_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38


def narrow() -> None:
    """Give up what a holder of keys does not need."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    for option, value in ((_PR_SET_DUMPABLE, 0), (_PR_SET_NO_NEW_PRIVS, 1)):
        if libc.prctl(option, value, 0, 0, 0) != 0:
            raise Unusable("holder_rights", os.strerror(ctypes.get_errno()))


class Serving:
    """`async with Serving(holder, path, uids): ...`"""

    def __init__(self, holder: Holder, path: Path, uids: Collection[int]) -> None:
        self._holder = holder
        self._path = path
        self._uids = frozenset({*uids, os.getuid()})
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Serving":
        _take_away_stale(self._path)
        try:
            self._server = await asyncio.start_unix_server(self._accept, self._path)
            os.chmod(self._path, 0o600 if self._uids == {os.getuid()} else 0o666)  # rule 1 says who is let in
        except OSError as err:
            raise Unusable("holder_socket", f"{self._path}: {err.strerror}") from err
        return self

    async def __aexit__(self, *what: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        uid = _uid_of(writer.get_extra_info("socket"))
        task = asyncio.current_task()
        if uid not in self._uids or len(self._open) >= MOST_CONNECTIONS or task is None:
            structlog.get_logger().warning("holder_refused", uid=uid)
            writer.close()
            return
        self._open.add(task)
        try:
            while True:
                await self._answer_one(reader, writer)
        except Broken:
            pass  # they hung up, or do not keep to the form: nothing is owed to them
        except asyncio.CancelledError:
            pass  # this process ends
        finally:
            self._open.discard(task)
            with contextlib.suppress(OSError):
                writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = decode(await get_frame(reader, PATIENCE_S), Question)
        verb = VERBS.get(question.verb)
        if verb is None:
            raise Broken("no such verb")
        arguments = decode(question.arguments, verb.takes)
        error, outcome = await self._do(question.verb, arguments)
        answer = Answer(question.number, error, msgspec.Raw(encode(outcome)))
        await put_frame(writer, encode(answer), PATIENCE_S)

    async def _do(self, verb: str, arguments: tuple[Any, ...]) -> tuple[Error | None, Any]:
        try:
            return None, await getattr(self._holder, verb)(*arguments)
        except TramError as err:
            return error_of(err), None
        except Exception as err:  # of the form, and yet: the text of the error may hold a code, its kind does not
            structlog.get_logger().error("holder_mistake", verb=verb, kind=type(err).__name__)
            return FAILED, None


def _uid_of(peer: socket.socket) -> int:
    _, uid, _ = _PEER.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(uid)


def _take_away_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise Unusable("holder_socket", f"{path} is there and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise Unusable("holder_socket", f"another process answers at {path}")

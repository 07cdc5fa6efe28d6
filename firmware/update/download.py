# Files from the gateway onto flash, one after the other, each read back and compared with its hash.
#
# 1. A piece that is damaged or was not asked for changes nothing: it is counted under its name, and asked for again.
#    After BAD_PIECES in a row, or a file that was WRONG_FILES times not what it should be, the update is refused.
# 2. A lost link is waited for, with what has come so far.
# 3. At most a window of pieces is in memory.

import asyncio

from firmware.wire import update
from firmware.wire.errors import WireError

from .digest import digest_of
from .fetch import Fetch
from .refused import Refused

BAD_PIECES = 20
WRONG_FILES = 3


class Download:
    # `parts`: see work.py. `on_taken(bytes)`: of the file under way.
    def __init__(self, parts, offer, on_taken):
        self._files = parts["files"]
        self._box_id = parts["box_id"]
        self._limits = parts["limits"]
        self._post = parts["post"]
        self._now_ms = parts["now_ms"]
        self._count = parts["count"]
        self._version = offer.version
        self._on_taken = on_taken
        self._came = asyncio.Event()
        self._is_stopped = False
        self._path = None
        self._pieces = []
        self._bad = 0

    def stop(self):
        # What was offered is not wanted any more: whoever waits for it ends.
        self._is_stopped = True
        self._came.set()

    def check_wanted(self):
        if self._is_stopped:
            raise Refused("withdrawn")

    def on_piece(self, payload):
        # Raises WireError for what is not in its form.
        try:
            piece = update.decode_piece(payload)
        except WireError:
            self._reject(None)
            raise
        if piece.box_id != self._box_id:
            self._reject("update_other_box")
        elif piece.version != self._version:
            self._reject("update_other_version")
        elif piece.path != self._path or len(self._pieces) >= self._limits.window:
            self._reject("update_not_asked")
        else:
            self._pieces.append((piece.offset, piece.data))
            self._came.set()

    def _reject(self, name):
        self._bad += 1
        if name:
            self._count(name)
        self._came.set()

    async def get(self, path, target, length, digest):
        for _ in range(WRONG_FILES):
            await self._get_once(path, target, length)
            if await digest_of(self._files.fs, target) == digest:
                return
            self._count("update_hash")
            self._files.remove(target)
        raise Refused("hash", path)

    async def _get_once(self, path, target, length):
        limits = self._limits
        fetch = Fetch(length, limits.piece_bytes, limits.window, self._now_ms())
        self._path, self._bad = path, 0
        file = self._files.fs.open(target, "wb")
        try:
            while not fetch.is_done():
                for offset, count in fetch.wants(self._now_ms()):
                    want = update.Want(self._box_id, self._version, path, offset, count)
                    self._post("want", update.encode_want(want), 0)
                await self._wait(fetch.wait_ms(self._now_ms()))
                self.check_wanted()
                for data in self._take(fetch):
                    file.write(data)
                    await asyncio.sleep_ms(0)
        finally:
            self._path = None
            self._pieces = []
            file.close()

    async def _wait(self, limit_ms):
        if not self._pieces:
            try:
                await asyncio.wait_for_ms(self._came.wait(), limit_ms)
            except asyncio.TimeoutError:
                pass  # asked for again
        self._came.clear()

    def _take(self, fetch):
        # -> what is to be written, in order
        ready = []
        for offset, data in self._pieces:
            found = fetch.take(offset, data, self._now_ms())
            if found is None:
                self._reject("update_not_asked")
            else:
                self._bad = 0
                ready += found
        self._pieces = []
        if self._bad >= BAD_PIECES:
            raise Refused("pieces", self._path)
        if ready:
            self._on_taken(fetch.taken)
        return ready

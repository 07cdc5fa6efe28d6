# A NOR flash in a file: what the linux board has in place of a chip.
#
# 1. Erased is 0xFF; a block is erased as a whole; a program only clears bits, so what is programmed twice is garbage.
#    `unerased` counts that; with `check_erased` it is an error instead.
# 2. Errors are returned as negative errno. ioctl 3, sync, is a real fdatasync of the file.
# 3. `cut_after(n)`: the n-th program or erase from then on is torn, in one of MODES, and the process ends at once with
#    EXIT_CUT, nothing written or printed after it.
# 4. A file of another size is refused by name and not touched. A missing one is made, erased, and renamed into place.

import os

import ffi

EXIT_CUT = 87
# What the torn operation has done when the power goes: nothing, its first or second half, some of its bits, all of it.
MODES = ("nothing", "half", "other_half", "bits", "all")

_EIO, _EINVAL = -5, -22
_COUNT_BLOCKS, _BLOCK_BYTES, _ERASE, _SYNC = 4, 5, 6, 3

_libc = ffi.open("libc.so.6")
_fdatasync = _libc.func("i", "fdatasync", "i")
_exit = _libc.func("v", "_exit", "i")


class FlashImageError(Exception):
    def __init__(self, code, detail):
        super().__init__(code + ": " + detail)
        self.code = code
        self.detail = detail


class FlashImage:
    def __init__(self, path, size_bytes, block_bytes=4096, prog_bytes=32, check_erased=False):
        if size_bytes % block_bytes or not size_bytes:
            raise FlashImageError("image_size", "%d is not a number of blocks of %d" % (size_bytes, block_bytes))
        self.block_bytes = block_bytes
        self.blocks = size_bytes // block_bytes
        self.prog_bytes = prog_bytes
        self.programs = self.erases = self.programmed_bytes = self.unerased = 0
        self._check_erased = check_erased
        self._blank = b"\xff" * block_bytes
        self._left = 0
        self._mode = "half"
        self._file = self._opened(path, size_bytes)
        self._number = self._file.fileno()

    def _opened(self, path, size_bytes):
        try:
            found_bytes = os.stat(path)[6]
        except OSError:
            self._make(path)
            found_bytes = size_bytes
        if found_bytes != size_bytes:
            raise FlashImageError("image_size", "%s has %d bytes, not %d" % (path, found_bytes, size_bytes))
        return open(path, "r+b")

    def _make(self, path):
        with open(path + ".new", "wb") as file:
            for _ in range(self.blocks):
                file.write(self._blank)
            _fdatasync(file.fileno())
        os.rename(path + ".new", path)

    def close(self):
        self._file.close()

    # The block device

    def readblocks(self, number, buffer, offset=0):
        at = self._place(number, offset, len(buffer))
        if at < 0:
            return _EINVAL
        self._file.seek(at)
        return 0 if self._file.readinto(buffer) == len(buffer) else _EIO

    def writeblocks(self, number, buffer, offset=0):
        at = self._place(number, offset, len(buffer))
        if at < 0 or len(buffer) % self.prog_bytes or offset % self.prog_bytes:
            return _EINVAL
        old = self._old(at, len(buffer))
        if old != self._blank[: len(buffer)]:
            if self._check_erased:
                return _EIO
            self.unerased += 1
            buffer = bytes([one & other for one, other in zip(old, buffer)])
        self.programs += 1
        self.programmed_bytes += len(buffer)
        return self._write(at, buffer)

    def ioctl(self, operation, argument):
        if operation == _COUNT_BLOCKS:
            return self.blocks
        if operation == _BLOCK_BYTES:
            return self.block_bytes
        if operation == _SYNC:
            return _EIO if _fdatasync(self._number) else 0
        if operation == _ERASE:
            if not 0 <= argument < self.blocks:
                return _EINVAL
            self.erases += 1
            return self._write(argument * self.block_bytes, self._blank)
        return 0

    def _place(self, number, offset, length):
        at = number * self.block_bytes + offset
        return at if number >= 0 and offset >= 0 and at + length <= self.blocks * self.block_bytes else -1

    def _old(self, at, length):
        self._file.seek(at)
        return self._file.read(length)

    def _write(self, at, data):
        if self._left:
            self._left -= 1
            if not self._left:
                self._cut(at, data)
        self._file.seek(at)
        return 0 if self._file.write(data) == len(data) else _EIO

    # The power

    def cut_after(self, operations, mode="half"):
        # `operations` from now, 0: never. `mode`: one of MODES.
        if mode not in MODES:
            raise FlashImageError("image_cut", mode)
        self._left = operations
        self._mode = mode

    def _cut(self, at, data):
        half = len(data) // 2
        if self._mode == "half":
            self._put(at, data[:half])
        elif self._mode == "other_half":
            self._put(at + half, data[half:])
        elif self._mode == "bits":
            old, draw = self._old(at, len(data)), os.urandom(len(data))
            self._put(at, bytes([(o & ~r) | (n & r) for o, n, r in zip(old, data, draw)]))
        elif self._mode == "all":
            self._put(at, data)
        _exit(EXIT_CUT)

    def _put(self, at, data):
        self._file.seek(at)
        self._file.write(data)

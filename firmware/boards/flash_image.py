# A NOR flash in a file: what the linux board has in place of a chip.
#
# 1. Erased is 0xFF; a block is erased as a whole; a program only clears bits, so what is programmed twice is garbage.
#    `unerased` counts that; with `check_erased` it is an error instead.
# 2. Errors are returned as negative errno. ioctl 3, sync, is a real fdatasync of the file.
# 3. `cut_after(n)`: the n-th program or erase from then on is torn, and the process ends at once, nothing written or
#    printed after it (flash_cut.py, loaded only then).
# 4. A file of another size is refused by name and not touched. A missing one is made, erased, and renamed into place.
# 5. `make_slow` gives it a chip's latencies, during which nothing else runs, as on the chip. `bad_blocks` can be read,
#    but neither programmed nor erased: they answer with an error and stay as they are.

import os
import time

import ffi

_EIO, _EINVAL = -5, -22
_COUNT_BLOCKS, _BLOCK_BYTES, _ERASE, _SYNC = 4, 5, 6, 3
_PAGE_BYTES = 256
_ERASED = b"\xff" * 512  # written by pieces: a whole block of it is memory that a box does not have

_fdatasync = ffi.open("libc.so.6").func("i", "fdatasync", "i")


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
        self._left = 0
        self._erase_ms = self._program_us = 0
        self.bad_blocks = ()
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
            for _ in range(self.blocks * self.block_bytes // len(_ERASED)):
                file.write(_ERASED)
            _fdatasync(file.fileno())
        os.rename(path + ".new", path)

    def make_slow(self, erase_ms, program_us):
        # How long one erase takes, and the program of one page of 256 bytes.
        self._erase_ms, self._program_us = erase_ms, program_us

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
        if number in self.bad_blocks:
            return _EIO
        old = self._old(at, len(buffer))
        if old.count(b"\xff") != len(old):
            if self._check_erased:
                return _EIO
            self.unerased += 1
            buffer = bytes([one & other for one, other in zip(old, buffer)])
        self.programs += 1
        self.programmed_bytes += len(buffer)
        if self._program_us:
            time.sleep_us(self._program_us * ((len(buffer) - 1) // _PAGE_BYTES + 1))
        self._count_down(at, len(buffer), buffer)
        self._file.seek(at)
        return 0 if self._file.write(buffer) == len(buffer) else _EIO

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
            if argument in self.bad_blocks:
                return _EIO
            self.erases += 1
            if self._erase_ms:
                time.sleep_ms(self._erase_ms)
            return self._erase(argument * self.block_bytes)
        return 0

    def _place(self, number, offset, length):
        at = number * self.block_bytes + offset
        return at if number >= 0 and offset >= 0 and at + length <= self.blocks * self.block_bytes else -1

    def _old(self, at, length):
        self._file.seek(at)
        return self._file.read(length)

    def _erase(self, at):
        self._count_down(at, self.block_bytes, None)
        self._file.seek(at)
        for _ in range(self.block_bytes // len(_ERASED)):
            if self._file.write(_ERASED) != len(_ERASED):
                return _EIO
        return 0

    def _count_down(self, at, length, data):
        if self._left:
            self._left -= 1
            if not self._left:
                self._cut(self._file, self._mode, at, length, data)

    # The power

    def cut_after(self, operations, mode="half"):
        # `operations` from now, 0: never. `mode`: one of flash_cut.MODES.
        from . import flash_cut

        if mode not in flash_cut.MODES:
            raise FlashImageError("image_cut", mode)
        self._left = operations
        self._mode = mode
        self._cut = flash_cut.cut

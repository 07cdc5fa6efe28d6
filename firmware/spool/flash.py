# The block device as it is, below littlefs: whole blocks to read, erase, program. Used for the marker and for the
# survey.

MARKER_BLOCKS = 2  # the last ones


class Flash:
    def __init__(self, bdev):
        self.bdev = bdev
        self.blocks = bdev.ioctl(4, 0)
        self.block_bytes = bdev.ioctl(5, 0)
        self._buffer = None

    def read(self, number):
        # -> bytes of the block, or None where it cannot be read
        if self._buffer is None:
            self._buffer = bytearray(self.block_bytes)
        try:
            failed = self.bdev.readblocks(number, self._buffer, 0)
        except OSError:
            return None
        return None if failed else bytes(self._buffer)

    def erase(self, number):
        self._check(self.bdev.ioctl(6, number))

    def program(self, number, data):
        self._check(self.bdev.writeblocks(number, data, 0))

    def sync(self):
        self._check(self.bdev.ioctl(3, 0))

    def release(self):
        self._buffer = None

    def _check(self, result):
        if result:
            raise OSError(-result)

# What both chips' flash has in common, in blocks of 4 KiB. Only what was written takes memory.

_ERASED = b"\xff" * 4096


class Blocks:
    def __init__(self, blocks, program_bytes, failure):
        self._count, self._program_bytes, self._failure, self._data = blocks, program_bytes, failure, {}

    def readblocks(self, number, buffer, offset=0):
        self._check(number, len(buffer), offset)
        buffer[:] = self._data.get(number, _ERASED)[offset : offset + len(buffer)]

    def writeblocks(self, number, buffer, offset=None):
        if offset is None:
            self._data[number], offset = _ERASED, 0
        self._check(number, len(buffer), offset)
        assert not (offset | len(buffer)) % self._program_bytes, "not a whole page"
        old = bytearray(self._data.get(number, _ERASED))
        for at, byte in enumerate(buffer):
            old[offset + at] &= byte
        self._data[number] = bytes(old)

    def ioctl(self, operation, argument):
        if operation == 6:
            self._check(argument, 4096, 0)
            self._data.pop(argument, None)
        return {1: 0, 2: 0, 3: 0, 4: self._count, 5: 4096, 6: 0}.get(operation)

    def _check(self, number, length, offset):
        if not 0 <= number < self._count or offset + length > 4096:
            raise self._failure

# Runs on MicroPython: a NOR flash in memory, where a program only clears bits. It keeps a journal of its operations, so
# that the image after any number of them, with the next one torn in any way, can be made without another run.

MODES = ("nothing", "half", "other_half", "bits", "all")


class RamFlash:
    prog_bytes = 32

    def __init__(self, blocks, block_bytes, image=None, prog_bytes=32):
        self.blocks = blocks
        self.block_bytes = block_bytes
        self.prog_bytes = prog_bytes
        self.image = bytearray(image) if image is not None else bytearray(b"\xff" * (blocks * block_bytes))
        self.journal = None
        self.programs = self.erases = self.programmed_bytes = self.reads = self.unerased = 0
        self._blank = b"\xff" * block_bytes

    def readblocks(self, number, buffer, offset=0):
        self.reads += 1
        at = number * self.block_bytes + offset
        if not 0 <= at <= len(self.image) - len(buffer):
            return -22
        buffer[:] = memoryview(self.image)[at : at + len(buffer)]

    def writeblocks(self, number, buffer, offset=0):
        at = number * self.block_bytes + offset
        if not 0 <= at <= len(self.image) - len(buffer):
            return -22
        if len(buffer) % self.prog_bytes or offset % self.prog_bytes:
            return -22
        data = bytes(buffer)
        old = self.image[at : at + len(data)]
        if old != self._blank[: len(data)]:
            # a torn program may leave this behind; littlefs reads back what it wrote, and takes another block
            self.unerased += 1
            data = bytes([one & other for one, other in zip(old, data)])
        self.programs += 1
        self.programmed_bytes += len(data)
        if self.journal is not None:
            self.journal.append((at, data))
        self.image[at : at + len(data)] = data

    def ioctl(self, op, arg):
        if op == 4:
            return self.blocks
        if op == 5:
            return self.block_bytes
        if op == 6:
            if not 0 <= arg < self.blocks:
                return -22
            self.erases += 1
            at = arg * self.block_bytes
            if self.journal is not None:
                self.journal.append((at, None))
            self.image[at : at + self.block_bytes] = self._blank
        return 0


def apply(image, operation, block_bytes):
    at, data = operation
    if data is None:
        data = b"\xff" * block_bytes
    image[at : at + len(data)] = data


def torn(image, operation, block_bytes, mode, draw):
    # Changes `image` as an operation that the power cut interrupted: `draw(n)` gives a number below n.
    at, data = operation
    if data is None:
        data = b"\xff" * block_bytes
    length = len(data)
    half = length // 2
    if mode == "half":
        image[at : at + half] = data[:half]
    elif mode == "other_half":
        image[at + half : at + length] = data[half:]
    elif mode == "all":
        image[at : at + length] = data
    elif mode == "bits":
        # some bits have made it and some have not
        for index in range(length):
            old, new = image[at + index], data[index]
            if old != new:
                mask = draw(256)
                image[at + index] = (old & ~mask) | (new & mask)

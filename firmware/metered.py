# The spool's flash on a chip: its programs and erases are counted, and whoever must know of each is told.
#
# Where writes mask interrupts, what the reader sends meanwhile may be lost: `hold` is called before each program and
# erase, `release` after it.

_ERASE = 6


class Metered:
    # `flash`: an extended block device.
    def __init__(self, flash, hold=None, release=None):
        self._flash = flash
        self._hold = hold
        self._release = release
        self.readblocks = flash.readblocks
        self.prog_bytes = getattr(flash, "prog_bytes", 256)
        self.programs = self.erases = self.programmed_bytes = 0

    def writeblocks(self, number, buffer, offset=0):
        self.programs += 1
        self.programmed_bytes += len(buffer)
        return self._alone(self._flash.writeblocks, number, buffer, offset)

    def ioctl(self, operation, argument):
        if operation != _ERASE:
            return self._flash.ioctl(operation, argument)
        self.erases += 1
        return self._alone(self._flash.ioctl, operation, argument)

    def _alone(self, write, *what):
        if self._hold is None:
            return write(*what)
        self._hold()
        try:
            return write(*what)
        finally:
            self._release()

# A flash whose writes mask interrupts: whatever the reader sends meanwhile may be lost. So it is told before each
# program and erase, and after.


class MaskedFlash:
    # `flash`: an extended block device. `hold()`, `release()`: around each program and erase.
    def __init__(self, flash, hold, release):
        self._flash = flash
        self._hold = hold
        self._release = release
        self.readblocks = flash.readblocks

    def writeblocks(self, number, buffer, offset=0):
        self._hold()
        try:
            return self._flash.writeblocks(number, buffer, offset)
        finally:
            self._release()

    def ioctl(self, operation, argument):
        if operation != 6:
            return self._flash.ioctl(operation, argument)
        self._hold()
        try:
            return self._flash.ioctl(operation, argument)
        finally:
            self._release()

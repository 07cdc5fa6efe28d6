# A file system on a flash whose writes mask interrupts: whoever must know is told before each call that may write, and
# after. Calls that only read pass as they are.


class MaskedFs:
    # `fs`: as firmware/files.py wants it. `alone(call, *what)`: makes the call between `hold` and `release`.
    def __init__(self, fs, hold, release):
        self._fs = fs
        self._hold = hold
        self._release = release
        for name in ("stat", "statvfs", "ilistdir"):
            setattr(self, name, getattr(fs, name))

    def alone(self, call, *what):
        self._hold()
        try:
            return call(*what)
        finally:
            self._release()

    def open(self, path, mode):
        if mode == "rb":
            return self._fs.open(path, mode)
        return _File(self.alone(self._fs.open, path, mode), self.alone)

    def rename(self, old, new):
        self.alone(self._fs.rename, old, new)

    def remove(self, path):
        self.alone(self._fs.remove, path)

    def mkdir(self, path):
        self.alone(self._fs.mkdir, path)

    def rmdir(self, path):
        self.alone(self._fs.rmdir, path)


class _File:
    def __init__(self, file, alone):
        self._file = file
        self._alone = alone

    def write(self, data):
        return self._alone(self._file.write, data)

    def flush(self):
        self._alone(self._file.flush)

    def close(self):
        self._alone(self._file.close)
